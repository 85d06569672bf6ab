/** A thread that makes requests of a SharedMap until it is ended, beside the one that is measured. */
import { workerData } from 'node:worker_threads';
import { SharedMap, type SharedMapHandle } from '@kubecast/concurrent-map/threads';
import { requestsFor } from './requests.ts';

const { handle, entries } = workerData as { readonly handle: SharedMapHandle; readonly entries: number };
const map = SharedMap.attach<string>(handle);
const { keys, values, steps } = requestsFor(entries);
const nobody = new Int32Array(new SharedArrayBuffer(4));
while (map.size < entries) Atomics.wait(nobody, 0, 0, 1);
let found = 0;
for (let i = steps.length >> 1; ; i += 1) {
  const step = steps[i & (steps.length - 1)] as number;
  if (step < 0) map.set(keys[~step] as string, values[i & 63] as string);
  else if (map.get(keys[step] as string) !== undefined) found += 1;
  if (found < 0) break;
}
