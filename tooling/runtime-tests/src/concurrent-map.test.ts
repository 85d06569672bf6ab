import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConcurrentMap, ReentryError } from '@kubecast/concurrent-map';

test('concurrent-map: sections of a key run one at a time and in order, and asking again within one is an error', async () => {
  const map = new ConcurrentMap<number>();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      map.withKey('a', async () => {
        const read = map.get('a') ?? 0;
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
        map.set('a', read + 1);
        order.push(index);
      }),
    ),
  );
  assert.equal(map.get('a'), 200);
  assert.deepEqual(
    order,
    Array.from({ length: 200 }, (_, index) => index),
  );
  await assert.rejects(
    map.withKey('a', async () => {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      return map.withKey('a', () => 1);
    }),
    ReentryError,
  );
});

test('concurrent-map: one load for all, a snapshot that stands still, and changes without a gap after it', async () => {
  const map = new ConcurrentMap<number>();
  let loads = 0;
  const load = async (): Promise<number> => {
    loads += 1;
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    return 7;
  };
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 1000 }, () => map.computeIfAbsent('a', load)))), new Set([7]));
  assert.equal(loads, 1);
  for (let i = 0; i < 20_000; i += 1) map.set(`key-${i}`, i);
  const snapshot = map.snapshot();
  const copy = new Map(snapshot.entries());
  await map.replaceAll([['key-1', 2]]);
  assert.equal(snapshot.get('key-5'), 5);
  assert.equal(copy.size, 20_001);
  for await (const change of map.subscribe({ after: snapshot.sequence })) {
    if (change.type === 'set') copy.set(change.key, change.value as number);
    else copy.delete(change.key);
    if (change.sequence === map.sequence) break;
  }
  assert.deepEqual([...copy], [['key-1', 2]]);
  snapshot.dispose();
});
