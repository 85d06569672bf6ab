import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { connectionFromKubeconfig } from './connection-from-kubeconfig.ts';
import { CredentialsError } from './errors.ts';
import { answerJson, pem, startServer } from './testing/test-server.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-plugin-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function kubeconfig(name: string, user: object, server = 'https://127.0.0.1:1'): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': 'dev',
      contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(pem.ca).toString('base64') } }],
      users: [{ name: 'u', user }],
    }),
  );
  return path;
}
const plugin = (script: string): object => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script], interactiveMode: 'Never' },
});

test('an exec plugin gives the token; asked for fresh credentials it runs again', async () => {
  const counter = join(folder, 'runs');
  const script = `const fs=require('fs');fs.appendFileSync(${JSON.stringify(counter)},'x');
    const token='t'+fs.readFileSync(${JSON.stringify(counter)},'utf8').length;
    console.log(JSON.stringify({apiVersion:'client.authentication.k8s.io/v1',kind:'ExecCredential',status:{token,expirationTimestamp:'2999-01-01T00:00:00Z'}}))`;
  const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('exec', plugin(script)), env: {} });
  expect(await credentials.get({ fresh: false })).toEqual({ token: 't1' });
  expect(await credentials.get({ fresh: false })).toEqual({ token: 't1' });
  expect(await credentials.get({ fresh: true })).toEqual({ token: 't2' });
});

test('a plugin that fails is a CredentialsError that names the context and the user', async () => {
  const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('broken', plugin('process.exit(3)')), env: {} });
  const error: unknown = await credentials.get({ fresh: false }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CredentialsError);
  expect((error as Error).message).toMatch(/context "dev" of .*broken: the plugin of user "u" gave no credentials/);
});

test('many requests at once that are refused are one more run of the plugin', async () => {
  const counter = join(folder, 'runs-at-once');
  const script = `const fs=require('fs');fs.appendFileSync(${JSON.stringify(counter)},'x');
    const token='t'+fs.readFileSync(${JSON.stringify(counter)},'utf8').length;
    console.log(JSON.stringify({apiVersion:'client.authentication.k8s.io/v1',kind:'ExecCredential',status:{token,expirationTimestamp:'2999-01-01T00:00:00Z'}}))`;
  await using server = await startServer(({ headers }, response) => {
    answerJson(response, headers.authorization === 'Bearer t1' ? 401 : 200, {});
  });
  const client = createClient(await connectionFromKubeconfig({ path: kubeconfig('at-once', plugin(script), server.url), env: {} }));
  await Promise.all(Array.from({ length: 30 }, () => client.version()));
  expect(readFileSync(counter, 'utf8')).toBe('xx');
  expect(client.counters).toMatchObject({ openRequests: 0, repeats: 30 });
  client.close();
});

test('a plugin that fails after a refusal leaves no request open', async () => {
  const once = join(folder, 'once');
  const script = `const fs=require('fs');if(fs.existsSync(${JSON.stringify(once)}))process.exit(3);fs.writeFileSync(${JSON.stringify(once)},'');
    console.log(JSON.stringify({apiVersion:'client.authentication.k8s.io/v1',kind:'ExecCredential',status:{token:'bad',expirationTimestamp:'2999-01-01T00:00:00Z'}}))`;
  await using server = await startServer((_, response) => {
    answerJson(response, 401, {});
  });
  const client = createClient(await connectionFromKubeconfig({ path: kubeconfig('fails-later', plugin(script), server.url), env: {} }));
  await expect(client.version()).rejects.toMatchObject({ code: 'CLIENT_CREDENTIALS' });
  expect(client.counters.openRequests).toBe(0);
  client.close();
});
