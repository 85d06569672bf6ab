import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Cluster, until } from '../model-index/cluster.ts';

const root = join(import.meta.dirname, '../../../..');
const folder = mkdtempSync(join(tmpdir(), 'kubecast-resolver-'));
const kubeconfig = join(folder, 'kubeconfig.yaml');
let cluster: Cluster;
let backend: Server;
const children: ChildProcess[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
  cluster.api.writeKubeconfig(kubeconfig);
  backend = createServer((request, response) => response.end(`backend ${request.method} ${request.url}`));
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  await cluster.publish('IIoT', 'm', '1', { title: 'one' });
  await cluster.announce('iiot', 'IIoT', { m: '1' });
  await cluster.serve('iiot', ['192.0.2.1']);
});
afterAll(async () => {
  backend.close();
  await cluster[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});

interface Running {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
  line(message: string): Promise<Record<string, unknown>>;
}

type Runtime = 'node' | 'bun' | 'deno';

function command(runtime: Runtime): readonly [string, ...string[]] {
  if (runtime === 'node') return [process.execPath];
  const binary = join(root, 'node_modules/.bin', runtime);
  return runtime === 'bun' ? [binary] : [binary, 'run', '-A', '--no-check'];
}

function start(...args: string[]): Running {
  return startOn('node', ...args);
}

function startOn(runtime: Runtime, ...args: string[]): Running {
  const [binary, ...before] = command(runtime);
  const child = spawn(binary, [...before, '--conditions=@kubecast/source', join(root, 'apps/resolver/src/main.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  const lines: Record<string, unknown>[] = [];
  let errors = '';
  let rest = '';
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('{')) lines.push(JSON.parse(part) as Record<string, unknown>);
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    lines,
    ended,
    errors: () => errors,
    async line(message) {
      await until(`the log says ${message}`, () => lines.some((line) => line['msg'] === message) || child.exitCode !== null);
      const found = lines.find((line) => line['msg'] === message);
      if (found === undefined) throw new Error(`the resolver ended: ${errors}`);
      return found;
    },
  };
}

const flags = (): string[] => ['--kubeconfig', kubeconfig, '--namespace', 'meta-test', '--redis-url', cluster.redis.url, '--port', '0'];

const get = async (url: string): Promise<{ status: number; json: Record<string, unknown>; text: string }> => {
  const answer = await fetch(url);
  const text = await answer.text();
  return { status: answer.status, text, json: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown> };
};

test.each(['node', 'bun', 'deno'] as const)(
  'on %s it listens, gets ready, answers, forwards a call, shows metrics, and ends with status 0 on SIGTERM',
  async (runtime) => {
    const port = (backend.address() as AddressInfo).port;
    const resolver = startOn(runtime, ...flags(), '--dial', `192.0.2.1:80=127.0.0.1:${port}`);
    const url = String((await resolver.line('listening'))['url']);
    await until('it is ready', async () => (await get(`${url}/readyz`)).status === 200);
    expect((await get(`${url}/v1/namespaces/meta-test/models/m`)).json).toMatchObject({
      app: 'IIoT',
      version: '1',
      state: 'current',
      metadata: { title: 'one' },
    });
    expect((await get(`${url}/v1/namespaces/meta-test/models/m/call/a/b?c=1`)).text).toBe('backend GET /a/b?c=1');
    const metrics = (await get(`${url}/metrics`)).text;
    for (const name of [
      'kubecast_model_index_resyncs_total',
      'kubecast_model_index_models{state="current"} 1',
      'kubecast_informer_synced',
      'kubecast_redis_loader_ready 1',
      'kubecast_resolver_calls_total 1',
    ]) {
      expect(metrics).toContain(name);
    }
    expect((await get(`${url}/`)).text).toContain('IIoT');
    resolver.child.kill('SIGTERM');
    expect(await resolver.ended).toBe(0);
    expect(resolver.lines.some((line) => line['msg'] === 'stopping')).toBe(true);
  },
);

test('at SIGTERM it is unready at once and serves on for the grace, calls too; then it ends with status 0', async () => {
  const port = (backend.address() as AddressInfo).port;
  const resolver = start(...flags(), '--dial', `192.0.2.1:80=127.0.0.1:${port}`, '--drain-grace', '3');
  const url = String((await resolver.line('listening'))['url']);
  await until('it is ready', async () => (await get(`${url}/readyz`)).status === 200);
  resolver.child.kill('SIGTERM');
  await resolver.line('stopping');
  await until('it is unready', async () => (await get(`${url}/readyz`)).status === 503);
  expect((await get(`${url}/v1/namespaces/meta-test/models/m/call/late`)).text).toBe('backend GET /late');
  expect((await get(`${url}/v1/namespaces/meta-test/models/m`)).status).toBe(200);
  expect(await resolver.ended).toBe(0);
});

test('it ends when its standard input is closed, if asked to', async () => {
  const resolver = start(...flags(), '--exit-with-stdin');
  await resolver.line('listening');
  resolver.child.stdin?.end();
  expect(await resolver.ended).toBe(0);
});

test('started while Redis is away it is ready with the reason, forwards calls, and loads metadata when Redis comes', async () => {
  await cluster.redis.stop();
  let url: string;
  try {
    const port = (backend.address() as AddressInfo).port;
    const resolver = start(...flags(), '--dial', `192.0.2.1:80=127.0.0.1:${port}`);
    url = String((await resolver.line('listening'))['url']);
    await until('it is ready', async () => (await get(`${url}/readyz`)).status === 200);
    expect((await get(`${url}/readyz`)).text).toMatch(/^ok\n(?:.*\n)*\[-\]redis: connecting, .*ECONNREFUSED/u);
    expect((await get(`${url}/readyz`)).text).toContain('[-]metadata: 0 of 1 models have their announced metadata');
    const { status, json } = await get(`${url}/v1/namespaces/meta-test/models/m`);
    expect([status, json['state'], json['metadata'], json['app']]).toEqual([200, 'missing', null, 'IIoT']);
    expect((await get(`${url}/v1/namespaces/meta-test/models/m/call/x`)).text).toBe('backend GET /x');
  } finally {
    await cluster.redis.start();
  }
  await until('the metadata is loaded', async () => (await get(`${url}/v1/namespaces/meta-test/models/m`)).json['state'] === 'current');
});

test('while the API server is away it listens, is not ready, and says why; --sync-timeout ends it with status 1', async () => {
  const away = join(folder, 'away.yaml');
  writeFileSync(
    away,
    'apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\ncontexts: [{name: c, context: {cluster: c}}]\n',
  );
  const resolver = start(
    '--kubeconfig',
    away,
    '--namespace',
    'meta-test',
    '--redis-url',
    cluster.redis.url,
    '--port',
    '0',
    '--sync-timeout',
    '1',
  );
  const url = String((await resolver.line('listening'))['url']);
  await until('readyz says why', async () => {
    const { status, text } = await get(`${url}/readyz`).catch(() => ({ status: 0, text: '' }));
    return (status === 503 && text.includes('ECONNREFUSED')) || resolver.child.exitCode !== null;
  });
  expect(await resolver.ended).toBe(1);
  expect(JSON.stringify(resolver.lines)).toContain('not synced in time');
});

test('a slice that names a host or a loopback address is never dialled: it is a problem of its app', async () => {
  const asked: string[] = [];
  const trap = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('trapped');
  });
  trap.listen(0, '127.0.0.1');
  await once(trap, 'listening');
  const port = (trap.address() as AddressInfo).port;
  try {
    await cluster.announce('trap', 'Trap', { trapped: '1' });
    await cluster.serve('trap', []);
    const slice = (name: string, addressType: string, address: string): Promise<unknown> =>
      cluster.send('POST', '/apis/discovery.k8s.io/v1/namespaces/meta-test/endpointslices', {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name, labels: { 'kubernetes.io/service-name': 'trap' } },
        addressType,
        ports: [{ name: 'http', port, protocol: 'TCP' }],
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
      });
    await slice('trap-name', 'FQDN', 'trap.localhost');
    // A server of today refuses these two; older ones take them.
    await slice('trap-mapped', 'IPv6', '::ffff:7f00:1');
    await slice('trap-loopback', 'IPv4', '127.0.0.1');
    const resolver = start(...flags());
    const url = String((await resolver.line('listening'))['url']);
    await until('it is ready', async () => (await get(`${url}/readyz`)).status === 200);
    await until('the name is told', async () => (await get(`${url}/v1/problems`)).text.includes('"AddressRefused"'));
    const called = await get(`${url}/v1/namespaces/meta-test/models/trapped/call/secret`);
    expect([called.status, (called.json['error'] as { code: string }).code]).toEqual([502, 'NoEndpoints']);
    expect(called.text).toContain('addressType FQDN');
    expect((await get(`${url}/metrics`)).text).toMatch(/kubecast_model_index_addresses_refused_total [1-9]/u);
    expect(asked).toEqual([]);
  } finally {
    trap.close();
    await cluster.withdraw('trap');
  }
});

test.each([
  [['--no-such-flag'], 2, 'no-such-flag'],
  [['--kubeconfig', '/nonexistent/kubeconfig'], 1, '/nonexistent/kubeconfig'],
  [['--selector', 'a in ('], 2, 'selector'],
])('%j ends it with a message that names the thing', async (args, status, words) => {
  const resolver = start(...(args[0] === '--kubeconfig' ? args : [...flags(), ...args]));
  expect(await resolver.ended).toBe(status);
  expect(resolver.errors()).toContain(words);
  expect(resolver.errors()).not.toContain('    at ');
});

test('a busy port ends it with a message that names the port', async () => {
  const port = String((backend.address() as AddressInfo).port);
  const resolver = start(...flags(), '--port', port);
  expect(await resolver.ended).toBe(1);
  expect(resolver.errors()).toContain(`127.0.0.1:${port} is in use`);
});
