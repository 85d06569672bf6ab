/**
 * The client's transport against an API server, by `small`, `list` or `watches` and the version of HTTP: requests by the thousand, one long
 * answer, fifty streams. Prints its figures.
 */
import { readFileSync } from 'node:fs';
import { connectionFrom, createClient } from '@kubecast/client';
import { appModel } from '@kubecast/crd';
import { nameOf, namespaceOf } from '../app-models.ts';
import { settle } from '../sync/measure.ts';

const [shape = '', version = '1', objects = '1000', requests = '1000'] = process.argv.slice(2);
const WATCHES = 50;
const AT_ONCE = 50;

const connection = connectionFrom({
  server: process.env['BENCH_URL'] ?? '',
  ca: readFileSync(process.env['BENCH_CA'] ?? '', 'utf8'),
  token: process.env['BENCH_TOKEN'] ?? '',
});
const client = createClient(connection, { http: version === '2' ? 2 : 1, budget: { perSecond: 0 } });
const models = client.resource(appModel);

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** Runs it once, and tells how long it took and what it cost. */
async function measured(run: () => Promise<Record<string, number>>): Promise<Record<string, number>> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const figures = await run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000, ...figures, sockets: client.counters.connections };
}

async function small(): Promise<Record<string, number>> {
  const total = Number(requests);
  const taken: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < total; i = next++) {
      const start = performance.now();
      const of = i % Number(objects);
      await models.get(nameOf(of), { namespace: namespaceOf(of) });
      taken.push(performance.now() - start);
    }
  };
  // The first one pays for the handshake; how long that takes is not what is asked here.
  await models.get(nameOf(0), { namespace: namespaceOf(0) });
  const start = performance.now();
  const figures = await measured(async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return {};
  });
  return {
    ...figures,
    perSecond: (total / (performance.now() - start)) * 1000,
    p50Ms: quantile(taken, 0.5),
    p99Ms: quantile(taken, 0.99),
  };
}

async function list(): Promise<Record<string, number>> {
  return measured(async () => {
    let count = 0;
    let bytes = 0;
    for await (const page of models.listPages({ limit: 0 })) {
      count += page.items.length;
      for (const item of page.items) bytes += item.length;
    }
    if (count !== Number(objects)) throw new Error(`${count} of ${objects} objects were listed`);
    return { itemMB: bytes / 1e6 };
  });
}

/** Fifty watches of one object each see every change of it; the latency is until the last of them has seen it. */
async function watches(): Promise<Record<string, number>> {
  const changes = Math.max(20, Math.floor(Number(requests) / 20));
  // A connection of its own, the same for both.
  const writer = createClient(connection, { budget: { perSecond: 0 } });
  const name = nameOf(0);
  const namespace = namespaceOf(0);
  const stop = new AbortController();
  let seen = 0;
  let wake = (): void => {};
  const all = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (seen === WATCHES) resolve();
    });
  const watch = async (): Promise<void> => {
    const options = { fieldSelector: `metadata.name=${name}`, signal: stop.signal };
    try {
      for await (const event of models.inNamespace(namespace).watch(options)) if (event.type !== 'BOOKMARK' && ++seen === WATCHES) wake();
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  };
  const taken: number[] = [];
  const figures = await measured(async () => {
    const start = performance.now();
    const running = Array.from({ length: WATCHES }, watch);
    await all();
    const openMs = performance.now() - start;
    for (let n = 0; n < changes; n++) {
      seen = 0;
      const begun = performance.now();
      await writer.resource(appModel).patch(name, { metadata: { annotations: { 'bench/n': `${process.pid}-${n}` } } }, { namespace });
      await all();
      taken.push(performance.now() - begun);
    }
    stop.abort(new Error('done'));
    await Promise.all(running);
    return { openMs };
  });
  writer.close();
  return { ...figures, p50Ms: quantile(taken, 0.5), p99Ms: quantile(taken, 0.99) };
}

const shapes: Readonly<Record<string, () => Promise<Record<string, number>>>> = { small, list, watches };
const run = shapes[shape];
if (run === undefined) throw new Error(`there is no shape ${JSON.stringify(shape)}; there are ${Object.keys(shapes).join(', ')}`);
console.log(JSON.stringify(await run()));
client.close();
await settle();
