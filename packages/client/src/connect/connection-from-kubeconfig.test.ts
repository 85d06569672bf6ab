import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionFromDefaults } from './connection-from-defaults.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { connectionFromKubeconfig } from './connection-from-kubeconfig.ts';
import type { KubeconfigOptions } from './kubeconfig-options.ts';
import { connectionInCluster } from './connection-in-cluster.ts';
import { ConfigError, CredentialsError } from '../errors.ts';
import { pem } from '../testing/test-server.ts';
import { TokenFile } from '../credentials/token-file.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-client-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
function file(content: unknown, name = `config-${count++}`): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const config = (user: object = {}, cluster: object = {}, context: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'dev',
  contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', ...context } }],
  clusters: [{ name: 'c', cluster: { server: 'https://kube.example:6443', ...cluster } }],
  users: [{ name: 'u', user }],
});
const load = (content: unknown, options: KubeconfigOptions = {}): ReturnType<typeof connectionFromKubeconfig> =>
  connectionFromKubeconfig({ env: {}, path: file(content), ...options });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('a context gives server, namespace, CA, name, certificate; inline data and files relative to the kubeconfig alike', async () => {
  mkdirSync(join(folder, 'pki'), { recursive: true });
  file(pem.clientCert, 'pki/a.crt');
  const connection = await load(
    config(
      { 'client-certificate': 'pki/a.crt', 'client-key-data': base64(pem.clientKey) },
      { 'certificate-authority-data': base64(pem.ca), 'tls-server-name': 'kube.test', server: 'https://kube.example:6443/k8s/' },
      { namespace: 'team' },
    ),
  );
  expect(connection).toMatchObject({ server: 'https://kube.example:6443/k8s', namespace: 'team', ca: pem.ca, serverName: 'kube.test' });
  expect(await connection.credentials.get({ fresh: false })).toEqual({ cert: pem.clientCert, key: pem.clientKey });
});

test('YAML is read; token, basic auth, impersonation, insecure and no compression are understood', async () => {
  const connection = await load(`
apiVersion: v1
current-context: dev
contexts: [{name: dev, context: {cluster: c, user: u}}]
clusters:
- name: c
  cluster: {server: "https://h", insecure-skip-tls-verify: true, disable-compression: true, proxy-url: "socks5://p:1080"}
users:
- name: u
  user:
    token: abc
    as: jane
    as-groups: [a, b]
    as-uid: "7"
    as-user-extra: {reason: [x]}
`);
  expect(connection).toMatchObject({
    insecure: true,
    compression: false,
    proxyUrl: 'socks5://p:1080',
    namespace: 'default',
    impersonate: { user: 'jane', uid: '7', groups: ['a', 'b'], extra: { reason: ['x'] } },
  });
  expect(await connection.credentials.get({ fresh: false })).toEqual({ token: 'abc' });
  const basic = await load(config({ username: 'ann', password: 'pw' }));
  expect(await basic.credentials.get({ fresh: false })).toEqual({ username: 'ann', password: 'pw' });
});

test('files in KUBECONFIG are merged: the first that names a thing wins, missing ones are passed over', async () => {
  const first = file({ contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', namespace: 'one' } }] });
  const second = file({ ...config({ token: 'second' }), contexts: [{ name: 'dev', context: { cluster: 'x', user: 'x' } }] });
  const connection = await connectionFromKubeconfig({ env: { KUBECONFIG: [first, join(folder, 'nowhere'), second].join(delimiter) } });
  expect(connection).toMatchObject({ namespace: 'one', server: 'https://kube.example:6443' });
  const chosen = await connectionFromKubeconfig({ env: { KUBECONFIG: second }, context: 'dev' }).catch((error: unknown) => error);
  expect(chosen).toBeInstanceOf(ConfigError);
});

test('a file that a merged kubeconfig names is looked for beside that kubeconfig', async () => {
  mkdirSync(join(folder, 'other'), { recursive: true });
  file(pem.otherCa, 'ca.crt');
  file(pem.ca, 'other/ca.crt');
  const first = file({ 'current-context': 'dev' });
  const second = file(config({}, { 'certificate-authority': 'ca.crt' }), 'other/config');
  const connection = await connectionFromKubeconfig({ env: { KUBECONFIG: [first, second].join(delimiter) } });
  expect(connection.ca).toBe(pem.ca);
});

test('without a path and KUBECONFIG, ~/.kube/config is read', async () => {
  mkdirSync(join(folder, '.kube'), { recursive: true });
  file(config(), '.kube/config');
  expect((await connectionFromKubeconfig({ env: { HOME: folder } })).origin).toBe(`context "dev" of ${join(folder, '.kube', 'config')}`);
});

test('a proxy of the environment is used, except for hosts that NO_PROXY names and loopback', async () => {
  const by = async (env: Record<string, string>, server = 'https://kube.example:6443'): Promise<string | undefined> =>
    (await load(config({}, { server }), { env })).proxyUrl;
  expect(await by({ HTTPS_PROXY: 'proxy:3128' })).toBe('http://proxy:3128');
  expect(await by({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'other, .example' })).toBeUndefined();
  expect(await by({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'ample' })).toBe('http://proxy:3128');
  expect(await by({ HTTPS_PROXY: 'http://proxy:3128' }, 'https://127.0.0.1:6443')).toBeUndefined();
});

test('each mistake is a ConfigError that names the file and the thing, and what there is instead', async () => {
  const bad: [content: unknown, message: RegExp, options?: KubeconfigOptions][] = [
    [config(), /no context "prod"; known: "dev"/, { context: 'prod' }],
    [{ ...config(), 'current-context': undefined }, /no current-context is set; name one of: "dev"/],
    [{ ...config(), clusters: [{ name: 'other', cluster: {} }] }, /context "dev" of .*: there is no cluster "c"; known: "other"/],
    [{ ...config(), users: [] }, /there is no user "u"; known: none/],
    [config({}, { server: '' }), /cluster "c" has no server/],
    [config({}, { server: 'ftp://x' }), /must begin with https:/],
    [config({}, { server: 'https://ann:pw@x' }), /carries a user or a password/],
    [config({ 'client-certificate-data': base64('x') }), /user "u": a client certificate needs its key/],
    [config({ 'client-certificate-data': '***' }), /user "u": client-certificate-data is not base64/],
    [config({ 'client-certificate': 'missing.crt', 'client-key': 'x' }), /user "u": the client certificate cannot be read/],
    [config({}, { 'proxy-url': 'gopher://x' }), /gopher:\/\/ is not supported/],
    [config({}, { 'insecure-skip-tls-verify': true, 'certificate-authority-data': base64(pem.ca) }), /exclude each other/],
    [config({}, { 'certificate-authority-data': base64('x') }), /cluster "c": the certificate authority holds no certificate/],
    [config({ 'as-groups': ['viewers'] }), /user "u" impersonates groups, a uid or extra, and no user; add "as"/],
    [config({ 'as-uid': '7' }), /and no user/],
    [config({ as: 'jane', 'as-groups': 'viewers' }), /user "u": as-groups is a text; expected a list/],
    [config({ as: 'jane', 'as-user-extra': { reason: 'x' } }), /user "u": as-user-extra\["reason"\] is a text; expected a list/],
    ['token: [s3cret', /is not YAML: line 1/],
    ['just text', /it is a text; expected a map/],
    [{ contexts: {} }, /contexts is a map; expected a list/],
    [{ users: [{ name: 'a' }, { name: 'a' }] }, /users has the name "a" twice/],
  ];
  for (const [content, message, options] of bad) {
    const error: unknown = await load(content, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('s3cret');
  }
  await expect(connectionFromKubeconfig({ path: join(folder, 'nothing'), env: {} })).rejects.toThrow(
    /cannot be read: there is no such file/,
  );
  await expect(connectionFromKubeconfig({ env: {} })).rejects.toThrow(/no kubeconfig/);
});

test('names such as __proto__ are names', async () => {
  await expect(load(config(), { context: '__proto__' })).rejects.toThrow(/no context "__proto__"/);
  const connection = await load(
    '{"current-context":"__proto__","contexts":[{"name":"__proto__","context":{"cluster":"constructor"}}],"clusters":[{"name":"constructor","cluster":{"server":"https://h"}}]}',
  );
  expect(connection.server).toBe('https://h');
});

test('a token file is read again after ten seconds and at once when refused; while it is missing the last token serves', async () => {
  const clock = createVirtualClock();
  const path = file('one\n');
  const source = new TokenFile(path, { clock });
  const token = async (fresh = false): Promise<string | undefined> => (await source.get({ fresh })).token;
  expect(await token()).toBe('one');
  writeFileSync(path, 'two');
  expect(await token()).toBe('one');
  await clock.advance(10_000);
  expect(await token()).toBe('two');
  writeFileSync(path, 'three');
  expect(await token(true)).toBe('three');
  rmSync(path);
  await clock.advance(10_000);
  expect(await token()).toBe('three');
  await expect(token(true)).rejects.toThrow(CredentialsError);
  await expect(new TokenFile(join(folder, 'none')).get({ fresh: false })).rejects.toThrow(/the token file .* cannot be used/);
});

test('a token file may begin with the mark of UTF-8 and end with line ends; one that is no UTF-8 is named, and not quoted', async () => {
  const given = async (content: string | Uint8Array): Promise<unknown> => {
    const path = join(folder, 'marked');
    writeFileSync(path, content);
    return new TokenFile(path).get({ fresh: false }).catch((error: unknown) => error);
  };
  for (const text of ['\uFEFFs3cret', 's3cret\r\n', '\uFEFF  s3cret \n\n', '\ts3cret\u00A0'])
    expect(await given(text), JSON.stringify(text)).toEqual({ token: 's3cret' });
  for (const content of [
    Buffer.from('\uFEFFs3cret', 'utf16le'),
    Buffer.from('s3cret', 'utf16le'),
    Uint8Array.of(0xff, 0x73, 0x33),
    's3\ncret',
    's3\0cret',
    '\uFEFF',
    '',
  ]) {
    const error = await given(content);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toMatch(/^the token file .*marked cannot be used: it (is empty|is no text in UTF-8|holds line ends)/);
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toMatch(/s3|cret/);
  }
});

test('an hour of rotations in fast time: every request after a rotation carries the new token within ten seconds', async () => {
  const clock = createVirtualClock();
  const path = file('t0', 'rotating');
  const connection = await load(config({ tokenFile: 'rotating' }), { clock });
  for (let minute = 1; minute <= 60; minute++) {
    writeFileSync(path, `t${minute}`);
    await clock.advance(10_000);
    expect(await connection.credentials.get({ fresh: false })).toEqual({ token: `t${minute}` });
    await clock.advance(50_000);
  }
});

test('in a pod, address, CA, namespace and token come from the service account', async () => {
  const account = join(folder, 'sa');
  mkdirSync(account);
  for (const [name, content] of [
    ['token', 'tok'],
    ['ca.crt', pem.ca],
    ['namespace', 'team\n'],
  ] as const)
    writeFileSync(join(account, name), content);
  const connection = await connectionInCluster({
    folder: account,
    env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
  });
  expect(connection).toMatchObject({ server: 'https://[fd00::1]', namespace: 'team', ca: pem.ca });
  const proxied = await connectionInCluster({ folder: account, env: { KUBERNETES_SERVICE_HOST: '10.0.0.1', HTTPS_PROXY: 'proxy:3128' } });
  expect(proxied.proxyUrl).toBe('http://proxy:3128');
  expect(await connection.credentials.get({ fresh: false })).toEqual({ token: 'tok' });
  await expect(connectionInCluster({ env: {} })).rejects.toThrow(/not in a pod/);
  await expect(connectionInCluster({ folder: join(folder, 'empty'), env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } })).rejects.toThrow(
    /automountServiceAccountToken/,
  );
});

test('values given directly are checked', () => {
  expect(() => connectionFrom({ server: 'kube:6443' })).toThrow(ConfigError);
  expect(() => connectionFrom({ server: 'https://h', cert: 'x' })).toThrow(/needs both cert and key/);
  expect(connectionFrom({ server: 'https://h/', token: 't' })).toMatchObject({ server: 'https://h', namespace: 'default' });
});

test('by default the kubeconfig that is named wins over the service account of the pod, and without a pod the kubeconfig is read', async () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const path = file(config());
  expect((await connectionFromDefaults({ path, env: pod })).server).toBe('https://kube.example:6443');
  expect((await connectionFromDefaults({ env: { ...pod, KUBECONFIG: path } })).server).toBe('https://kube.example:6443');
  expect((await connectionFromDefaults({ env: { KUBECONFIG: path } })).server).toBe('https://kube.example:6443');
  // Here there is no folder of a service account: that it was looked for is what the error tells.
  await expect(connectionFromDefaults({ env: pod })).rejects.toThrow('in a pod, but /var/run/secrets/kubernetes.io/serviceaccount');
});
