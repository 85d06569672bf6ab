import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-import-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The parts that cost, as they are named in the addresses of modules and in the list of what Node itself has loaded. */
const parts = ['yaml', 'client-node', 'openid-client', 'node:http', 'node:https', 'node:http2', 'undici', 'crd', 'store'] as const;

/** Which of them a fresh process has loaded after it imported the client and ran `script`; and how many modules the import alone took. */
function loadedBy(script: string): { readonly loaded: readonly string[]; readonly modules: number } {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); seen.add(found.url); return found; } });
    const client = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const modules = seen.size;
    ${script}
    const urls = [...seen];
    const own = new Set(process.moduleLoadList.map((entry) => entry.replace('NativeModule ', '')));
    const tests = {
      yaml: () => urls.some((url) => url.includes('/node_modules/yaml/')),
      'client-node': () => urls.some((url) => url.includes('/@kubernetes/client-node/')),
      'openid-client': () => urls.some((url) => url.includes('/openid-client/')),
      'node:http': () => urls.includes('node:http'),
      'node:https': () => own.has('https'),
      'node:http2': () => own.has('http2') || own.has('internal/http2/core'),
      undici: () => urls.some((url) => url.includes('undici')) || own.has('internal/deps/undici/undici'),
      crd: () => urls.some((url) => url.endsWith('crd/src/index.ts')),
      store: () => urls.some((url) => url.endsWith('store/src/index.ts')),
    };
    console.log(JSON.stringify({ loaded: ${JSON.stringify(parts)}.filter((part) => tests[part]()), modules }));`;
  const args = ['--conditions=@kubecast/source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as ReturnType<typeof loadedBy>;
}

function kubeconfig(name: string, user: object): string {
  const path = join(folder, name);
  const config = {
    'current-context': 'dev',
    contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}
/** One request, which finds nobody. */
const ask = (connection: string, options = '{}'): string =>
  `const api = client.createClient(${connection}, ${options}); await api.version().catch(() => {}); api.close();`;
const from = (path: string): string => `await client.connectionFromKubeconfig({ path: ${JSON.stringify(path)}, env: {} })`;

test('importing the client loads none of what it may need later, and few modules', () => {
  const { loaded, modules } = loadedBy('');
  expect(loaded).toEqual([]);
  // Sources, of this package and the ground: what is published is bundled, and what is loaded later stays outside of both.
  expect(modules).toBeLessThanOrEqual(46);
});

test('a request loads node:https alone', () => {
  expect(loadedBy(ask(`client.connectionFrom({ server: 'https://127.0.0.1:1', token: 't' })`)).loaded).toEqual(['node:https']);
});

test('a kubeconfig loads yaml, and still nothing of client-node', () => {
  expect(loadedBy(ask(from(kubeconfig('token', { token: 't' })))).loaded).toEqual(['yaml', 'node:https']);
});

test('OIDC loads nothing more', () => {
  const provider = { name: 'oidc', config: { 'client-id': 'c', 'refresh-token': 'r', 'idp-issuer-url': 'https://127.0.0.1:1' } };
  expect(loadedBy(ask(from(kubeconfig('oidc', { 'auth-provider': provider })))).loaded).toEqual(['yaml', 'node:https']);
});

test('HTTP/2 is loaded where it is asked for, and only there', () => {
  const connection = `client.connectionFrom({ server: 'https://127.0.0.1:1', token: 't' })`;
  expect(loadedBy(ask(connection, '{ http: 2 }')).loaded).toEqual(expect.arrayContaining(['node:http2']));
  expect(loadedBy(ask(connection, '{ http: 2 }')).loaded).not.toEqual(expect.arrayContaining(['undici']));
});

test('an exec plugin loads nothing of client-node; an auth provider other than OIDC does', () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/false', interactiveMode: 'Never' };
  expect(loadedBy(ask(from(kubeconfig('exec', { exec })))).loaded).toEqual(['yaml', 'node:https']);
  const provider = { name: 'azure', config: {} };
  expect(loadedBy(ask(from(kubeconfig('azure', { 'auth-provider': provider })))).loaded).toEqual(expect.arrayContaining(['client-node']));
});
