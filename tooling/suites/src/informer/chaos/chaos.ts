/**
 * `npm run proof -- informer-chaos [--minutes N] [--objects N] [--seed S] [--rate N] [--faults part,part] [--short]`: informers of every kind
 * on the real API server, under churn, while servers and connections are broken in every way there is. At the end every view and all that
 * every handler was told must equal what the server lists.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RealCluster } from '@kubecast/apiserver/envtest';
import { appModel, toManifest } from '@kubecast/crd';
import { realAssets } from '../../apiserver/real-target.ts';
import { BareApi } from './bare-api.ts';
import { Churn, namespaces } from './churn.ts';
import { FaultProxy } from './fault-proxy.ts';
import { faults } from './faults.ts';
import type { Fault, Stage } from './faults.ts';
import { Fleet } from './fleet.ts';
import { Random } from './random.ts';
import { Recovery } from './recovery.ts';
import { differences, readTruth } from './truth.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    objects: { type: 'string' },
    seed: { type: 'string' },
    rate: { type: 'string' },
    faults: { type: 'string' },
    short: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes ?? (values.short ? 0 : 10));
const objects = Number(values.objects ?? (values.short ? 2000 : 20_000));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const rate = Number(values.rate ?? (values.short ? 60 : 150));
/** A few quick ones of each sort, for CI. */
const quick = [
  'connections cut',
  'frozen, then thawed',
  'bytes in small pieces',
  'schema of the CRD changed',
  'restarted from an older file',
  'other namespaces',
  'etcd killed',
  'compacted, and the API server restarted',
];
const wanted = values.faults?.split(',');
const chosen = faults.filter((fault) => {
  if (wanted !== undefined) return wanted.some((part) => fault.kind.includes(part));
  return !values.short || quick.includes(fault.kind);
});
/** A server that went back must be told apart from one that lags: 60 s of that, and what the reconnection takes. */
const boundMs = 90_000;
const patienceMs = 240_000;

// Ended from outside, it takes its servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const assets = realAssets();
if (assets === undefined) {
  process.stderr.write('There is no kube-apiserver here: npm run envtest builds it.\n');
  process.exit(1);
}
const begun = performance.now();
const say = (text: string): void =>
  void process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
process.on('unhandledRejection', (error) => {
  unhandled.push(String(error));
});
const unhandled: string[] = [];
const wrong: string[] = [];

const folder = mkdtempSync(join(tmpdir(), 'kubecast-chaos-'));
const cluster = new RealCluster({ assets });
say(`seed ${seed}, ${objects} objects, ${rate} writes a second, ${minutes} minutes`);
await cluster.start();
const api = new BareApi(cluster.url, cluster.ca, cluster.token());
const proxy = new FaultProxy(() => Number(new URL(cluster.url).port));
const random = new Random(seed);
const churn = new Churn(api, random, objects);
const fleet = new Fleet(
  { url: () => `https://127.0.0.1:${proxy.port}`, ca: cluster.ca, token: cluster.token() },
  join(folder, 'informer.store'),
  (name, status) => {
    if (values.verbose) say(`  ${name} ${status.namespace}: ${status.state}, ${status.reason}`);
  },
);
const stage: Stage = { cluster, proxy, churn, fleet, random, folder, rate };
const recovery = new Recovery();
const reading = new AbortController();
let marks = 0;

/** Marks the server, and waits until every informer shows the mark. Gives the slowest's time. */
async function converge(kind: string, from: number): Promise<number> {
  const mark = `mark-${++marks}-${seed}`;
  await churn.mark(mark);
  const waiting = new Set(fleet.members);
  let slowest = 0;
  while (waiting.size > 0) {
    for (const member of waiting) {
      if (!fleet.shows(member, mark)) continue;
      waiting.delete(member);
      slowest = performance.now() - from;
      recovery.add(kind, slowest);
    }
    if (performance.now() - from > patienceMs) {
      for (const member of waiting)
        wrong.push(`${kind}: ${member.name} did not recover in ${patienceMs / 1000} s: ${JSON.stringify(member.informer.scopes())}`);
      break;
    }
    await sleep(10);
  }
  return slowest;
}

/** With no write under way: every view and every mirror against the server. */
async function compare(when: string): Promise<void> {
  await churn.pause();
  await converge('at rest', performance.now());
  say(`comparing ${when}`);
  for (const member of fleet.members) {
    const truth = await readTruth(api, member.scopes, member.labelSelector);
    // A change of the CRD comes a little after the mark: the server ends the watches a second after it, and a list follows.
    const bound = performance.now() + boundMs;
    let view = differences(fleet.heldBy(member), truth.objects);
    while (view.length > 0 && performance.now() < bound) {
      await sleep(100);
      view = differences(fleet.heldBy(member), truth.objects);
    }
    if (view.length > 0) say(`  ${member.name}: ${view.length} differ: ${view.slice(0, 3).join('; ')}`);
    if (view.length > 0) wrong.push(`${when}: ${member.name}: ${view.length} objects differ: ${view.slice(0, 3).join('; ')}`);
    // A handler can know no better than the view.
    for (const mirror of view.length > 0 ? [] : member.mirrors) {
      const matching = mirror.filter === undefined ? truth.objects : (await readTruth(api, member.scopes, 'team=a')).objects;
      const end = performance.now() + 30_000;
      let lost = differences(mirror.digests(), matching);
      while (lost.length > 0 && performance.now() < end) {
        await sleep(20);
        lost = differences(mirror.digests(), matching);
      }
      if (lost.length > 0) say(`  ${mirror.name}: ${lost.length} lost: ${lost.slice(0, 3).join('; ')}`);
      if (lost.length > 0) wrong.push(`${when}: ${mirror.name}: the final state of ${lost.length} is lost: ${lost.slice(0, 3).join('; ')}`);
    }
  }
}

async function run(fault: Fault): Promise<void> {
  say(fault.kind);
  await fault.inject(stage);
  const healed = performance.now();
  // Writes go on, but may not pass the last version seen before the informers are back: nobody could tell then.
  if (fault.goesBack === true) churn.start(rate / 20);
  const slowest = await converge(fault.kind, healed);
  if (fault.goesBack === true && slowest > boundMs)
    wrong.push(`${fault.kind}: converged ${Math.round(slowest / 1000)} s after the reconnection, not within ${boundMs / 1000}`);
  say(`  recovered in ${(slowest / 1000).toFixed(2)} s`);
  if (fault.goesBack === true) await compare(`after: ${fault.kind}`);
  churn.start(rate);
}

async function prepare(): Promise<void> {
  await proxy.listen();
  const crd = await api.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', toManifest(appModel));
  if (crd.code !== 201) throw new Error(`the CRD was not taken: ${crd.code} ${crd.text.slice(0, 300)}`);
  for (const name of namespaces) await api.send('POST', '/api/v1/namespaces', { metadata: { name } });
  while ((await api.send('GET', '/apis/iidp.com/v1/appmodels?limit=1')).code !== 200) await sleep(50);
  await churn.fill((done) => say(`${done} objects made`));
  await fleet.start();
  const from = performance.now();
  await Promise.all(fleet.members.map((member) => member.informer.whenSynced()));
  await Promise.all(fleet.members.flatMap((member) => member.mirrors.map((mirror) => mirror.handle.synced)));
  say(`all synced, and their handlers, in ${((performance.now() - from) / 1000).toFixed(2)} s`);
}

let injected = 0;
let rss = 0;
try {
  await prepare();
  void fleet.readOn(reading.signal);
  churn.start(rate);
  const end = performance.now() + minutes * 60_000;
  for (let first = true; wrong.length === 0 && (first || performance.now() < end); first = false) {
    for (const fault of random.shuffled(chosen)) {
      if (!first && performance.now() > end) break;
      await sleep(500 + random.below(values.short ? 1000 : 4000));
      await run(fault);
      injected += 1;
      rss = Math.max(rss, process.memoryUsage().rss);
      if (wrong.length > 0) break;
    }
  }
  await compare('at the end');
} catch (error) {
  wrong.push(String(error instanceof Error ? error.stack : error));
} finally {
  reading.abort();
  await churn.stop();
  await fleet.stop();
  proxy.close();
  api.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}

const violations = fleet.members.flatMap((member) => [...member.violations, ...member.mirrors.flatMap((mirror) => mirror.violations)]);
const ok = wrong.length === 0 && violations.length === 0 && unhandled.length === 0 && injected > 0;
for (const line of [...wrong, ...violations.slice(0, 20), ...unhandled.slice(0, 5)]) say(line);
const result = {
  ok,
  seed,
  objects,
  minutes: Math.round((performance.now() - begun) / 6000) / 10,
  faults: injected,
  writes: churn.counters,
  recoverySeconds: recovery.table(),
  informers: Object.fromEntries(
    fleet.members.map((member) => [
      member.name,
      member.informer.scopes().map(({ namespace, epoch, counters }) => ({
        namespace,
        epoch,
        events: counters.events,
        lists: counters.listsDone,
        watches: counters.watches,
        failures: counters.failures,
        regressions: counters.regressions,
      })),
    ]),
  ),
  handlers: Object.fromEntries(
    fleet.members.flatMap((member) =>
      member.mirrors.map((mirror) => {
        const { delivered, coalesced, cancelled, dropped, replays, errors } = mirror.handle.counters;
        return [mirror.name, { delivered, coalesced, cancelled, dropped, replays, errors }];
      }),
    ),
  ),
  reports: Object.fromEntries(fleet.reports),
  rssMb: Math.round(rss / 1e6),
  wrong: wrong.slice(0, 10),
  violations: violations.length,
  firstViolations: violations.slice(0, 5),
  unhandled: unhandled.length,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = ok ? 0 : 1;
