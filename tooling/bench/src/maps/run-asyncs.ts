/**
 * A hundred thousand updates by 32 asyncs, each of which reads a number, awaits, and writes one more: what is lost, how many a second, and how long one
 * update took from its begin to its end.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { settle } from '../sync/measure.ts';
import { observeCollections } from './collections.ts';
import { randomNumbers } from './requests.ts';
import { SingleTimes } from './single-times.ts';
import { countersOf } from './counters.ts';

const ASYNCS = 32;
const [who = ''] = process.argv.slice(2);
const updates = Number(process.env['BENCH_OBJECTS']);
const keys = Array.from({ length: 1_000 }, (_, i) => `namespace-${i % 50}/name-${i}`);

async function round(count: number, times: SingleTimes): Promise<{ readonly ms: number; readonly lost: number }> {
  const counters = countersOf(who);
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: ASYNCS }, async (_, number) => {
      const next = randomNumbers(number + 1);
      for (let i = 0; i < count / ASYNCS; i += 1) {
        const key = keys[next() % keys.length] as string;
        const start = performance.now();
        await counters.add(key);
        times.add(performance.now() - start);
      }
    }),
  );
  const ms = performance.now() - begun;
  let sum = 0;
  for (const key of keys) sum += await counters.get(key);
  await counters.close?.();
  return { ms, lost: Math.ceil(count / ASYNCS) * ASYNCS - sum };
}

await round(updates / 2, new SingleTimes(1));
await turn();
const times = new SingleTimes(updates + ASYNCS);
const collections = observeCollections();
const cpu = process.cpuUsage();
const { ms, lost } = await round(updates, times);
const { user, system } = process.cpuUsage(cpu);
const { count, totalMs, longestMs } = await collections.end();
console.log(
  JSON.stringify({
    perSecond: (1000 * updates) / ms,
    p50Us: times.percentileUs(0.5),
    p99Us: times.percentileUs(0.99),
    lost,
    cpuSeconds: (user + system) / 1e6,
    collections: count,
    collectionMs: totalMs,
    longestCollectionMs: longestMs,
  }),
);
await settle();
