import { parentPort } from 'node:worker_threads';
import { SharedMap } from '../threads/shared-map.ts';
import type { SharedMapHandle } from '../cells/layout.ts';
import { randomFrom, runThreadClient, type ThreadJob } from './thread-client.ts';

/** What a worker of the tests is asked to do. */
export type ThreadWork =
  | ThreadJob
  /** Adds 1 to the number under a key, so many times, by compareAndSet. Answers how often that was tried. */
  | { readonly do: 'increment'; readonly handle: SharedMapHandle; readonly key: string; readonly times: number }
  /** Writes, deletes and reads until it is killed, or the first of `sync` is 1; counts in the second. Answers what it read that was not whole. */
  | {
      readonly do: 'churn';
      readonly handle: SharedMapHandle;
      readonly sync: SharedArrayBuffer;
      readonly seed: number;
      readonly keys: number;
    };

export interface WholeText {
  readonly key: string;
  readonly number: number;
  readonly text: string;
}

/** A value that tells whether it was read whole. */
function wholeText(key: string, number: number): WholeText {
  return { key, number, text: `${key}:${number};`.repeat(number % 40) };
}

export function isWholeText(key: string, value: WholeText): boolean {
  return value.key === key && value.text === wholeText(key, value.number).text;
}

/** The whole of a worker's module. */
export function serveThreadWork(): void {
  parentPort?.on('message', (work: ThreadWork) => parentPort?.postMessage(doWork(work)));
}

function doWork(work: ThreadWork): unknown {
  switch (work.do) {
    case 'history':
      return runThreadClient(work);
    case 'increment':
      return increment(SharedMap.attach<number>(work.handle), work.key, work.times);
    case 'churn':
  }
  return churn(SharedMap.attach<WholeText>(work.handle), new Int32Array(work.sync), randomFrom(work.seed), work.keys);
}

function increment(map: SharedMap<number>, key: string, times: number): number {
  let tried = 0;
  for (let done = 0; done < times; tried += 1) {
    const entry = map.entry(key);
    if (map.compareAndSet(key, entry?.version, (entry?.value ?? 0) + 1) !== undefined) done += 1;
  }
  return tried;
}

function churn(map: SharedMap<WholeText>, words: Int32Array, random: () => number, keys: number): readonly string[] {
  const torn: string[] = [];
  while (Atomics.load(words, 0) === 0 && torn.length === 0) {
    const key = `key-${Math.floor(random() * keys)}`;
    const chosen = random();
    if (chosen < 0.5) map.set(key, wholeText(key, Math.floor(random() * 1_000_000)));
    else if (chosen < 0.6) map.delete(key);
    else {
      const value = map.get(key);
      if (value && !isWholeText(key, value)) torn.push(`${key}: ${JSON.stringify(value)}`);
    }
    Atomics.add(words, 1, 1);
  }
  return torn;
}
