/** The thread that owns a Map and answers messages: without a value it reads, with one it writes. */
import { parentPort } from 'node:worker_threads';

export interface Request {
  readonly id: number;
  readonly key: string;
  readonly value?: string;
}

const map = new Map<string, string>();
parentPort?.on('message', ({ id, key, value }: Request) => {
  if (value !== undefined) map.set(key, value);
  parentPort?.postMessage({ id, value: value ?? map.get(key) });
});
