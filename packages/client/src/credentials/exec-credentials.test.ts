import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Clock, systemClock } from '@kubecast/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { connectionFromKubeconfig } from '../connect/connection-from-kubeconfig.ts';
import type { KubeconfigOptions } from '../connect/kubeconfig-options.ts';
import { ConfigError, CredentialsError } from '../errors.ts';
import { oneUserKubeconfig } from '../testing/one-user-kubeconfig.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-plugin-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function kubeconfig(name: string, user: object, server = 'https://127.0.0.1:1'): string {
  return oneUserKubeconfig(folder, name, user, { server, 'certificate-authority-data': Buffer.from(pem.ca).toString('base64') });
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
  expect((error as Error).message).toMatch(/context "dev" of .*broken: the plugin ".*" of user "u" gave no credentials: it ended with 3/);
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

const v1 = 'client.authentication.k8s.io/v1';
/** Prints the credential of a status, after it wrote down what it was given. */
const printing = (status: object, seen = '', apiVersion = v1): string =>
  `${seen === '' ? '' : `require('fs').appendFileSync(${JSON.stringify(seen)}, JSON.stringify({ info: JSON.parse(process.env.KUBERNETES_EXEC_INFO), env: process.env.PLUGIN_ENV, home: process.env.PLUGIN_HOME, args: process.argv.slice(1) }) + '\\n');`}
   console.log(${JSON.stringify(JSON.stringify({ apiVersion, kind: 'ExecCredential', status }))})`;
async function failureOf(exec: object, options: KubeconfigOptions = {}): Promise<Error> {
  const path = kubeconfig('failing', { exec });
  const error: unknown = await connectionFromKubeconfig({ path, env: {}, terminal: false, ...options })
    .then(({ credentials }) => credentials.get({ fresh: false }))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}
const own = (script: string, more: object = {}): object => ({
  apiVersion: v1,
  command: process.execPath,
  args: ['-e', script],
  interactiveMode: 'Never',
  ...more,
});

test('a plugin is told the version, whether it may ask, and the cluster with its own configuration where it wants that; env and args too', async () => {
  const seen = join(folder, 'told');
  const path = join(folder, 'telling');
  const exec = (apiVersion: string, more: object): object => ({
    ...own(printing({ token: 't' }, seen, apiVersion), { apiVersion, env: [{ name: 'PLUGIN_ENV', value: 'theirs' }], ...more }),
    args: ['-e', printing({ token: 't' }, seen, apiVersion), 'one', 'two words'],
  });
  const cluster = {
    server: 'https://127.0.0.1:1',
    'certificate-authority-data': Buffer.from(pem.ca).toString('base64'),
    'tls-server-name': 'kube.test',
    'proxy-url': 'http://proxy:3128',
    extensions: [
      { name: 'other', extension: 1 },
      { name: 'client.authentication.k8s.io/exec', extension: { audience: 'us', __proto__x: [1] } },
    ],
  };
  const told = async (user: object, terminal = false): Promise<unknown> => {
    writeFileSync(seen, '');
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'dev',
        contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { exec: user } }],
      }),
    );
    const { credentials } = await connectionFromKubeconfig({ path, env: { PLUGIN_HOME: 'here', PLUGIN_ENV: 'ours' }, terminal });
    expect(await credentials.get({ fresh: false })).toEqual({ token: 't' });
    return JSON.parse(readFileSync(seen, 'utf8'));
  };
  expect(await told(exec(v1, { provideClusterInfo: true }))).toEqual({
    info: {
      kind: 'ExecCredential',
      apiVersion: v1,
      spec: {
        interactive: false,
        cluster: {
          server: 'https://127.0.0.1:1',
          'tls-server-name': 'kube.test',
          'certificate-authority-data': Buffer.from(pem.ca).toString('base64'),
          'proxy-url': 'http://proxy:3128',
          config: { audience: 'us', __proto__x: [1] },
        },
      },
    },
    env: 'theirs',
    home: 'here',
    args: ['one', 'two words'],
  });
  const v1beta1 = 'client.authentication.k8s.io/v1beta1';
  expect(await told(exec(v1beta1, { interactiveMode: undefined }))).toMatchObject({
    info: { apiVersion: v1beta1, spec: { interactive: false } },
  });
  expect(await told(exec(v1, { interactiveMode: 'IfAvailable' }), true)).toMatchObject({ info: { spec: { interactive: true } } });
  expect(await told(exec(v1, { interactiveMode: 'Never' }), true)).toMatchObject({ info: { spec: { interactive: false } } });
});

test('a token, a certificate, or both are kept until they expire', async () => {
  const seen = join(folder, 'expiring');
  const now = Date.now();
  let ahead = 0;
  const clock: Clock = { ...systemClock, wall: () => now + ahead };
  const runs = (): number => readFileSync(seen, 'utf8').trim().split('\n').length;
  const expirationTimestamp = new Date(now + 3600_000).toISOString();
  const script = printing({ token: 't', clientCertificateData: pem.clientCert, clientKeyData: pem.clientKey, expirationTimestamp }, seen);
  const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('both', plugin(script)), env: {}, clock });
  const all = await Promise.all(Array.from({ length: 20 }, () => credentials.get({ fresh: false })));
  expect(new Set(all.map((given) => JSON.stringify(given)))).toEqual(
    new Set([JSON.stringify({ token: 't', cert: pem.clientCert, key: pem.clientKey })]),
  );
  expect(runs()).toBe(1);
  ahead = 3600_000 - 11_000;
  await credentials.get({ fresh: false });
  expect(runs()).toBe(1);
  ahead = 3600_000 - 9000;
  await credentials.get({ fresh: false });
  expect(runs()).toBe(2);
});

test('what a plugin does wrong is told, and nothing that it printed', async () => {
  const gave = async (script: string): Promise<string> => (await failureOf(own(script))).message;
  expect(await gave(`console.log('s3cret-and-no-json')`)).toMatch(/printed neither JSON nor YAML/);
  expect(await gave(`console.log('s3cret-and-no-json')`)).not.toContain('s3cret');
  expect(await gave(`console.log('{"kind":"Secret"}')`)).toMatch(/no ExecCredential/);
  expect(await gave(printing({ token: 't' }, '', 'client.authentication.k8s.io/v1beta1'))).toMatch(/another apiVersion than the .*\/v1 /);
  expect(await gave(printing({ clientCertificateData: 'CERT' }))).toMatch(/but not both/);
  const mixed = printing({ clientCertificateData: pem.clientCert, clientKeyData: pem.otherClientKey });
  expect(await gave(mixed)).toMatch(/the client key is not that of the client certificate/);
  expect(await gave(printing({}))).toMatch(/neither a token nor a client certificate/);
  for (const time of ['soon', '', '2999', '2999-01-01', '2999-01-01T00:00:00', '2999-01-01 00:00:00Z', 'Dec 25, 2999'])
    expect(await gave(printing({ token: 't', expirationTimestamp: time }))).toMatch(/expirationTimestamp is no time; expected RFC 3339/);
  expect(await gave(`process.stdout.write('x'.repeat(3e6))`)).toMatch(/more than a credential/);
  expect((await failureOf(own('', { interactiveMode: 'Always' }))).message).toMatch(/interactiveMode Always.*no terminal/);
});

test('a command that is not there is told with its install hint; a path starts from the kubeconfig', async () => {
  const missing = await failureOf(own('', { command: 'kubecast-no-such-plugin', installHint: 'Get it at https://plugin.example' }));
  expect(missing.message).toMatch(
    /"kubecast-no-such-plugin" of user "u" gave no credentials: there is no such command\. Get it at https:\/\/plugin\.example$/,
  );
  writeFileSync(join(folder, 'interpreted'), '#!/nowhere/kubecast-sh\n', { mode: 0o700 });
  const uninterpreted = await failureOf(own('', { command: './interpreted' }));
  expect(uninterpreted.message).toMatch(/gave no credentials: the interpreter that its first line names is not there/);
  writeFileSync(join(folder, 'beside'), `#!/bin/sh\necho '{"apiVersion":"${v1}","kind":"ExecCredential","status":{"token":"b"}}'\n`, {
    mode: 0o700,
  });
  const path = kubeconfig('relative', { exec: { apiVersion: v1, command: './beside', interactiveMode: 'Never' } });
  const { credentials } = await connectionFromKubeconfig({ path, env: { PATH: process.env['PATH'] } });
  expect(await credentials.get({ fresh: false })).toEqual({ token: 'b' });
});

test('a plugin that hangs is ended at its limit, and who gives up before does not wait for it', async () => {
  const pid = join(folder, 'pid');
  const script = `console.error('waiting for nobody');require('fs').writeFileSync(${JSON.stringify(pid)},String(process.pid));setInterval(()=>{},1000)`;
  const isAlive = (): boolean => {
    try {
      return process.kill(Number(readFileSync(pid, 'utf8') || 'not yet'), 0);
    } catch {
      return false;
    }
  };
  const limits: number[] = [];
  // The limit passes as soon as the plugin has said what it says, however slow the machine is.
  const afterItsWords: Clock = {
    ...systemClock,
    sleep: async (ms) => {
      limits.push(ms);
      while (!isAlive()) await systemClock.yield();
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const error = await failureOf(own(script), { pluginMs: 700, clock: afterItsWords });
  expect(error).toBeInstanceOf(CredentialsError);
  expect(error.message).toMatch(/did not end within 700 ms: waiting for nobody/);
  expect(limits).toEqual([700]);
  while (isAlive()) await systemClock.yield();

  const over = new AbortController();
  const whenOver: Clock = { ...systemClock, sleep: () => new Promise((resolve) => over.signal.addEventListener('abort', () => resolve())) };
  const client = createClient(
    await connectionFromKubeconfig({ path: kubeconfig('hanging', { exec: own(script) }), env: {}, clock: whenOver }),
  );
  const gone = new Error('gone');
  await expect(client.version({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError', code: 23 });
  const aborted = new AbortController();
  const given = client.version({ signal: aborted.signal });
  aborted.abort(gone);
  await expect(given).rejects.toBe(gone);
  const closed = client.version();
  await systemClock.yield();
  client.close();
  await expect(closed).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  over.abort();
});

test("a plugin's standard error is shown without what may be a secret, wherever one looks at the error", async () => {
  const secrets = [
    'env-value-s3cret',
    'arg-value-s3cret',
    'status-t0ken',
    'hunter2hunter2',
    'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln',
    'userinfo-pw',
  ];
  const [env = '', arg = '', status = '', password = '', jwt = '', userinfo = ''] = secrets;
  const text = `login failed for ann: ${env} ${arg} ${status} password=${password} ${jwt} https://ann:${userinfo}@issuer.example/token`;
  const script = `console.log(${JSON.stringify(JSON.stringify({ status: { token: status } }))});console.error(${JSON.stringify(text)});process.exit(4)`;
  const error = await failureOf({ ...own(script, { env: [{ name: 'SECRET', value: env }] }), args: ['-e', script, arg] });
  expect(error.message).toMatch(/it ended with 4: login failed for ann: .*issuer\.example\/token/);
  const everywhere = `${error.message} ${error.stack} ${inspect(error, { depth: 10, showHidden: true })}`;
  for (const secret of secrets) expect(everywhere).not.toContain(secret);
});

test('an exec that could never be run is a ConfigError before anything is', async () => {
  for (const [exec, message] of [
    [{ apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' }, /v1alpha1"; supported are .*v1 and .*v1beta1/],
    [{ apiVersion: v1, command: 'x' }, /no interactiveMode/],
    [{ apiVersion: v1, command: 'x', interactiveMode: 'Sometimes' }, /interactiveMode "Sometimes"/],
    [{ apiVersion: v1, interactiveMode: 'Never' }, /has no command/],
    [own('', { args: [1] }), /user "u": exec.args\[0\] is a number; expected a text/],
    [own('', { env: [{ value: 's3cret' }] }), /entry of env without a name/],
  ] as const) {
    const error = await failureOf(exec);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('s3cret');
  }
  await expect(
    connectionFromKubeconfig({ path: kubeconfig('two', { exec: own(''), 'auth-provider': { name: 'oidc' } }), env: {} }),
  ).rejects.toThrow(/exec and auth-provider exclude each other/);
});
