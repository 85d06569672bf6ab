import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SharedMap } from '@kubecast/concurrent-map/threads';
import type { MapContestant } from '../map-contestant.ts';

/** Two threads on one map: once it is filled, another one makes the same requests all along. The figures are those of this thread. */
export default function sharedMap(entries: number): MapContestant {
  const map = new SharedMap<string>({ maxBytes: 1 << 30, maxEntries: 1 << 21, changes: 1 << 14 });
  const other = new Worker(join(import.meta.dirname, `../map-sharer${extname(import.meta.filename)}`), {
    workerData: { handle: map.share(), entries },
  });
  return {
    sync: true,
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    // What was set is there; its memory is no part of this thread's heap.
    flush: () => Promise.resolve(),
    close: async () => void (await other.terminate()),
  };
}
