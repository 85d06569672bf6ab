import { expect, test } from 'vitest';
import { ChangesLostError } from '../index.ts';
import { SharedMap, SnapshotExpiredError } from './index.ts';
import { watchAtomicSteps } from '../testing/atomic-steps.ts';

const KEYS = 12;
const key = (number: number): string => `key-${number % KEYS}`;
/** A value that tells of which key and write it is, and is as long as no other. */
const text = (number: number): string => `${key(number)}@${number};`.repeat(1 + (number % 5));

function isWhole(name: string, value: string | undefined): boolean {
  return value === undefined || (value === text(Number(/@(\d+);/.exec(value)?.[1])) && value.startsWith(`${name}@`));
}

function filled(): readonly [SharedMap<string>, SharedMap<string>, () => void] {
  const map = new SharedMap<string>({ changes: 16, maxBytes: 1 << 16 });
  const other = SharedMap.attach<string>(map.share());
  let number = 0;
  // Slots and blocks come to hold other keys.
  const write = (): void => {
    number += 1;
    if (number % 4 === 0) other.delete(key(number * 5));
    else other.set(key(number * 7), text(number * 7));
  };
  for (let i = 0; i < 40; i += 1) write();
  return [map, other, write];
}

for (const writes of [1, 7, 15, 40]) {
  test(`${writes} writes between any two steps of a reader: a value is whole, and a snapshot shows its moment or says that it expired`, () => {
    let held = 0;
    let expired = 0;
    for (let at = 1; ; at += 1) {
      const [map, other, write] = filled();
      const wanted = new Map(other.snapshot().entries());
      const snapshot = map.snapshot();
      let isReached = false;
      const hold = (step: number): void => {
        if (step !== at) return;
        isReached = true;
        for (let i = 0; i < writes; i += 1) write();
      };
      try {
        watchAtomicSteps(() => {
          const shown = new Map(snapshot.entries());
          expect(shown).toEqual(wanted);
          for (let number = 0; number < KEYS; number += 1) expect(snapshot.get(key(number))).toBe(wanted.get(key(number)));
        }, hold);
      } catch (error) {
        if (!(error instanceof SnapshotExpiredError)) throw error;
        expired += 1;
      }
      // Thousands of steps look at empty slots.
      if (!isReached) break;
      held += 1;
      if (at > 200) at += 97;
    }
    expect(held).toBeGreaterThan(100);
    if (writes < 15) expect(expired).toBe(0);
    if (writes > 16) expect(expired).toBeGreaterThan(0);
  });

  test(`${writes} writes between any two steps of a point read or a walk: each value is whole`, () => {
    for (const read of [
      (map: SharedMap<string>): void => {
        for (let number = 0; number < KEYS; number += 1) expect(isWhole(key(number), map.get(key(number)))).toBe(true);
      },
      (map: SharedMap<string>): void => {
        for (const [name, value] of map.entries()) expect(isWhole(name, value)).toBe(true);
      },
    ])
      for (let at = 1; ; at += at > 200 ? 97 : 1) {
        const [map, , write] = filled();
        let isReached = false;
        watchAtomicSteps(
          () => read(map),
          (step) => {
            if (step !== at) return;
            isReached = true;
            for (let i = 0; i < writes; i += 1) write();
          },
        );
        if (!isReached) break;
      }
  });

  test(`${writes} writes between any two steps of reading the log: changes follow one another, or they are said to be lost`, () => {
    let lost = 0;
    let held = 0;
    for (let at = 1; ; at += 1) {
      const [map, , write] = filled();
      const after = map.sequence - 14;
      let isReached = false;
      try {
        const changes = watchAtomicSteps(
          () => map.changesAfter(after),
          (step) => {
            if (step !== at) return;
            isReached = true;
            for (let i = 0; i < writes; i += 1) write();
          },
        );
        expect(changes.length).toBeGreaterThan(0);
        for (const [index, change] of changes.entries()) {
          expect(change.sequence).toBe(after + 1 + index);
          expect(isWhole(change.key, change.value)).toBe(true);
          expect(isWhole(change.key, change.previous)).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof ChangesLostError)) throw error;
        lost += 1;
      }
      if (!isReached) break;
      held += 1;
    }
    expect(held).toBeGreaterThan(50);
    if (writes === 1) expect(lost).toBe(0);
    if (writes > 16) expect(lost).toBeGreaterThan(0);
  });
}

test('a value that a thread knows is not shown for the record that later got the very same place', () => {
  const map = new SharedMap<number>({ changes: 16 });
  const other = SharedMap.attach<number>(map.share());
  const table = new Int32Array(map.share().table);
  map.set('k', 0);
  expect(other.get('k')).toBe(0);
  const at = table.findIndex((word) => word !== 0) + 1;
  const place = table[at];
  let value = 0;
  do {
    value += 1;
    map.set('k', value);
  } while (table[at] !== place && value < 100);
  expect(table[at]).toBe(place);
  expect(other.get('k')).toBe(value);
});
