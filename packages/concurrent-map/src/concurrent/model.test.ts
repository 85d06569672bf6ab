import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrentMap, type MapSnapshot } from '../index.ts';
import { hashOf, SplitTable } from './split-table.ts';

/** Few keys that meet often, and some that fill parts until they split. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', '', '__proto__'),
  fc.integer({ min: 0, max: 4000 }).map((n) => `namespace/name-${n}`),
);

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.integer() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      from: fc.integer({ min: 0, max: 20_000 }),
      count: fc.integer({ min: 1, max: 6000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dispose' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      which: fc.nat(),
      writes: fc.array(fc.tuple(key, fc.integer()), { maxLength: 5 }),
    }),
  },
);

test('snapshots, writes and walks in any order are those of a plain Map that is copied', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const map = new ConcurrentMap<number>();
      const model = new Map<string, number>();
      const snapshots: { readonly snapshot: MapSnapshot<number>; readonly model: ReadonlyMap<string, number> }[] = [];
      const set = (name: string, value: number): void => {
        map.set(name, value);
        model.set(name, value);
      };
      for (const op of steps) {
        if (op.do === 'set') set(op.key, op.value);
        else if (op.do === 'delete') expect(map.delete(op.key)).toBe(model.delete(op.key));
        else if (op.do === 'fill') for (let i = 0; i < op.count; i += 1) set(`namespace/name-${op.from + i}`, i);
        else if (op.do === 'snapshot') snapshots.push({ snapshot: map.snapshot(), model: new Map(model) });
        else if (snapshots.length > 0) {
          const at = op.which % snapshots.length;
          const taken = snapshots[at];
          if (!taken) continue;
          if (op.do === 'dispose') {
            taken.snapshot.dispose();
            snapshots.splice(at, 1);
          } else {
            // Writes amid the walk must not show in it.
            const shown = new Map<string, number>();
            let met = 0;
            for (const [name, value] of taken.snapshot.entries()) {
              met += 1;
              shown.set(name, value);
              const write = op.writes[met % 50 === 1 ? Math.floor(met / 50) : -1];
              if (write) set(...write);
            }
            expect(met).toBe(taken.model.size);
            expect(shown).toEqual(taken.model);
          }
        }
      }
      expect(map.size).toBe(model.size);
      expect(new Map(map.entries())).toEqual(model);
      for (const { snapshot, model: then } of snapshots) {
        expect(snapshot.size).toBe(then.size);
        for (const [name, value] of then) expect(snapshot.get(name)).toBe(value);
        expect(new Map(snapshot.entries())).toEqual(then);
      }
    }),
    { numRuns: 60 },
  );
});

test('an entry that stands all along is met once by a walk, however the table is split meanwhile', () => {
  const map = new ConcurrentMap<number>();
  for (let i = 0; i < 2000; i += 1) map.set(`first-${i}`, i);
  const met = new Map<string, number>();
  let added = 0;
  for (const name of map.keys()) {
    if (name.startsWith('first-')) met.set(name, (met.get(name) ?? 0) + 1);
    for (let i = 0; i < 5; i += 1) map.set(`later-${added++}`, 0);
  }
  expect(met.size).toBe(2000);
  expect(new Set(met.values())).toEqual(new Set([1]));
});

test('keys that agree in all the characters that are hashed are told apart', () => {
  const name = (middle: string): string => `${'p'.repeat(40)}${middle}${'s'.repeat(40)}`;
  const alike = ['ab', 'ba', 'xy'].map(name);
  expect(new Set(alike.map(hashOf)).size).toBe(1);
  const table = new SplitTable<number>();
  alike.forEach((text, index) => table.set(text, index));
  expect(alike.map((text) => table.get(text))).toEqual([0, 1, 2]);
});

test('a table that grows past one Map keeps every entry, and its parts stay small', () => {
  const table = new SplitTable<number>();
  const count = 100_000;
  for (let i = 0; i < count; i += 1) {
    table.set(`namespace-${i % 100}/name-${i}`, i);
    if (i % 7 === 0) table.set(`namespace-${(i >> 1) % 100}/name-${i >> 1}`, i >> 1);
    if (i % 1000 === 999) expect(table.size).toBe(i + 1);
  }
  for (let i = 0; i < count; i += 1) expect(table.get(`namespace-${i % 100}/name-${i}`)).toBe(i);
  const parts = table.wholeParts;
  expect(parts).toBe(128);
  let largest = 0;
  let met = 0;
  for (let part = 0; part < parts; part += 1) {
    let size = 0;
    table.forPart(part, parts, () => (size += 1));
    largest = Math.max(largest, size);
    met += size;
  }
  expect(met).toBe(count);
  expect(largest).toBeLessThan(1500);
  for (let i = 0; i < count; i += 1) expect(table.delete(`namespace-${i % 100}/name-${i}`)).toBe(true);
  expect(table.size).toBe(0);
});
