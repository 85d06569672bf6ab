import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionFrom } from '../connection/connection-from.ts';
import type { Connection } from '../connection/connection.ts';
import { oneUserKubeconfig } from '../testing/one-user-kubeconfig.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';
import { transportOf } from '../testing/transport-of.ts';
import { connectionFromKubeconfig } from './connection-from-kubeconfig.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-plain-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (connection: Connection): Promise<number> => {
  const transport = transportOf(connection);
  const answer = await transport.open({ method: 'GET', path: '/version' });
  answer.cancel();
  transport.close();
  return answer.statusCode;
};

test('a kubeconfig whose server has no TLS sends no credentials and asks no plugin, says so, and impersonates all the same', async () => {
  await using server = await startServer(
    (_, response) => {
      answerJson(response, 200, {});
    },
    { plain: true },
  );
  const never = { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'nowhere'), interactiveMode: 'Never' };
  writeFileSync(join(folder, 'tok'), 's3cret');
  const users = [
    { token: 's3cret' },
    { username: 'ann', password: 's3cret' },
    { tokenFile: 'tok' },
    { tokenFile: 'missing' },
    { exec: never },
    { 'auth-provider': { name: 'oidc', config: { 'idp-issuer-url': 'https://127.0.0.1:1', 'client-id': 'c' } } },
    {
      'client-certificate-data': Buffer.from(pem.clientCert).toString('base64'),
      'client-key-data': Buffer.from(pem.clientKey).toString('base64'),
    },
  ];
  for (const user of users) {
    const warnings: string[] = [];
    const path = oneUserKubeconfig(folder, 'plain', { ...user, as: 'jane' }, { server: server.url });
    expect(await ask(await connectionFromKubeconfig({ path, env: {}, onWarning: (text) => warnings.push(text) }))).toBe(200);
    expect(warnings).toEqual([
      expect.stringMatching(/context "dev" .* without TLS, so that the credentials of the user are not sent; credentialsWithoutTls/),
    ]);
    expect(warnings.join('')).not.toContain('s3cret');
  }
  expect(server.seen.map(({ headers }) => [headers.authorization, headers['impersonate-user']])).toEqual(
    users.map(() => [undefined, 'jane']),
  );
  const path = oneUserKubeconfig(folder, 'plain', {}, { server: server.url });
  await connectionFromKubeconfig({ path, env: {}, onWarning: (text) => expect.fail(text) });
});

test('with credentialsWithoutTls they are sent, whether by a kubeconfig or by values', async () => {
  await using server = await startServer(
    (_, response) => {
      answerJson(response, 200, {});
    },
    { plain: true },
  );
  const path = oneUserKubeconfig(folder, 'plain', { token: 'of-file' }, { server: server.url });
  await ask(await connectionFromKubeconfig({ path, env: {}, credentialsWithoutTls: true, onWarning: (text) => expect.fail(text) }));
  await ask(connectionFrom({ server: server.url, token: 'of-values', credentialsWithoutTls: true }));
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer of-file', 'Bearer of-values']);
});

test('values with credentials for a server without TLS are refused; a connection that somebody put together by hand sends none', async () => {
  for (const own of [{ token: 't' }, { username: 'ann', password: 'pw' }, { credentials: { get: () => Promise.resolve({}) } }])
    expect(() => connectionFrom({ server: 'http://127.0.0.1:1', ...own })).toThrow(
      /not sent to a server without TLS.*credentialsWithoutTls/,
    );
  await using server = await startServer(
    (_, response) => {
      answerJson(response, 200, {});
    },
    { plain: true },
  );
  const secure = connectionFrom({ server: 'https://127.0.0.1:1', token: 's3cret' });
  expect(await ask({ ...secure, server: server.url })).toBe(200);
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});
