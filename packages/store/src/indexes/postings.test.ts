import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShardedMap } from '../index.ts';
import { Postings } from './postings.ts';

test('after any adds and removes an index holds exactly the slots of each value, and the values of each slot', () => {
  const value = fc.constantFrom('a', 'b', 'c', '__proto__', 'only', '');
  const step = fc.record({ slot: fc.nat({ max: 12 }), values: fc.option(fc.uniqueArray(value, { maxLength: 3 }), { freq: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const postings = new Postings<unknown>(() => []);
      const model = new Map<number, readonly string[]>();
      for (const { slot, values } of steps) {
        postings.remove(slot);
        model.delete(slot);
        if (values) {
          postings.add(slot, values);
          model.set(slot, values);
        }
        for (const each of ['a', 'b', 'c', '__proto__', 'only', '', 'none']) {
          expect([...postings.slotsOf(each)].sort((a, b) => a - b)).toEqual(
            [...model.keys()].filter((key) => model.get(key)?.includes(each)).sort((a, b) => a - b),
          );
        }
        expect(postings.valuesOf(slot)).toEqual(model.get(slot) ?? []);
      }
    }),
    { numRuns: 500 },
  );
});

test('a sharded map does what a Map does', () => {
  const step = fc.tuple(
    fc.constantFrom('set', 'delete', 'clear', 'set', 'set'),
    fc.constantFrom('a', 'b', '__proto__', 'constructor', '', 'é'),
    fc.nat(),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new ShardedMap<number>();
      const model = new Map<string, number>();
      for (const [what, key, value] of steps) {
        if (what === 'set') {
          map.set(key, value);
          model.set(key, value);
        } else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(key));
        else {
          map.clear();
          model.clear();
        }
        expect(map.size).toBe(model.size);
        expect(map.get(key)).toBe(model.get(key));
        expect(map.has(key)).toBe(model.has(key));
      }
      expect(new Map(map)).toEqual(model);
    }),
  );
});
