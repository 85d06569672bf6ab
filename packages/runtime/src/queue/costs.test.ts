import { createVirtualClock } from '@kubecast/clock/testing';
import type { KubernetesObject } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { createController } from '../controller/controller.ts';
import { createFinalizer, type ObjectAccess } from '../objects/finalizer.ts';
import { createWorkQueue } from './key-queue.ts';

/** The least CPU of five runs, in milliseconds: what other processes and the collector add only makes a run longer. */
async function leastCpu(task: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let run = 0; run < 5; run += 1) {
    const before = process.cpuUsage();
    await task();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/** The slope of CPU against N over three doublings, on logarithms: 1 is proportional, 2 is quadratic. */
async function slope(first: number, task: (count: number) => Promise<void>): Promise<number> {
  await task(first);
  const points: [number, number][] = [];
  for (let count = first; count <= first * 8; count *= 2) points.push([Math.log2(count), Math.log2(await leastCpu(() => task(count)))]);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const MOST = 1.2;

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
  const measured = await slope(500, async (count) => {
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
