/**
 * `npm run proof -- informer-soak [--minutes N] [--objects N] [--rate N] [--server real|embedded]`: an informer under churn for as long as
 * asked, beside a watcher that stands on node:https alone and counts what the informer missed. A line every ten seconds. The 99th percentile of the event
 * loop's delay must be at most 10 ms; the longest is told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EmbeddedCluster, RealCluster } from '@kubecast/apiserver/envtest';
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel, toManifest } from '@kubecast/crd';
import type { AppModel } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import { realAssets } from '../../apiserver/real-target.ts';
import { BareApi } from './bare-api.ts';
import { BareWatcher } from './bare-watcher.ts';
import { Churn, namespaces } from './churn.ts';
import { LoopDelay } from './loop-delay.ts';
import { Mirror } from './mirror.ts';
import { Random } from './random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    objects: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '200' },
    server: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
// Ended from outside, it takes its servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const assets = realAssets();
if (values.server === 'real' && assets === undefined) {
  process.stderr.write('There is no kube-apiserver here: npm run envtest builds it.\n');
  process.exit(1);
}
const cluster = assets === undefined || values.server === 'embedded' ? new EmbeddedCluster() : new RealCluster({ assets });
await cluster.start();
const api = new BareApi(cluster.url, cluster.ca, cluster.token());
const churn = new Churn(api, new Random(Date.now()), Number(values.objects));
const client = createClient(connectionFrom({ server: cluster.url, ca: cluster.ca, token: cluster.token() }));
const informer = createInformer<AppModel>({ type: appModel, client });
const watcher = new BareWatcher(new BareApi(cluster.url, cluster.ca, cluster.token()));
const lags: number[] = [];
const failures: string[] = [];
let missed = 0;
const loop = new LoopDelay();

/** Milliseconds from when the bare watcher had an event to when the handler had it; where the informer was first, nothing is counted. */
const mirror = new Mirror(informer, 'soak', {}, ({ type, entry }) => {
  const at = watcher.seenAt(`${entry.key.namespace}/${entry.key.name}`, type === 'deleted' ? undefined : entry.version);
  if (at !== undefined) lags.push(performance.now() - at);
});

/** With no write under way both must come to the same; what the informer lacks or has too much after its time is missed. */
async function compare(): Promise<number> {
  // The comparison is one step of this program, not the informer's.
  loop.stop();
  await churn.pause();
  const end = performance.now() + 30_000;
  for (;;) {
    const wanted = watcher.versions();
    let wrong = 0;
    for (const [id, version] of wanted) {
      const [namespace = '', name = ''] = id.split('/');
      const held = informer.view.entry({ cluster: '', namespace, name })?.version;
      const told = mirror.objects.get(id)?.version;
      if (held !== version || told !== version) wrong += 1;
    }
    wrong += Math.max(0, informer.view.size - wanted.size) + Math.max(0, mirror.objects.size - wanted.size);
    if (wrong === 0 || performance.now() > end) return wrong;
    await sleep(10);
  }
}

const at = (sorted: readonly number[], part: number): number => Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 10) / 10;
let peak = 0;
const LOOP_P99_MS = 10;
const worst = { p50: 0, p99: 0 };
try {
  const crd = await api.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', toManifest(appModel));
  if (crd.code !== 201) throw new Error(`the CRD was not taken: ${crd.code} ${crd.text.slice(0, 300)}`);
  for (const name of namespaces) await api.send('POST', '/api/v1/namespaces', { metadata: { name } });
  while ((await api.send('GET', '/apis/iidp.com/v1/appmodels?limit=1')).code !== 200) await sleep(50);
  await churn.fill((done) => void process.stderr.write(`${done} objects made\n`));
  await watcher.start();
  informer.start();
  await informer.whenSynced();
  await mirror.handle.synced;
  lags.length = 0;
  churn.start(rate);
  loop.start();
  const begun = performance.now();
  for (let turn = 1; performance.now() - begun < minutes * 60_000; turn += 1) {
    await sleep(Math.min(10_000, minutes * 60_000 - (performance.now() - begun)));
    // Each minute the writes stop, until both have all of them.
    if (turn % 6 === 0) {
      missed += await compare();
      churn.start(rate);
      loop.start();
    }
    const sorted = lags.splice(0).toSorted((a, b) => a - b);
    const memory = Math.round(process.memoryUsage().rss / 1e6);
    peak = Math.max(peak, memory);
    worst.p50 = Math.max(worst.p50, at(sorted, 0.5));
    worst.p99 = Math.max(worst.p99, at(sorted, 0.99));
    const [scope] = informer.scopes();
    const line = {
      seconds: Math.round((performance.now() - begun) / 1000),
      objects: informer.view.size,
      events: scope?.counters.events,
      lagMs: { p50: at(sorted, 0.5), p99: at(sorted, 0.99) },
      missed,
      eventLoopMs: loop.read(),
      memoryMb: memory,
      state: scope?.state,
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  }
  missed += await compare();
} catch (error) {
  failures.push(String(error instanceof Error ? error.stack : error));
} finally {
  await churn.stop();
  watcher.close();
  await informer.stop();
  loop.close();
  client.close();
  api.close();
  await cluster.stop();
}
for (const line of [...failures, ...mirror.violations.slice(0, 10)]) process.stderr.write(`${line}\n`);
const counters = informer.scopes()[0]?.counters;
const eventLoopMs = loop.read();
const ok =
  eventLoopMs.p99 <= LOOP_P99_MS &&
  failures.length === 0 &&
  missed === 0 &&
  mirror.violations.length === 0 &&
  (counters?.events ?? 0) > 0 &&
  churn.counters.writes > 0;
process.stdout.write(
  `${JSON.stringify({
    ok,
    server: cluster.kind,
    minutes,
    objects: informer.view.size,
    writes: churn.counters.writes,
    events: counters?.events,
    lists: counters?.lists,
    watches: counters?.watches,
    missed,
    violations: mirror.violations.length,
    watcherRestarts: watcher.restarts,
    worstLagMs: worst,
    eventLoopMs,
    peakMb: peak,
  })}\n`,
);
process.exitCode = ok ? 0 : 1;
