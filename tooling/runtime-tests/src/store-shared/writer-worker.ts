import { parentPort, workerData } from 'node:worker_threads';
import { createObjectStore, type ScopeId } from '@kubecast/store';
import {
  FLEETING,
  FREEZE,
  FROZEN,
  GROUP,
  GROW,
  IDLE,
  keyOf,
  LASTING,
  recordOf,
  STOP,
  textOf,
  WRITES,
  type Proven,
} from './shared-things.ts';

interface Orders {
  readonly flags: SharedArrayBuffer;
  readonly objects: number;
  readonly seconds: number;
  readonly seed: number;
  readonly leaseMs: number;
}

const { flags: buffer, objects, seconds, seed, leaseMs } = workerData as Orders;
const flags = new Int32Array(buffer);
let state = seed;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
  return (state >>> 4) % below;
};

// When told to, this thread stands still before one of its stores, wherever in a write that is, until it is killed.
const { store: storeWord } = Atomics;
Atomics.store = ((words: Int32Array, at: number, value: number) => {
  if (flags[FREEZE] === 1 && random(7) === 0) {
    storeWord(flags, FROZEN, 1);
    Atomics.wait(flags, IDLE, 0);
  }
  return storeWord(words, at, value);
}) as typeof Atomics.store;

const store = createObjectStore<Proven>({
  apiVersion: 'v1',
  kind: 'Proven',
  indexes: { shelf: (entry) => [entry.labels['shelf'] ?? ''] },
  shared: { recordBytes: 1 << 30, indexBytes: 1 << 28, leaseMs },
});
let version = 0;
const next = (): number => (version += 1);
let lasting = Math.floor(objects / 16);
for (let id = 0; id < lasting; id += 1) store.put(recordOf(id, next()));
const regroup = (): void => {
  const relist = store.replace('group' as ScopeId);
  const together = next();
  for (let i = 0; i < GROUP; i += 1) relist.put(recordOf(FLEETING * 2 + i, together, 'group', 'group'));
  relist.commit(String(together));
};
regroup();
storeWord(flags, LASTING, lasting);
parentPort?.postMessage(store.share());

let begun = performance.now();
while (flags[STOP] === 0) {
  for (let i = 0; i < 40; i += 1) {
    const what = random(100);
    if (what < 60) store.put(recordOf(random(lasting), next()));
    else if (what < 80) store.put(recordOf(FLEETING + random(objects >> 3), next()));
    else if (what < 97) {
      const id = FLEETING + random(objects >> 3);
      store.remove(keyOf(id), `uid-${id}`);
    } else if (i === 0) regroup();
  }
  Atomics.add(flags, WRITES, 40);
  // From then on it grows all the time, to sixteen times its first size.
  if (flags[GROW] === 0) begun = performance.now();
  const wanted = Math.min(objects, Math.floor((objects / 16) * (1 + (15 * (performance.now() - begun)) / (seconds * 700))));
  for (; lasting < wanted; lasting += 1) store.put(recordOf(lasting, next()));
  storeWord(flags, LASTING, lasting);
  // Slower than full speed, which would outrun every iteration, and without a pause.
  Atomics.wait(flags, IDLE, 0, 2);
}
if (textOf(1, 1) === '') throw new Error('the texts are empty');
parentPort?.postMessage('done');
