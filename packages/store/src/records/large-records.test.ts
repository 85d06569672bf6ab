import { expect, test } from 'vitest';
import type { ObjectStore } from '../index.ts';
import { createObjectStore } from '../index.ts';
import { testRecord } from '../testing/index.ts';

function make(shared: boolean): ObjectStore<unknown> {
  return createObjectStore<unknown>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    ...(shared ? { shared: { recordBytes: 512 << 20, indexBytes: 8 << 20 } } : {}),
  });
}
const record = (i: number, version: number, length: number): ReturnType<typeof testRecord> =>
  testRecord({ namespace: 'n', name: `n-${i}`, uid: `u-${i}`, version: String(version), spec: { text: 'x'.repeat(length) } });

test.each([
  ['600 KB each', () => 600_000],
  ['1.1 MB beside tiny ones', (i: number) => (i % 20 === 0 ? 1_100_000 : 300)],
  ['of every size', (i: number) => Math.round(100 * 1.05 ** (i % 190))],
  ['just large', () => 131_100],
  ['just not large', () => 130_000],
] as const)('records of mixed sizes take at most 1.15 times their bytes: %s', (_name, sizeOf) => {
  for (const shared of [false, true]) {
    const store = make(shared);
    for (let i = 0; store.counters.recordBytes < 60 << 20; i += 1) store.put(record(i, 1, sizeOf(i)));
    const { recordBytes, reservedBytes } = store.counters;
    // The slab that is being filled is not waste.
    expect((reservedBytes - (1 << 20)) / recordBytes).toBeLessThan(1.15);
  }
});

test('compaction never copies a large record inside the write of another, and little at once', () => {
  const store = make(false);
  for (let i = 0; i < 40; i += 1) store.put(record(i, 1, 600_000));
  const large = store.counters.recordBytes;
  for (let i = 100; i < 4_100; i += 1) store.put(record(i, 1, 2_000));
  for (let i = 100; i < 4_100; i += 1) if (i % 3 !== 0) store.remove({ namespace: 'n', name: `n-${i}` }, `u-${i}`);
  let moved = store.counters.movedRecords;
  for (let version = 2; version < 400; version += 1) {
    store.put(record(0, version, 100));
    expect(store.counters.movedRecords - moved).toBeLessThanOrEqual(8);
    moved = store.counters.movedRecords;
  }
  expect(moved).toBeGreaterThan(0);
  expect(store.counters.reservedBytes).toBeLessThan((large + 3_000_000) * 1.25);
});
