import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RealCluster } from '@kubecast/apiserver/envtest';
import { connectionFromKubeconfig, createClient, isClientError } from '@kubecast/client';
import { configMapType } from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import { findAssets } from '@kubecast-tooling/envtest';
import { ApiServerProcess } from '../apiserver-process.ts';

// The API server is killed and started again every few seconds, while watches and writes of one client go on. In the end nothing may be
// left: no request, stream, socket, timer or listener; and every failure on the way must have been a typed one.
// On the real server (`--server real`) there are two clients, one that speaks HTTP/1.1 and one that speaks HTTP/2.
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    every: { type: 'string', default: '3' },
    server: { type: 'string', default: 'embedded' },
  },
});
const seconds = Number(values.seconds);

const active = (kind: RegExp): number => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;
const server = values.server === 'real' ? await realServer() : await embeddedServer();
const before = { sockets: active(/TCP|TLS/), timers: active(/Timeout/) };
const connection = await connectionFromKubeconfig({ path: server.kubeconfig, env: {} });
const limits = { requestMs: 5000, pingMs: 1000, pingTimeoutMs: 5000 };
const clients = (values.server === 'real' ? ([1, 2] as const) : ([1] as const)).map((http) =>
  createClient(connection, { http, limits, budget: { perSecond: 0 } }),
);
const stop = new AbortController();
const failures = new Map<string, number>();
const untyped: string[] = [];
const done = { events: 0, writes: 0, restarts: 0 };

async function go(work: () => Promise<void>): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (stop.signal.aborted) return;
      const code = isClientError(error) ? error.code : 'untyped';
      failures.set(code, (failures.get(code) ?? 0) + 1);
      if (!isClientError(error)) untyped.push(String(error));
      await systemClock.sleep(50, stop.signal).catch(() => {});
    }
  }
}

const workers = clients.flatMap((client, c) => {
  const maps = client.resource(configMapType, { namespace: 'default' });
  return [
    ...Array.from({ length: 10 }, () =>
      go(async () => {
        for await (const _ of maps.watch({ signal: stop.signal, allowWatchBookmarks: true })) done.events++;
      }),
    ),
    ...Array.from({ length: 4 }, (_, i) =>
      go(async () => {
        await maps.apply({ metadata: { name: `soak-${c}-${i}` }, data: { n: String(done.writes) } }, { signal: stop.signal, force: true });
        done.writes++;
        await systemClock.sleep(5, stop.signal);
      }),
    ),
  ];
});
const end = systemClock.now() + seconds * 1000;
while (systemClock.now() < end) {
  await systemClock.sleep(Number(values.every) * 1000);
  await server.kill();
  await server.start();
  done.restarts++;
  process.stderr.write(
    `${JSON.stringify({ ...done, failures: Object.fromEntries(failures), open: clients.map((client) => client.counters.openRequests), rss: Math.round(process.memoryUsage().rss / 1e6) })}\n`,
  );
}
await systemClock.sleep(2000);
const served = done.writes;
stop.abort(new Error('the soak is over'));
await Promise.all(workers);
const sum = (of: 'openRequests' | 'openStreams' | 'requests' | 'connections'): number =>
  clients.reduce((total, client) => total + client.counters[of], 0);
const [openRequests, openStreams, requests] = [sum('openRequests'), sum('openStreams'), sum('requests')];
const connections = clients.map((client) => client.counters.connections);
for (const client of clients) client.close();
await server.close();
// A socket's close is told in a later turn.
for (let i = 0; i < 100 && (active(/TCP|TLS/) > before.sockets || active(/Timeout/) > before.timers); i++) await systemClock.yield();
const left = {
  openRequests,
  openStreams,
  sockets: active(/TCP|TLS/) - before.sockets,
  timers: active(/Timeout/) - before.timers,
  listeners: getEventListeners(stop.signal, 'abort').length,
};
const ok = Object.values(left).every((count) => count <= 0) && untyped.length === 0 && served > 0 && done.events > 0;
process.stdout.write(
  `${JSON.stringify({ ok, ...done, server: values.server, requests, connections, failures: Object.fromEntries(failures), untyped: untyped.slice(0, 3), left, seconds })}\n`,
);
process.exitCode = ok ? 0 : 1;

interface SoakServer {
  readonly kubeconfig: string;
  start(): Promise<unknown>;
  kill(): Promise<unknown>;
  close(): Promise<void>;
}

async function embeddedServer(): Promise<SoakServer> {
  const child = new ApiServerProcess();
  await child.start();
  return {
    kubeconfig: child.kubeconfig,
    start: () => child.start(),
    kill: () => child.end('SIGKILL'),
    close: () => child.close(),
  };
}

/** kube-apiserver alone is killed; etcd lives on. */
async function realServer(): Promise<SoakServer> {
  const assets = findAssets();
  if (assets === undefined) throw new Error('there is no kube-apiserver: npm run envtest builds it');
  const cluster = new RealCluster({ assets });
  await cluster.start();
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-soak-'));
  const kubeconfig = join(folder, 'kubeconfig');
  cluster.writeKubeconfig(kubeconfig);
  return {
    kubeconfig,
    start: () => cluster.restart(),
    kill: () => cluster.kill(),
    async close() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
