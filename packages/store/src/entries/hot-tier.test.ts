import { expect, test } from 'vitest';
import { attach, createObjectStore, isStoreError } from '../index.ts';
import type { ObjectStore, ObjectStoreOptions, StoreHandle } from '../index.ts';
import { HotTier } from './hot-tier.ts';
import { testRecord } from '../testing/index.ts';

interface Thing {
  readonly metadata: { readonly name: string };
}

const at = (name: string): { namespace: string; name: string } => ({ namespace: 'n', name });

function filled(options: Partial<ObjectStoreOptions<Thing>>, objects: number): ObjectStore<Thing> {
  const store = createObjectStore<Thing>({ apiVersion: 'v1', kind: 'T', ...options });
  for (let i = 0; i < objects; i += 1) store.put(testRecord({ namespace: 'n', name: `o${i}` }));
  return store;
}

/** Reads an object until a read gives the very value that the read before gave, or 40 times; how many reads from bytes that took. */
function readsUntilHot(store: ObjectStore<Thing>): number {
  for (let reads = 1; reads <= 40; reads += 1) {
    const value = store.view.get(at('o0'));
    if (store.view.get(at('o0')) === value) return store.counters.packedReads;
  }
  return Infinity;
}

test('an object is kept parsed at the read that hotReads names, and not before', () => {
  for (let hotReads = 1; hotReads <= 15; hotReads += 1) {
    const store = filled({ hotReads }, 1);
    for (let reads = 1; reads <= hotReads; reads += 1) {
      expect(store.counters.promotions).toBe(0);
      store.view.get(at('o0'));
    }
    expect(store.counters).toMatchObject({ promotions: 1, hotObjects: 1, packedReads: hotReads, cacheHits: 0 });
    store.view.get(at('o0'));
    expect(store.counters).toMatchObject({ promotions: 1, packedReads: hotReads, cacheHits: 1, cacheRequests: hotReads + 1 });
  }
  expect(readsUntilHot(filled({}, 1))).toBe(2);
});

test('reads in different windows do not add up, however many windows lie between', () => {
  for (let windows = 1; windows <= 40; windows += 1) {
    const tier = new HotTier<string>({ hotWindow: 1024, hotReads: 2 });
    tier.missed(0, 'a', 10);
    // Whatever else is read once fills the windows between.
    for (let other = 1; other < 1024 * windows; other += 1) tier.missed(other, 'b', 10);
    tier.missed(0, 'a', 10);
    expect([windows, tier.counters.promotions]).toEqual([windows, 0]);
    tier.missed(0, 'a', 10);
    expect([windows, tier.counters.promotions]).toEqual([windows, 1]);
  }
});

test('an object that was never read is not kept parsed at its first read, in any window', () => {
  const tier = new HotTier<string>({ hotWindow: 1024 });
  for (let slot = 0; slot < 1024 * 40; slot += 1) {
    expect(tier.get(slot)).toBe(undefined);
    tier.missed(slot, 'a', 10);
  }
  expect(tier.counters).toMatchObject({ promotions: 0, hotObjects: 0, packedReads: 1024 * 40 });
});

test('a longer window finds together what a shorter one parts', () => {
  const promotions = (hotWindow: number): number => {
    const store = filled({ hotWindow }, 3000);
    for (let round = 0; round < 2; round += 1) for (let i = 0; i < 3000; i += 1) store.view.get(at(`o${i}`));
    return store.counters.promotions;
  };
  expect(promotions(1024)).toBe(0);
  expect(promotions(100_000)).toBe(3000);
});

test('a budget beyond 32 bits, or none, keeps what is read often', () => {
  for (const hotBytes of [2 ** 31, 3e9, 2 ** 32, 2 ** 33 + 8, Infinity])
    expect([hotBytes, readsUntilHot(filled({ hotBytes }, 1))]).toEqual([hotBytes, 2]);
  expect(readsUntilHot(filled({ hotBytes: 0 }, 1))).toBe(Infinity);
});

test('parsed objects stay within the budget, what was read lately stays, and what is larger than an eighth of it stays packed', () => {
  const tier = new HotTier<number>({ hotBytes: 8000, hotReads: 1 });
  for (let slot = 0; slot < 100; slot += 1) {
    tier.missed(slot, slot, 250);
    expect(tier.counters.hotBytes).toBeLessThanOrEqual(8000);
  }
  expect(tier.counters).toMatchObject({ hotObjects: 8, hotBytes: 8000, promotions: 100, evictions: 92 });
  const held = [...Array(100).keys()].filter((slot) => tier.get(slot) !== undefined);
  tier.missed(100, 100, 250); // ends the round: all were read in it
  const [read, unread] = held.filter((slot) => slot !== held[0]);
  tier.get(read as number);
  tier.missed(101, 101, 250);
  expect([tier.get(read as number), tier.get(unread as number)]).toEqual([read, undefined]);
  tier.missed(102, 102, 251);
  expect(tier.get(102)).toBe(undefined);
  expect(tier.counters.promotions).toBe(102);
  tier.drop(read as number);
  expect(tier.counters).toMatchObject({ hotObjects: 7, hotBytes: 7000, evictions: 94 });
});

test('a reader of another thread’s store has a tier of its own, with the same options and counters', () => {
  const store = filled({ shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 }, hotReads: 1 }, 1);
  const view = attach<Thing>(store.share(), { hotReads: 3, hotWindow: 1024 });
  for (let reads = 0; reads < 5; reads += 1) view.get(at('o0'));
  expect(view.counters).toMatchObject({ cacheRequests: 5, packedReads: 3, cacheHits: 2, promotions: 1, evictions: 0, hotObjects: 1 });
  expect(view.counters.hotBytes).toBeGreaterThan(0);
  expect(store.counters.cacheRequests).toBe(0);
});

test('an option of the hot tier that cannot work is refused by its name and value, by stores and readers', () => {
  const shared = filled({ shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 } }, 1).share();
  const handle = (options: unknown): unknown => attach<Thing>(shared, options as object);
  const store = (options: unknown): unknown => createObjectStore<Thing>({ apiVersion: 'v1', kind: 'T', ...(options as object) });
  const wrong: readonly (readonly [object, string])[] = [
    ...[0, -1, 1.5, 16, Number.NaN, Infinity, '2', true, null].map(
      (value) => [{ hotReads: value }, 'hotReads must be an integer from 1 to 15, not '] as const,
    ),
    ...[0, 1023, -1, 1024.5, 2 ** 31, Number.NaN, Infinity, '4096', null].map(
      (value) => [{ hotWindow: value }, 'hotWindow must be an integer from 1024 to 2147483647, not '] as const,
    ),
    ...[-1, Number.NaN, '32', null].map((value) => [{ hotBytes: value }, 'hotBytes must be a number of bytes, 0 or more, not '] as const),
  ];
  for (const make of [handle, store])
    for (const [options, message] of wrong) {
      let thrown: unknown;
      try {
        make(options);
      } catch (error) {
        thrown = error;
      }
      expect([isStoreError(thrown) && thrown.code, String(thrown)]).toEqual(['OPTIONS_INVALID', expect.stringContaining(message)]);
      const [given] = Object.values(options) as unknown[];
      if (typeof given === 'number') expect(String(thrown)).toContain(`not ${given}`);
    }
  expect(() => attach(shared as StoreHandle, null as never)).toThrow('the options of attach must be an object');
});
