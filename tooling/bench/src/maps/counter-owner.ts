/** The thread that owns the numbers: adds to one in a step of its own, and answers what it is then. */
import { parentPort } from 'node:worker_threads';

const map = new Map<string, number>();
parentPort?.on('message', ({ id, key, add }: { readonly id: number; readonly key: string; readonly add: number }) => {
  const value = (map.get(key) ?? 0) + add;
  if (add > 0) map.set(key, value);
  parentPort?.postMessage({ id, value });
});
