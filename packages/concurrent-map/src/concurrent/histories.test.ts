import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { ConcurrentMap } from '../index.ts';
import { recordHistory, type RecordedMap } from '../testing/histories.ts';
import { checkLinearizable } from '../testing/linearizability.ts';
import { registerSpec } from '../testing/register-spec.ts';

const HISTORIES = Number(process.env['KUBECAST_HISTORIES'] ?? 20_000);
const SEED = Number(process.env['KUBECAST_SEED'] ?? 1);

/** Each operation by the way of the map that is made for it when reading and writing are awaits apart. */
function recorded(map: ConcurrentMap<number>): RecordedMap {
  return {
    async run(key, call, pause, signal) {
      await pause();
      switch (call.do) {
        case 'get':
          return { value: map.get(key) };
        case 'set':
          map.set(key, call.value);
          return { did: true };
        case 'delete':
          return { did: map.delete(key) };
        case 'getOrInsert':
          return { value: map.getOrInsert(key, call.value) };
        case 'compareAndSet': {
          for (;;) {
            const entry = map.entry(key);
            await pause();
            if (entry?.value !== call.from) {
              // The answer is no only if that was so at one moment: the read above.
              return { did: false };
            }
            if (map.compareAndSet(key, entry?.version, call.value) !== undefined) return { did: true };
          }
        }
        case 'add':
          // withKey guards sections against each other; compareAndSet guards what the section read against bare writes.
          return map.withKey(
            key,
            async () => {
              for (;;) {
                const entry = map.entry(key);
                await pause();
                const value = (entry?.value ?? 0) + call.amount;
                if (map.compareAndSet(key, entry?.version, value) !== undefined) return { value };
              }
            },
            signal ? { signal } : {},
          );
      }
    },
  };
}

/** A map that reads, awaits and writes with nothing to guard it, as programs over a plain Map do. */
function unguarded(): RecordedMap {
  const map = new Map<string, number>();
  return {
    async run(key, call, pause) {
      const read = map.get(key);
      await pause();
      switch (call.do) {
        case 'get':
          return { value: read };
        case 'set':
          map.set(key, call.value);
          return { did: true };
        case 'delete':
          map.delete(key);
          return { did: read !== undefined };
        case 'getOrInsert':
          map.set(key, read ?? call.value);
          return { value: read ?? call.value };
        case 'compareAndSet':
          if (read === call.from) map.set(key, call.value);
          return { did: read === call.from };
        case 'add':
          map.set(key, (read ?? 0) + call.amount);
          return { value: (read ?? 0) + call.amount };
      }
    },
  };
}

async function run(makeMap: () => RecordedMap, count: number): Promise<{ readonly refused: number; readonly met: number }> {
  const { random } = createVirtualClock({ seed: SEED });
  let refused = 0;
  let met = 0;
  for (let history = 0; history < count; history += 1) {
    const { operations, overlapping } = await recordHistory(makeMap(), { clients: 4, keys: 3, operations: 32, random });
    if (overlapping > 0) met += 1;
    if (!checkLinearizable(operations, registerSpec).linearizable) refused += 1;
  }
  return { refused, met };
}

test(`${HISTORIES} histories of four clients are linearizable, aborted calls included`, async () => {
  const { refused, met } = await run(() => recorded(new ConcurrentMap({ changes: 16 })), HISTORIES);
  expect(refused).toBe(0);
  expect(met).toBeGreaterThan(HISTORIES / 2);
}, 600_000);

test('a plain Map that is read, awaited and written is found out', async () => {
  const { refused } = await run(unguarded, 500);
  expect(refused).toBeGreaterThan(250);
});
