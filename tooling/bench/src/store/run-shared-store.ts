/** A store in shared memory: one or two readers in threads of their own, beside a writer that goes on writing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { compareResourceVersions, createObjectStore } from '@kubecast/store';
import type { BenchAppModel } from '../app-models.ts';
import { settle } from '../sync/measure.ts';
import { wire } from './things.ts';

const readers = Number(process.argv[2]);
const objects = Number(process.env['BENCH_OBJECTS']);
const seconds = Number(process.env['BENCH_SECONDS']);
const store = createObjectStore<BenchAppModel>({
  apiVersion: 'iidp.com/v1',
  kind: 'AppModel',
  compareVersions: compareResourceVersions,
  hotBytes: 0,
  indexes: { namespace: (entry) => [entry.key.namespace] },
  shared: true,
});
for (let i = 0; i < objects; i += 1) store.put({ object: wire(i, 1) });
const updates = Array.from({ length: 1_000 }, (_, i) => [wire((i * 31) % objects, 2), wire((i * 31) % objects, 3)] as const);
const told = Array.from(
  { length: readers },
  () =>
    new Promise<{ cold: number; hot: number }>((resolve, reject) => {
      const worker = new Worker(new URL('./shared-reader.js', import.meta.url), {
        workerData: { handle: store.share(), objects, seconds },
      });
      worker.once('message', resolve);
      worker.once('error', reject);
    }),
);
const state = { over: false };
const rates = Promise.all(told).finally(() => (state.over = true));
// A thousand writes a second, as a busy cluster's informer makes.
for (let n = 0; !state.over; n += 1) {
  const [even, odd] = updates[n % 1_000] as readonly [Uint8Array, Uint8Array];
  store.put({ object: Math.floor(n / 1_000) % 2 === 0 ? even : odd });
  if (n % 2 === 1) await sleep(1);
}
const figures = await rates;
const total = (of: (each: { cold: number; hot: number }) => number): number => figures.reduce((sum, each) => sum + of(each), 0);
console.log(JSON.stringify({ hotPerSecond: total((each) => each.hot), coldPerSecond: total((each) => each.cold) }));
await settle();
