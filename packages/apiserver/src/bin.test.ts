import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseFlags, UsageError } from './cli.ts';
import { Probe } from './testing/probe.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kubecast-bin-'));
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  /** The line that says it is ready. */
  readonly ready: Promise<string>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string; err: string }>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['--conditions=@kubecast/source', join(import.meta.dirname, 'bin.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  undo.push(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const ready = new Promise<string>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
    });
  });
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
  return { child, ready, ended };
}

function probeOf(kubeconfig: string): Probe {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const probe = new Probe({
    url: config.clusters[0].cluster.server,
    ca: Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    token: config.users[0].user.token,
  });
  undo.push(() => probe.close());
  return probe;
}

test('it prints one line when it is ready, serves its kubeconfig, and SIGTERM ends it with 0 and leaves the file', async () => {
  const file = join(folder(), 'kubeconfig');
  const server = run('--write-kubeconfig', file);
  expect(await server.ready).toMatch(/^kubecast-apiserver ready at https:\/\/127\.0\.0\.1:\d+ with kubeconfig /);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await probeOf(file).get('/readyz')).text).toBe('ok');
  server.child.kill('SIGTERM');
  const { code, out } = await server.ended;
  expect([code, out.trim().split('\n')]).toEqual([0, [await server.ready]]);
  expect(existsSync(file)).toBe(true);
});

test('--help lists the flags; an unknown flag, a bad port and a stray word end it with 2', async () => {
  expect(await run('--help').ended).toMatchObject({ code: 0, out: expect.stringContaining('--write-kubeconfig FILE') });
  expect(await run('--authorization', 'ABAC').ended).toMatchObject({
    code: 2,
    err: 'kubecast-apiserver: --authorization ABAC: not a mode that is known here; give RBAC or AlwaysAllow\n',
  });
  expect(await run('--nope').ended).toMatchObject({ code: 2, err: 'kubecast-apiserver: unknown flag --nope; --help lists them\n' });
  expect(await run('--port', 'many').ended).toMatchObject({
    code: 2,
    err: 'kubecast-apiserver: --port many: not a port; give a number from 0 to 65535\n',
  });
  expect((await run('stray').ended).code).toBe(2);
});

test.each<readonly [args: readonly string[], says: string]>([
  [['--port', '1', '--port', '0'], '--port is given twice; give it once'],
  [['--data=a', '--data', 'b'], '--data is given twice; give it once'],
  [['--help=true'], '--help takes no value'],
  [['--exit-with-stdin=false'], '--exit-with-stdin takes no value'],
  [['--token', 'a b'], '--token: it holds spaces'],
  [['--token', 'a\nb'], '--token: it holds spaces'],
  [['--port=70000'], '--port 70000: not a port'],
])('the flags %j end it with 2 and a sentence', (args, says) => {
  expect(() => parseFlags(args, {})).toThrow(UsageError);
  expect(() => parseFlags(args, {})).toThrow(says);
});

test('a kubeconfig that cannot be written is an error that names the flag and the file, without a stack', async () => {
  const { code, err } = await run('--write-kubeconfig', folder()).ended;
  expect(code).toBe(1);
  expect(err).toMatch(/^kubecast-apiserver: --write-kubeconfig .*: it cannot be written: EISDIR/);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('a busy port is an error that names it, without a stack', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  undo.push(() => blocker.close());
  const address = blocker.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const { code, err } = await run('--port', port).ended;
  expect([code, err]).toEqual([
    1,
    `kubecast-apiserver: port ${port} on 127.0.0.1 is taken by another process; choose another, or 0 for a free one\n`,
  ]);
});

test('with --exit-with-stdin it ends when its parent is gone', async () => {
  const server = run('--exit-with-stdin');
  await server.ready;
  server.child.stdin.end();
  expect((await server.ended).code).toBe(0);
});

test('every write that was answered survives a kill -9 under load, with the same token and CA', async () => {
  const place = folder();
  const file = join(place, 'kubeconfig');
  const data = join(place, 'data');
  const first = run('--data', data, '--write-kubeconfig', file);
  const port = /:(\d+) /.exec(await first.ready)?.[1] as string;
  const probe = probeOf(file);
  const answered = new Map<string, string>();
  let stop = false;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = 0; !stop; index++) {
      const name = `w${writer}-${index}`;
      try {
        const made = await probe.post('/api/v1/namespaces/default/configmaps', { metadata: { name }, data: { index: String(index) } });
        if (made.status === 201) answered.set(name, made.text);
      } catch {
        return;
      }
      if (answered.size >= 300) {
        stop = true;
        first.child.kill('SIGKILL');
      }
    }
  });
  await Promise.all(writers);
  expect((await first.ended).signal).toBe('SIGKILL');
  const second = run('--data', data, '--port', port);
  await second.ready;
  // The kubeconfig of the first run is still good.
  const again = probeOf(file);
  const list = await again.get('/api/v1/namespaces/default/configmaps');
  const stored = new Set(list.json.items.map((item: { metadata: { name: string } }) => item.metadata.name));
  expect([...answered.keys()].filter((name) => !stored.has(name))).toEqual([]);
  expect((await again.get('/api/v1/namespaces/default/configmaps/w0-0')).text).toBe(answered.get('w0-0'));
});

test('two servers do not share a data folder', async () => {
  const data = join(folder(), 'data');
  const first = run('--data', data);
  await first.ready;
  const { code, err } = await run('--data', data).ended;
  expect([code, err]).toEqual([
    1,
    `kubecast-apiserver: the data folder ${data} is in use by process ${first.child.pid}; stop it, or choose another folder\n`,
  ]);
  // The refused one has not taken the lock of the first away.
  expect(existsSync(join(data, 'lock'))).toBe(true);
});

test('--authorization AlwaysAllow reaches the server: who is not known is refused even at health', async () => {
  const kubeconfig = join(folder(), 'kubeconfig');
  const server = run('--authorization', 'AlwaysAllow', '--write-kubeconfig', kubeconfig);
  await server.ready;
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const stranger = new Probe({
    url: config.clusters[0].cluster.server,
    ca: Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    token: '',
  });
  undo.push(() => stranger.close());
  expect((await stranger.get('/healthz')).status).toBe(401);
});
