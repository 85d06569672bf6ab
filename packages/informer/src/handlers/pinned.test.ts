import { expect, test } from 'vitest';
import type { Delta } from '../index.ts';
import { createModelRig } from '../testing/index.ts';
import type { Thing } from '../testing/index.ts';

test('what waits for a stuck handler pins no more than its bytes, and the final states reach it all the same', async () => {
  const rig = createModelRig();
  for (let i = 0; i < 40; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  const deltas: Delta<Thing>[] = [];
  let open: (() => void) | undefined;
  const bytes = [...rig.informer.view.select()][0]?.bytes ?? 0;
  expect(bytes).toBeGreaterThan(100);
  const handle = rig.informer.handle(
    (delta) => {
      deltas.push(delta);
      return open === undefined ? new Promise<void>((resolve) => (open = resolve)) : undefined;
    },
    // Room for some five objects and what they were before.
    { workers: 1, withPrevious: true, pinnedBytes: 10 * bytes + 50 },
  );
  await rig.clock.settle();
  for (let round = 1; round <= 3; round += 1) {
    for (let i = 0; i < 40; i += 1) rig.server.put('default', `thing-${i}`, round * 100 + i);
    await rig.clock.settle();
    expect(handle.pinned).toBeLessThanOrEqual(10 * bytes + 50);
  }
  expect(handle.pinned).toBeGreaterThan(4 * bytes);
  expect(handle.waiting).toBe(40);
  expect(handle.counters.unpinned).toBeGreaterThan(30);
  rig.server.delete('default', 'thing-39');
  await rig.clock.settle();
  open?.();
  await rig.clock.settle();
  const last = new Map(deltas.map((delta) => [delta.entry.key.name, delta]));
  for (let i = 0; i < 39; i += 1) expect(last.get(`thing-${i}`)?.entry.value.spec.payload).toBe(300 + i);
  // It was added and deleted without having been told.
  expect(last.get('thing-39')).toBeUndefined();
  expect([handle.pinned, handle.waiting]).toEqual([0, 0]);
});

test('where what was before became too much to keep, an update is told without it; a delete keeps its last state', async () => {
  const rig = createModelRig();
  for (const name of ['a', 'b']) rig.server.put('default', name, 1);
  rig.informer.start();
  await rig.clock.settle();
  const lines: string[] = [];
  let stuck: (() => void) | undefined;
  let hold = false;
  const handle = rig.informer.handle(
    ({ type, entry, previous }) => {
      lines.push(`${type} ${entry.key.name} ${entry.value.spec.payload} ${previous?.value.spec.payload ?? 'untold'}`);
      return hold ? new Promise<void>((resolve) => (stuck = resolve)) : undefined;
    },
    { workers: 1, withPrevious: true, pinnedBytes: 0 },
  );
  await handle.synced;
  lines.length = 0;
  hold = true;
  rig.server.put('default', 'a', 2);
  await rig.clock.settle();
  rig.server.put('default', 'a', 3);
  rig.server.put('default', 'b', 2);
  await rig.clock.settle();
  rig.server.delete('default', 'b');
  await rig.clock.settle();
  expect(handle.pinned).toBeGreaterThan(0);
  hold = false;
  stuck?.();
  await rig.clock.settle();
  expect(lines.sort()).toEqual(['deleted b 2 untold', 'updated a 2 untold', 'updated a 3 untold']);
  expect(handle.pinned).toBe(0);
});

test('without withPrevious nothing of what was before is kept alive', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  rig.informer.start();
  await rig.clock.settle();
  const handle = rig.informer.handle(() => new Promise<void>(() => undefined), { workers: 1 });
  await rig.clock.settle();
  const bytes = [...rig.informer.view.select()][0]?.bytes ?? 0;
  rig.server.put('default', 'a', 2);
  await rig.clock.settle();
  expect(handle.pinned).toBe(bytes);
});
