import { expect, test, vi } from 'vitest';
import type { ObjectStore, View } from '../index.ts';
import { byField, createObjectStore, isStoreError } from '../index.ts';
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

test('a record takes its JSON and 64 bytes, and nothing is parsed before it is read, by an index of a field neither', () => {
  const parse = vi.spyOn(JSON, 'parse');
  // A text alone may be read by it, such as a value of an index.
  const objectsParsed = (): number => parse.mock.calls.filter(([text]) => text.startsWith('{')).length;
  try {
    for (const shared of [false, true]) {
      const store = make(shared);
      store.addIndex('text', byField('spec', 'text'));
      let json = 0;
      for (let i = 0; i < 200; i += 1) {
        const each = record(i, 1, i * 3);
        json += each.object.length;
        store.put(each);
      }
      const relist = store.replace('' as never);
      for (let i = 0; i < 200; i += 1) relist.put(record(i, 2, i * 3));
      relist.commit('2');
      expect([...store.view.select({ index: { name: 'text', value: 'xxx' } })]).toHaveLength(1);
      expect(objectsParsed()).toBe(0);
      // Each begins at a multiple of eight.
      expect(store.counters.recordBytes).toBeLessThanOrEqual(json + 200 * (64 + 7));
      expect(store.view.get({ namespace: 'n', name: 'n-1' })).toBeDefined();
      expect(objectsParsed()).toBe(1);
      parse.mockClear();
    }
  } finally {
    parse.mockRestore();
  }
});

test('a write that finds no room left moves at most four MiB out of four slabs, whatever the size of the records', () => {
  for (const length of [300, 3_000]) {
    const store = createObjectStore<unknown>({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      shared: { recordBytes: 8 << 20, indexBytes: 16 << 20 },
    });
    let count = 0;
    let most = 0;
    const fill = (): number => {
      const from = count;
      for (;;) {
        const before = store.counters.movedRecords;
        try {
          store.put(record(count, 1, length));
          count += 1;
        } catch (error) {
          expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
          return count - from;
        } finally {
          most = Math.max(most, store.counters.movedRecords - before);
        }
      }
    };
    fill();
    const size = store.counters.recordBytes / count;
    // Too little in all to be tidied by the way, and enough in some slabs.
    for (let i = 0; i < count * 0.4; i += 5) store.remove({ namespace: 'n', name: `n-${i}` }, `u-${i}`);
    expect(fill()).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(8);
    expect(most * size).toBeLessThanOrEqual((4 << 20) + 8 * size);
  }
});

test('a view has what reads, and nothing that writes; a snapshot copies nothing when it is taken', () => {
  // The compiler refuses this list if a view has more, or less.
  const members: Readonly<Record<keyof View<unknown>, true>> = {
    sequence: true,
    size: true,
    get: true,
    entry: true,
    select: true,
    snapshot: true,
  };
  expect(Object.keys(members)).not.toContain('put');
  const store = make(false);
  for (let i = 0; i < 10_000; i += 1) store.put(record(i, 1, 10));
  // Copies of as much as the slots would be more than the process may have.
  const held = Array.from({ length: 50_000 }, () => store.view.snapshot());
  expect(held[49_999]?.size).toBe(10_000);
  for (const snapshot of held) snapshot[Symbol.dispose]();
});
