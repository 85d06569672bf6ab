/** One durable map: reads of what it holds, writes until it shows them, and writes until they are on the disk. */
import { settle } from '../sync/measure.ts';
import { observeCollections } from './collections.ts';
import { openContestant } from './map-contestant.ts';
import { keyOf, requestsFor, valueOf } from './requests.ts';
import { SingleTimes } from './single-times.ts';

const [who = ''] = process.argv.slice(2);
const entries = Number(process.env['BENCH_OBJECTS']);
const seconds = Number(process.env['BENCH_SECONDS']);
const map = await openContestant(who, entries);
const { durable } = map;
if (!durable) throw new Error(`${who} is not durable`);
const { keys, values } = requestsFor(entries);
for (let from = 0; from < entries; from += 1_000) {
  const puts: unknown[] = [];
  for (let i = from; i < Math.min(entries, from + 1_000); i += 1) puts.push(durable.put(keyOf(i), valueOf(i)));
  await Promise.all(puts);
}
await durable.flushed();

async function timed(capacity: number, each: (i: number) => unknown): Promise<SingleTimes> {
  const times = new SingleTimes(capacity);
  const begun = performance.now();
  for (let i = 0; !times.full && performance.now() - begun < 1000 * seconds; i += 1) {
    const start = performance.now();
    const done = each(i);
    if (done instanceof Promise) await done;
    times.add(performance.now() - start);
    if (i % 1_000 === 999) await durable?.flushed();
  }
  return times;
}
const at = (i: number): number => (i * 7_919) % entries;
const get = (i: number): unknown => map.get(keys[at(i)] as string);
const put = (i: number): unknown => durable.put(keys[at(i)] as string, values[i & 63] as string);
await timed(20_000, get);
await timed(20_000, put);
const collections = observeCollections();
const cpu = process.cpuUsage();
const gets = await timed(200_000, get);
const puts = await timed(100_000, put);
const syncs = await timed(2_000, (i) => {
  void put(i);
  return durable.flushed();
});
const { user, system } = process.cpuUsage(cpu);
const { count, totalMs } = await collections.end();

// Puts that wait for the disk together: a hundred for each wait.
const begun = performance.now();
let together = 0;
while (performance.now() - begun < 500 * seconds) {
  const waits: unknown[] = [];
  for (let i = 0; i < 100; i += 1) waits.push(put(together + i));
  waits.push(durable.flushed());
  await Promise.all(waits);
  together += 100;
}
console.log(
  JSON.stringify({
    getP50Us: gets.percentileUs(0.5),
    getP99Us: gets.percentileUs(0.99),
    putP50Us: puts.percentileUs(0.5),
    putP99Us: puts.percentileUs(0.99),
    flushedP50Us: syncs.percentileUs(0.5),
    flushedP99Us: syncs.percentileUs(0.99),
    flushedPerSecond: (1000 * together) / (performance.now() - begun),
    cpuSeconds: (user + system) / 1e6,
    collections: count,
    collectionMs: totalMs,
  }),
);
await map.close();
await settle();
