/** One store: filled, read hot and cold, updated, selected from. */
import { settle } from '../sync/measure.ts';
import { namespaceOf, wire } from './things.ts';
import { peerOf } from './peers.ts';

const [who = ''] = process.argv.slice(2);
const objects = Number(process.env['BENCH_OBJECTS']);
const peer = await peerOf(who);
const figures: Record<string, number> = {};
const { gc = () => undefined } = globalThis as { gc?: () => void };

/** CPU seconds of what is done: other work on the machine changes them less than time. */
async function cpuSeconds(run: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
const memory = (): number => {
  gc();
  gc();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
};

/** Percentiles in microseconds of single operations; batches of made objects, so that making them is not measured. */
async function timed(
  count: number,
  name: string,
  run: (i: number, bytes: Uint8Array) => void | Promise<void>,
  version: number,
): Promise<void> {
  const times = new Float64Array(count);
  let cpu = 0;
  for (let from = 0; from < count; from += 2_000) {
    const batch = Array.from({ length: Math.min(2_000, count - from) }, (_, j) => wire((from + j) % objects, version));
    cpu += await cpuSeconds(async () => {
      for (let j = 0; j < batch.length; j += 1) {
        const start = performance.now();
        const done = run((from + j) % objects, batch[j] as Uint8Array);
        if (done !== undefined) await done;
        times[from + j] = (performance.now() - start) * 1000;
      }
      await peer.flush?.();
    });
  }
  times.sort();
  figures[`${name}PerCpuSecond`] = count / cpu;
  figures[`${name}P50Us`] = times[Math.floor(count / 2)] as number;
  figures[`${name}P99Us`] = times[Math.floor(count * 0.99)] as number;
  figures[`${name}MaxMs`] = (times[count - 1] as number) / 1000;
}

const empty = memory();
const put = (i: number, bytes: Uint8Array): void | Promise<void> => peer.put(i, bytes);
await timed(objects, 'fill', put, 1);
// Shared memory is in none of the counts that a process has of itself.
if (who !== 'kubecast-shared') figures['bytesPerObject'] = (memory() - empty) / objects;
await timed(Math.min(objects, 100_000), 'write', put, 2);

// Cold: each object once, in an order that no cache likes.
const colds = Math.min(objects, 50_000);
let found = 0;
const cold = await cpuSeconds(async () => {
  for (let n = 0; n < colds; n += 1) {
    const app = peer.read((n * 7_919) % objects);
    if ((app instanceof Promise ? await app : app) !== undefined) found += 1;
  }
});
figures['coldPerCpuSecond'] = colds / cold;
// Hot: ten thousand objects, again and again.
const hots = Math.min(objects, 10_000);
const hot = async (): Promise<void> => {
  for (let i = 0; i < hots; i += 1) {
    const app = peer.read(i);
    if ((app instanceof Promise ? await app : app) !== undefined) found += 1;
  }
};
for (let i = 0; i < 3; i += 1) await hot();
const hotRounds = who === 'classic-level' ? 5 : 100;
const hotCpu = await cpuSeconds(async () => {
  for (let i = 0; i < hotRounds; i += 1) await hot();
});
figures['hotPerCpuSecond'] = (hots * hotRounds) / hotCpu;
if (found !== colds + hots * (hotRounds + 3)) throw new Error(`${who} found ${found} objects`);

if (peer.byIndex) {
  let counted = 0;
  const cpu = await cpuSeconds(() => {
    for (let n = 0; n < 100; n += 1) counted += peer.byIndex?.(namespaceOf(n)) ?? 0;
  });
  figures['byIndexPerCpuSecond'] = counted / cpu;
}
if (peer.byLabel) {
  let counted = 0;
  const cpu = await cpuSeconds(() => {
    for (let n = 0; n < Math.max(1, 200_000 / objects); n += 1) counted += peer.byLabel?.() ?? 0;
  });
  figures['byLabelPerCpuSecond'] = counted / cpu;
}
if (peer.snapshot) {
  const times = Array.from({ length: 2_000 }, () => {
    const start = performance.now();
    peer.snapshot?.();
    return (performance.now() - start) * 1000;
  }).sort((a, b) => a - b);
  figures['snapshotP50Us'] = times[1_000] as number;
}
await peer.close();
console.log(JSON.stringify(figures));
await settle();
