import { createVirtualClock } from '@kubecast/clock/testing';
import type { KubernetesObject } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { createController } from '../controller/controller.ts';
import { createFinalizer, type ObjectAccess } from '../objects/finalizer.ts';
import { createWorkQueue } from './key-queue.ts';

/** Three doublings. */
const SIZES = [1, 2, 4, 8];
/** The best run of a size counts: what else the machine does, and the collector, only add. */
const RUNS = 5;
/** n log n stays below; a list that is searched for each key comes to 1.7 and more. */
const MOST = 1.2;

/** The slope of a line through the points. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/**
 * The slope of the process's CPU against N, on logarithms: 1 is proportional, 2 is quadratic. Each measurement does the same work in all, the smallest N
 * eight times, so that none is too short, and the collector has as much to do in each. What is held stays so small that it fits the caches: two plain Maps
 * of a hundred thousand texts have a slope of 1.4 by their memory alone.
 */
async function slope(first: number, task: (count: number) => Promise<void>): Promise<number> {
  await task(first);
  const least = SIZES.map(() => Infinity);
  for (let run = 0; run < RUNS; run += 1)
    for (const [at, size] of SIZES.entries()) {
      const times = (SIZES.at(-1) ?? 1) / size;
      const begun = process.cpuUsage();
      for (let time = 0; time < times; time += 1) await task(first * size);
      const { user, system } = process.cpuUsage(begun);
      least[at] = Math.min(least[at] ?? Infinity, (user + system) / times);
    }
  return slopeOf(least.map((micros, at) => [Math.log2(SIZES[at] ?? 1), Math.log2(micros)] as const));
}

test.each(['fifo', 'priority'] as const)(
  'keys in a queue cost what they are many: ready, timed and taken, in the order %s',
  async (order) => {
    const measured = await slope(1_000, async (count) => {
      const queue = createWorkQueue<number>({ name: 'test', idOf: String, clock: createVirtualClock(), order });
      for (let key = 0; key < count; key += 1) {
        queue.add(key);
        queue.addAfter(key, 1_000 + ((key * 7_919) % count));
      }
      for (let key = 0; key < count; key += 1) {
        const item = await queue.get();
        if (item !== undefined) queue.done(item.key);
      }
      // Each time is brought forward: what lies in the middle of the timers moves.
      for (let key = 0; key < count; key += 1) queue.addAfter(key, 10 + ((key * 104_729) % count));
      await queue.drain({ deadlineMs: 0 });
    });
    expect(measured).toBeLessThanOrEqual(MOST);
  },
);

test('runs of a controller cost what they are many', async () => {
  const measured = await slope(1_000, async (count) => {
    const clock = createVirtualClock();
    const controller = createController<number>({ name: 'test', idOf: String, clock, concurrency: 4, reconcile: () => {} });
    for (let key = 0; key < count; key += 1) controller.enqueue(key);
    const stop = new AbortController();
    const work = controller.work(stop.signal);
    while (controller.counters.runs < count) await clock.yield();
    stop.abort();
    await work;
  });
  expect(measured).toBeLessThanOrEqual(MOST);
});

test('finalizers cost what they are many', async () => {
  const access: ObjectAccess<KubernetesObject> = {
    get: () => Promise.resolve(undefined),
    mergePatch: (_namespace, _name, patch) => Promise.resolve(patch as KubernetesObject),
  };
  const finalizer = createFinalizer(access, { name: 'a.b/c' });
  const measured = await slope(1_000, async (count) => {
    for (let at = 0; at < count; at += 1) {
      const added = await finalizer.add({ metadata: { name: `o${at}`, uid: 'u', resourceVersion: '1', finalizers: ['x.y/z'] } });
      if (added !== undefined) await finalizer.release(added);
    }
  });
  expect(measured).toBeLessThanOrEqual(MOST);
});
