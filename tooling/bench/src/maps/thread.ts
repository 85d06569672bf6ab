/** One of several threads that ask a map, each request timed every sixteenth time, so that the clock's own cost stays out of the rate. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedMap, type SharedMapHandle } from '@kubecast/concurrent-map/threads';
import { requestsFor } from './requests.ts';
import { SingleTimes } from './single-times.ts';

export interface ThreadTask {
  readonly entries: number;
  readonly seconds: number;
  readonly seed: number;
  /** 1: begin. */
  readonly go: Int32Array;
  /** Absent: the map is asked by messages. */
  readonly handle?: SharedMapHandle;
}

export interface ThreadReport {
  readonly done: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const { entries, seconds, seed, go, handle } = workerData as ThreadTask;
const { keys, values, steps } = requestsFor(entries, seed);
const times = new SingleTimes(200_000);
let found = 0;
let done = 0;

/** Until the time is over; the first tenth warms up and is not timed. */
function direct(map: SharedMap<string>, ms: number, kept: SingleTimes | undefined): void {
  const begun = performance.now();
  do {
    for (let i = 0; i < 1_024; i += 1, done += 1) {
      const step = steps[done & (steps.length - 1)] as number;
      const start = (i & 15) === 0 ? performance.now() : 0;
      if (step < 0) map.set(keys[~step] as string, values[done & 63] as string);
      else if (map.get(keys[step] as string) !== undefined) found += 1;
      if ((i & 15) === 0) kept?.add(performance.now() - start);
    }
  } while (performance.now() - begun < ms);
}

const waiting = new Map<number, () => void>();
async function byMessages(ms: number, kept: SingleTimes | undefined): Promise<void> {
  const begun = performance.now();
  do {
    const step = steps[done & (steps.length - 1)] as number;
    const id = (done += 1);
    const start = performance.now();
    await new Promise<void>((resolve) => {
      waiting.set(id, resolve);
      const key = keys[step < 0 ? ~step : step] as string;
      parentPort?.postMessage(step < 0 ? { id, key, value: values[id & 63] } : { id, key });
    });
    found += 1;
    kept?.add(performance.now() - start);
  } while (performance.now() - begun < ms);
}

if (handle) {
  const map = SharedMap.attach<string>(handle);
  direct(map, 300, undefined);
  parentPort?.postMessage('ready');
  Atomics.wait(go, 0, 0);
  done = 0;
  direct(map, 1000 * seconds, times);
} else {
  parentPort?.on('message', ({ id }: { readonly id: number }) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  await byMessages(300, undefined);
  parentPort?.postMessage('ready');
  Atomics.wait(go, 0, 0);
  done = 0;
  await byMessages(1000 * seconds, times);
}
if (found === 0) throw new Error('nothing was found');
parentPort?.postMessage({ report: { done, p50Us: times.percentileUs(0.5), p99Us: times.percentileUs(0.99) } satisfies ThreadReport });
