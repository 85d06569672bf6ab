import { createVirtualClock } from '@kubecast/clock/testing';
import type { KubernetesObject } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { createController } from '../controller/controller.ts';
import { createFinalizer, type ObjectAccess } from '../objects/finalizer.ts';
import { createWorkQueue } from './key-queue.ts';

async function cpuOf(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The slope of a line through the points. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Heaps, caches and a machine shared with others come to 1.3; a list that is searched for each key comes to 1.7 and more. */
const MOST = 1.5;

/**
 * The slope of CPU against N over three doublings, on logarithms: 1 is proportional, 2 is quadratic. The least CPU of several rounds counts for
 * each N, since what other processes and the collector add only makes a run longer; the rounds go through all N, so that a busy moment of the
 * machine meets every N. More rounds are run only while the slope is too steep.
 */
async function slope(first: number, task: (count: number) => Promise<void>): Promise<number> {
  await task(first);
  const least = new Map<number, number>();
  let steep = Infinity;
  for (let round = 0; round < 8 && (round < 3 || steep > MOST); round += 1) {
    for (let count = first; count <= first * 8; count *= 2)
      least.set(count, Math.min(least.get(count) ?? Infinity, await cpuOf(() => task(count))));
    steep = slopeOf(Array.from(least, ([count, cpu]) => [Math.log2(count), Math.log2(cpu)] as const));
  }
  return steep;
}

test.each(['fifo', 'priority'] as const)(
  'keys in a queue cost what they are many: ready, timed and taken, in the order %s',
  async (order) => {
    const measured = await slope(4_000, async (count) => {
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
