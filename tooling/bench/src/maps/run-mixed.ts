/** One map: filled from nothing, then asked for its keys, nine reads to one write; first all together, then each by itself. */
import { settle } from '../sync/measure.ts';
import { observeCollections } from './collections.ts';
import { openContestant, type MapContestant } from './map-contestant.ts';
import { keyOf, requestsFor, valueOf } from './requests.ts';
import { clockCost, SingleTimes } from './single-times.ts';

const [who = ''] = process.argv.slice(2);
const entries = Number(process.env['BENCH_OBJECTS']);
const seconds = Number(process.env['BENCH_SECONDS']);
const { gc = () => undefined } = globalThis as { gc?: () => void };
const figures: Record<string, number> = {};
const { keys, values, steps } = requestsFor(entries);
let found = 0;

const memory = (): number => {
  gc();
  gc();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
};

/** CPU seconds of this thread: what the machine does beside it, and collectors in other threads, are not in them. */
const threadCpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
};
const BATCH = 64;

/** Fills the map. Texts are made before, so that only the map's own growth and garbage are within the times. */
async function fill(map: MapContestant): Promise<void> {
  const times = new SingleTimes(entries);
  const empty = memory();
  const own = Array.from({ length: entries }, (_, i) => [keyOf(i), valueOf(i)] as const);
  gc();
  const begun = performance.now();
  if (map.sync) {
    let longest = 0;
    for (let from = 0; from < entries; from += BATCH) {
      const cpu = threadCpu();
      for (let i = from; i < Math.min(entries, from + BATCH); i += 1) {
        const [key, value] = own[i] as readonly [string, string];
        const start = performance.now();
        map.set(key, value);
        times.add(performance.now() - start);
      }
      longest = Math.max(longest, threadCpu() - cpu);
      if (map.flush && from % 8192 === 0) await map.flush();
    }
    await map.flush?.();
    figures['fillP99Us'] = times.percentileUs(0.99);
    figures['fillLongestMs'] = longest * 1000;
  } else
    for (let from = 0; from < entries; from += 1_000)
      await Promise.all(own.slice(from, from + 1_000).map(([key, value]) => map.set(key, value)));
  figures['fillPerSecond'] = (1000 * entries) / (performance.now() - begun);
  own.length = 0;
  // What lives in another thread or in a file is in no count of this one's heap.
  if (map.sync && !map.flush) figures['bytesPerEntry'] = (memory() - empty + (map.bytes?.() ?? 0)) / entries;
}

/** `count` requests of `map`, of which `from` is the first; for maps that answer at once. */
function together(map: MapContestant, from: number, count: number): void {
  for (let i = from; i < from + count; i += 1) {
    const step = steps[i & (steps.length - 1)] as number;
    if (step < 0) map.set(keys[~step] as string, values[i & 63] as string);
    else if (map.get(keys[step] as string) !== undefined) found += 1;
  }
}

async function oneByOne(map: MapContestant, from: number, count: number, times?: SingleTimes): Promise<void> {
  for (let i = from; i < from + count; i += 1) {
    const step = steps[i & (steps.length - 1)] as number;
    const start = performance.now();
    if (step < 0) await map.set(keys[~step] as string, values[i & 63] as string);
    else if ((await map.get(keys[step] as string)) !== undefined) found += 1;
    times?.add(performance.now() - start);
  }
}

function single(map: MapContestant, from: number, count: number, times: SingleTimes): void {
  for (let i = from; i < from + count; i += 1) {
    const step = steps[i & (steps.length - 1)] as number;
    if (step < 0) {
      const key = keys[~step] as string;
      const value = values[i & 63] as string;
      const start = performance.now();
      map.set(key, value);
      times.add(performance.now() - start);
    } else {
      const key = keys[step] as string;
      const start = performance.now();
      const value = map.get(key);
      times.add(performance.now() - start);
      if (value !== undefined) found += 1;
    }
  }
}

const map = await openContestant(who, entries);
await fill(map);
const chunk = map.sync ? 10_000 : 200;
const run = (from: number): void | Promise<void> => (map.sync ? together(map, from, chunk) : oneByOne(map, from, chunk));
let done = 0;
const until = async (ms: number, each: (from: number) => void | Promise<void>): Promise<number> => {
  const begun = performance.now();
  const before = done;
  while (performance.now() - begun < ms) {
    const step = each(done);
    if (step !== undefined) await step;
    done += chunk;
    if (map.flush) await map.flush();
  }
  return done - before;
};
await until(500 * seconds, run);
found = 0;
const collections = observeCollections();
const cpu = process.cpuUsage();
const begun = performance.now();
const requests = await until(1000 * seconds, run);
figures['perSecond'] = (1000 * requests) / (performance.now() - begun);
const { user, system } = process.cpuUsage(cpu);
figures['perCpuSecond'] = (1e6 * requests) / (user + system);
const collected = await collections.end();
figures['collectionsPerMillion'] = (1e6 * collected.count) / requests;
figures['collectionMsPerMillion'] = (1e6 * collected.totalMs) / requests;
figures['longestCollectionMs'] = collected.longestMs;
if (found < 0.85 * requests || found > 0.95 * requests) throw new Error(`${who} found ${found} of ${requests}`);

const times = new SingleTimes(400_000);
await until(1000 * seconds, (from) => (map.sync ? single(map, from, chunk, times) : oneByOne(map, from, chunk, times)));
figures['p50Us'] = times.percentileUs(0.5);
figures['p99Us'] = times.percentileUs(0.99);
figures['p999Us'] = times.percentileUs(0.999);
const clock = clockCost();
figures['clockP50Us'] = clock.p50Us;
figures['clockP99Us'] = clock.p99Us;
console.log(JSON.stringify(figures));
await map.close();
await settle();
