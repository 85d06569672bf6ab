import { expect, test } from 'vitest';
import { ConcurrentMap, StatefulMap } from '../index.ts';
import { SharedMap } from '../threads/index.ts';

const MANY = 1000;
const together = async (add: () => Promise<unknown>): Promise<void> => void (await Promise.all(Array.from({ length: MANY }, add)));

test('a plain Map loses updates across an await, and each way of a ConcurrentMap and of a SharedMap keeps them all', async () => {
  const plain = new Map<string, number>([['a', 0]]);
  await together(async () => {
    const read = plain.get('a') ?? 0;
    await Promise.resolve();
    plain.set('a', read + 1);
  });
  expect(plain.get('a')).toBe(1);

  const computed = new ConcurrentMap<number>();
  await together(async () => {
    await Promise.resolve();
    computed.compute('a', (current) => (current ?? 0) + 1);
  });
  expect(computed.get('a')).toBe(MANY);

  const compared = new ConcurrentMap<number>();
  await together(async () => {
    for (;;) {
      const entry = compared.entry('a');
      await Promise.resolve();
      if (compared.compareAndSet('a', entry?.version, (entry?.value ?? 0) + 1) !== undefined) return;
    }
  });
  expect(compared.get('a')).toBe(MANY);

  const guarded = new ConcurrentMap<number>();
  await together(() =>
    guarded.withKey('a', async () => {
      const read = guarded.get('a') ?? 0;
      await Promise.resolve();
      guarded.set('a', read + 1);
    }),
  );
  expect(guarded.get('a')).toBe(MANY);

  const states = new StatefulMap<number>();
  const slowly = async (state: number | undefined): Promise<number> => {
    await Promise.resolve();
    return (state ?? 0) + 1;
  };
  await together(() => states.update('a', 'u1', slowly, { tries: MANY }));
  expect(states.get('a', 'u1')?.state).toBe(MANY);

  const shared = new SharedMap<number>();
  await together(async () => {
    for (;;) {
      const entry = shared.entry('a');
      await Promise.resolve();
      if (shared.compareAndSet('a', entry?.version, (entry?.value ?? 0) + 1) !== undefined) return;
    }
  });
  expect(shared.get('a')).toBe(MANY);

  const updated = new SharedMap<number>();
  await together(async () => {
    await Promise.resolve();
    updated.update('a', (current) => (current ?? 0) + 1);
  });
  expect(updated.get('a')).toBe(MANY);
});
