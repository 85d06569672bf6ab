import { parentPort, workerData } from 'node:worker_threads';
import { attach, type StoreHandle } from '@kubecast/store';
import type { BenchAppModel } from '../app-models.ts';
import { nameOf, namespaceOf } from './things.ts';

const { handle, objects, seconds } = workerData as { handle: StoreHandle; objects: number; seconds: number };
const view = attach<BenchAppModel>(handle, { hotBytes: 128 * 1024 * 1024 });
const keys = Array.from({ length: Math.min(objects, 10_000) }, (_, i) => ({ cluster: '', namespace: namespaceOf(i), name: nameOf(i) }));
let found = 0;
const rate = (next: (n: number) => (typeof keys)[number]): number => {
  const end = performance.now() + seconds * 1000;
  const begun = performance.now();
  let count = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 500; i += 1) if (view.get(next(count + i))?.spec.app !== undefined) found += 1;
    count += 500;
  }
  return count / ((performance.now() - begun) / 1000);
};
const cold = rate((n) => {
  const i = (n * 7_919) % objects;
  return { cluster: '', namespace: namespaceOf(i), name: nameOf(i) };
});
for (let i = 0; i < 3; i += 1) for (const key of keys) if (view.get(key)?.spec.app !== undefined) found += 1;
const hot = rate((n) => keys[n % keys.length] as (typeof keys)[number]);
if (found === 0) throw new Error('nothing was found');
parentPort?.postMessage({ cold, hot });
