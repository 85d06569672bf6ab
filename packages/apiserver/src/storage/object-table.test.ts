import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyList } from './key-list.ts';
import { Storage } from './storage.ts';

test('a key list gives ranges as a sorted array does, whatever was added and deleted', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '-'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 300 }), key, key, (steps, prefix, from) => {
      const list = new KeyList();
      const model = new Set<string>();
      for (const [one, add] of steps) {
        if (add) list.add(one);
        else list.delete(one);
        if (add) model.add(one);
        else model.delete(one);
      }
      const sorted = [...model].sort();
      expect(list.size).toBe(model.size);
      expect(list.range('')).toEqual(sorted);
      expect(list.range(prefix)).toEqual(sorted.filter((one) => one.startsWith(prefix)));
      expect(list.range(prefix, from)).toEqual(sorted.filter((one) => one.startsWith(prefix) && one >= from));
    }),
  );
});

test('a key list stays sorted over many chunks', () => {
  const list = new KeyList();
  const keys = Array.from({ length: 5_000 }, (_, index) => `ns/${((index * 7919) % 5_000).toString().padStart(5, '0')}`);
  for (const key of keys) list.add(key);
  expect(list.range('')).toEqual([...keys].sort());
  for (const key of keys.slice(0, 4_000)) list.delete(key);
  expect(list.range('')).toEqual(keys.slice(4_000).sort());
});

const object = (name: string, value: number): Record<string, unknown> => ({
  metadata: { name, namespace: 'ns', uid: name, resourceVersion: '0' },
  value,
});

test('the state as of any revision in the window is what stood there then', () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 4, max: 80 }), (steps, windowEvents) => {
      const storage = new Storage({ windowEvents });
      const table = storage.table('x');
      const states = new Map<number, string[]>();
      const note = (): void =>
        void states.set(
          storage.revision,
          table.current('').map((stored) => `${stored.key}@${stored.revision}`),
        );
      note();
      for (const [index, { name, remove }] of steps.entries()) {
        if (remove && table.get(`ns/${name}`) !== undefined) storage.remove('x', object(name, index), 'v1');
        else storage.put('x', object(name, index), 'v1');
        note();
      }
      for (const [revision, wanted] of states) {
        const found = table.asOf(revision, '')?.map((stored) => `${stored.key}@${stored.revision}`);
        if (revision < table.history.floor) expect(found).toBeUndefined();
        else expect(found).toEqual(wanted);
      }
      // The newest half of the window is always there.
      expect(table.history.end - table.history.first).toBeGreaterThanOrEqual(Math.min(steps.length, windowEvents >>> 1));
    }),
  );
});
