import { expect, test } from 'vitest';
import type { Key, ObjectStore, RawRecord } from '../index.ts';
import { attach, compareResourceVersions, createObjectStore } from '../index.ts';
import { KeyProbe } from '../keys/key-probe.ts';
import { testRecord } from '../testing/index.ts';
import { SEED } from './layout.ts';

interface Thing {
  readonly spec: { readonly name: string; readonly version: number; readonly text: string };
}

function make(): ObjectStore<Thing> {
  return createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    compareVersions: compareResourceVersions,
    shared: { recordBytes: 128 << 20, indexBytes: 16 << 20 },
  });
}
const keyOf = (name: string): Key => ({ cluster: '', namespace: 'n', name });

/** An object that proves itself: all of its text follows from its name and version. */
function record(name: string, version: number, length = 0): RawRecord {
  return testRecord({
    namespace: 'n',
    name,
    version: String(version),
    spec: { name, version, text: `${name}@${version};`.repeat(length) },
  });
}
function prove(value: { readonly spec: Thing['spec'] } | undefined, name: string, length: number): number {
  if (!value) throw new Error(`${name} was lost`);
  expect(value.spec.name).toBe(name);
  expect(value.spec.text).toBe(`${name}@${value.spec.version};`.repeat(length));
  return value.spec.version;
}

/** Lets a reader stand still before one of its looks at the shared words, and does something meanwhile; tells whether it came so far. */
function standing<R>(at: number, meanwhile: () => void, read: () => R): { readonly result: R; readonly reached: boolean } {
  const { load } = Atomics;
  let count = 0;
  Atomics.load = ((words: Int32Array, index: number) => {
    count += 1;
    if (count === at) {
      Atomics.load = load;
      meanwhile();
    }
    return load(words, index);
  }) as typeof Atomics.load;
  try {
    return { result: read(), reached: count >= at };
  } finally {
    Atomics.load = load;
  }
}

test('a record is written anew many times, and its room given to others, between any two looks of a reader: what is read is whole and not older', () => {
  // Eight records fill a slab, three are written a round: rooms and their numbers are given again, and hold other keys then.
  const length = 30_000;
  for (const rounds of [6, 9, 11]) {
    for (let at = 1; ; at += 1) {
      const store = make();
      let version = 1;
      const names = ['a', 'b', 'c'];
      const round = (): void => {
        version += 1;
        for (const name of names) store.put(record(name, version, length));
      };
      for (let i = 0; i < 4; i += 1) round();
      const view = attach<Thing>(store.share());
      const before = version;
      const { result, reached } = standing(
        at,
        () => Array.from({ length: rounds }, round),
        () => view.get(keyOf('b')),
      );
      if (!reached) {
        expect(at).toBeGreaterThan(6);
        break;
      }
      expect(prove(result, 'b', length)).toBeGreaterThanOrEqual(before);
      // Whatever it kept for itself must not come back later.
      expect(prove(view.get(keyOf('b')), 'b', length)).toBe(version);
    }
  }
});

test('an object that a reader kept is not shown for the record that later got the very same place', () => {
  const store = make();
  const view = attach<Thing>(store.share());
  const slots = new Int32Array(store.share().slots);
  const length = 20_000;
  store.put(record('a', 1, length));
  const place = slots[0];
  for (let i = 0; i < 3; i += 1) view.get(keyOf('a'));
  expect(view.counters.cacheHits).toBe(1);
  let version = 1;
  do {
    version += 1;
    store.put(record('a', version, length));
  } while (slots[0] !== place && version < 100);
  expect(slots[0]).toBe(place);
  expect(prove(view.get(keyOf('a')), 'a', length)).toBe(version);
});

test('the table of a key is written anew again and again, into the same room, between any two looks of a reader: the key is found', () => {
  const store = make();
  const { control } = store.share();
  const probe = new KeyProbe(new Int32Array(control)[SEED] as number);
  // Of one of the 64 tables only: each round of them fills it with marks.
  const names = Array.from({ length: 16_000 }, (_, i) => `object-${i}`).filter(
    (name) => probe.fromKey(keyOf(name), 0) && (probe.hash & 63) === 5,
  );
  const lasting = names.slice(0, 6);
  const fleeting = names.slice(6, 18);
  const come = (): void => {
    for (const name of fleeting) store.put(record(name, 1));
  };
  const go = (these = fleeting): void => {
    for (const name of these) store.remove(keyOf(name), `uid-${name}`);
  };
  const view = attach<Thing>(store.share(), { hotBytes: 0 });
  for (const name of lasting) {
    for (let rounds = 1; rounds < 12; rounds += 1) {
      for (let at = 1; ; at += 1) {
        go();
        go(lasting);
        come();
        // Behind the others, so that they come to stand further to the front once those are gone.
        for (const each of lasting) store.put(record(each, 1));
        const meanwhile = (): void => {
          go();
          // Others each time, since a name that comes back takes the place of a mark.
          for (let round = 1; round < rounds; round += 1) {
            const others = names.slice(18 + round * 12, 30 + round * 12);
            for (const each of others) store.put(record(each, 1));
            go(others);
          }
        };
        const { result, reached } = standing(at, meanwhile, () => view.get(keyOf(name)));
        expect(prove(result, name, 0)).toBe(1);
        if (!reached) break;
      }
    }
  }
});

test('after all comings and goings every key that stays is found, and none that left', () => {
  const store = make();
  const view = attach<Thing>(store.share());
  const names = Array.from({ length: 3_000 }, (_, i) => `object-${i}`);
  for (const name of names) store.put(record(name, 1));
  for (const [i, name] of names.entries()) if (i % 3 !== 0) store.remove(keyOf(name), `uid-${name}`);
  for (const [i, name] of names.entries()) expect(view.get(keyOf(name)) !== undefined).toBe(i % 3 === 0);
});

test('an entry of the writer stays what it was though the room of its record was given again', () => {
  const store = make();
  const length = 20_000;
  const names = ['a', 'b'];
  for (const name of names) store.put(record(name, 1, length));
  const entry = store.view.entry(keyOf('a'));
  for (let version = 2; version < 40; version += 1) for (const name of names) store.put(record(name, version, length));
  expect(entry?.version).toBe('1');
  expect(prove(entry?.value, 'a', length)).toBe(1);
});
