import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MapContestant } from '../map-contestant.ts';

interface Answer {
  readonly id: number;
  readonly value: string | undefined;
}

/** What is written first when two threads must see one map: the Map lives in a worker, and every call is a message there and one back. */
export default function workerMap(): MapContestant {
  const worker = new Worker(join(import.meta.dirname, `../map-owner${extname(import.meta.filename)}`));
  const waiting = new Map<number, (value: string | undefined) => void>();
  let last = 0;
  worker.on('message', ({ id, value }: Answer) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const ask = (key: string, value?: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const id = (last += 1);
      waiting.set(id, resolve);
      worker.postMessage({ id, key, value });
    });
  return { sync: false, get: (key) => ask(key), set: (key, value) => ask(key, value), close: async () => void (await worker.terminate()) };
}
