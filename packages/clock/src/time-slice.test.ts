import { expect, test } from 'vitest';
import { systemClock, TimeSlice, type Clock } from './index.ts';
import { createVirtualClock } from './testing/index.ts';

/** A clock that moves by a millisecond at each reading. */
function steppingClock(): { readonly clock: Clock; readonly readings: () => number } {
  const virtual = createVirtualClock();
  let readings = 0;
  return { clock: { ...virtual, now: () => readings++ }, readings: () => readings };
}

test('a slice is due once its milliseconds have passed, and a yield begins a new one', async () => {
  let time = 0;
  let yields = 0;
  const clock = { ...createVirtualClock(), now: () => time };
  const slice = new TimeSlice(clock, 4, () => (yields += 1));
  const dueWithin = (steps: number): boolean => Array.from({ length: steps }, () => slice.due()).includes(true);
  time = 3.9;
  expect(dueWithin(64)).toBe(false);
  time = 4;
  expect(dueWithin(16)).toBe(true);
  await slice.yield();
  expect(yields).toBe(1);
  expect(dueWithin(64)).toBe(false);
  time = 8;
  slice.restart();
  expect(dueWithin(64)).toBe(false);
});

test('the clock is read at every sixteenth step only', () => {
  const { clock, readings } = steppingClock();
  const slice = new TimeSlice(clock, 1_000_000);
  for (let step = 0; step < 1600; step += 1) slice.due();
  expect(readings()).toBe(101);
});

test('with 0 milliseconds a slice is due before every step', () => {
  const slice = new TimeSlice(createVirtualClock(), 0);
  expect([slice.due(), slice.due(), slice.due()]).toEqual([true, true, true]);
});

test('timers that are due fire while a loop yields without end', async () => {
  const fired: number[] = [];
  setTimeout(() => fired.push(1), 1);
  for (let turns = 0; fired.length === 0; turns += 1) {
    expect(turns).toBeLessThan(1_000_000);
    await systemClock.yield();
  }
  expect(fired).toEqual([1]);
});
