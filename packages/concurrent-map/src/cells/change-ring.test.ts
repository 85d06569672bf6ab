import { expect, test } from 'vitest';
import { SharedMap } from '../threads/shared-map.ts';
import { FLOOR, highOf, sequenceOf, STATE } from './layout.ts';

/** A map that looks as if so many changes had been made, whose keys are all gone. */
function longUsed<V>(sequence: number, changes: number): SharedMap<V> {
  const map = new SharedMap<V>({ changes });
  const { control, log } = map.share();
  const words = new Int32Array(control);
  words[STATE] = sequence | 0;
  words[FLOOR] = sequence | 0;
  words[FLOOR + 1] = highOf(sequence);
  const ring = new Int32Array(log);
  for (let at = 0; at < changes; at += 1) {
    // The last change so far whose place in the ring this is.
    const last = sequence - ((sequence - 1 - at) % changes);
    ring[at * 2] = Math.floor((last - 1) / changes) + 1;
    ring[at * 2 + 1] = 4;
  }
  return map;
}

for (const start of [2 ** 31 - 8, 2 ** 32 - 24, 2 ** 32 - 8, 2 ** 40 - 8])
  test(`changes, versions, snapshots and the log go on past change ${start} as before it`, () => {
    const map = longUsed<number>(start, 16);
    const other = SharedMap.attach<number>(map.share());
    expect(map.sequence).toBe(start);
    const model = new Map<string, number>();
    for (let i = 1; i <= 60; i += 1) {
      const by = i % 2 === 0 ? map : other;
      const snapshot = map.snapshot();
      const before = new Map(model);
      const key = `k${i % 5}`;
      if (i % 7 === 0) {
        expect(by.delete(key)).toBe(model.delete(key));
        if (!before.has(key)) expect.fail('each key is there when it is deleted');
      } else {
        expect(by.set(key, i)).toBe(start + i);
        model.set(key, i);
        expect(by.entry(key)).toEqual({ value: i, version: start + i });
      }
      expect(map.sequence).toBe(start + i);
      expect(map.size).toBe(model.size);
      expect(new Map(other.entries())).toEqual(model);
      expect(snapshot.sequence).toBe(start + i - 1);
      expect(new Map(snapshot.entries())).toEqual(before);
      expect(other.changesAfter(start + i - 1)).toMatchObject([{ key, sequence: start + i }]);
      expect(
        other
          .changesAfter(Math.max(start, start + i - 16))
          .map(({ sequence }) => sequence)
          .at(-1),
      ).toBe(start + i);
    }
    expect(() => other.changesAfter(start)).toThrow('keeps its changes after');
  });

test('the two words of a sequence give it back', () => {
  for (const sequence of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 47 + 12_345])
    expect(sequenceOf(sequence | 0, highOf(sequence))).toBe(sequence);
});
