import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff, systemClock } from './index.ts';
import { createVirtualClock } from './testing/index.ts';

test('delays grow to the cap with full jitter, and start again after reset or a long quiet', async () => {
  const clock = createVirtualClock();
  const edge = { ...clock, now: () => clock.now(), random: () => 0 };
  const backoff = new Backoff(edge, { baseMs: 100, maxMs: 1000, resetAfterMs: 5000 });
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
  expect(backoff.next()).toBe(200);
  await clock.advance(5001);
  expect(backoff.next()).toBe(100);
  expect(backoff.failures).toBe(1);
});

test('no delay is zero, none is above its bound, and a Retry-After is never undercut', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5000 }), (seed, times, least) => {
      const backoff = new Backoff(createVirtualClock({ seed }), { baseMs: 10, maxMs: 1000 });
      for (let i = 0; i < times; i += 1) {
        const delay = backoff.next(least);
        expect(delay).toBeGreaterThan(0);
        expect(delay).toBeGreaterThanOrEqual(least);
        expect(delay).toBeLessThanOrEqual(Math.max(least, Math.min(1000, 10 * 2 ** i)));
      }
    }),
  );
});

test('virtual sleeps fire in the order of their ends, then of their starts, with the time at their end', async () => {
  const clock = createVirtualClock();
  const seen: [string, number][] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    seen.push([name, clock.now()]);
    if (name === 'b') await sleep('after b', 5);
  };
  void sleep('c', 20);
  void sleep('b', 10);
  void sleep('b2', 10);
  await clock.advance(16);
  expect(seen).toEqual([
    ['b', 10],
    ['b2', 10],
    ['after b', 15],
  ]);
  expect(clock.pending).toBe(1);
});

test('an aborted sleep rejects with the reason and leaves nothing behind', async () => {
  for (const clock of [createVirtualClock(), systemClock]) {
    const controller = new AbortController();
    const sleep = clock.sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('enough');
  }
});

test('the same seed gives the same randomness', () => {
  const draw = (seed: number): number[] => {
    const clock = createVirtualClock({ seed });
    return [clock.random(), clock.random(), clock.random()];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('a sleep longer than a timer can hold is cut into several, and does not fire at once', async () => {
  const controller = new AbortController();
  let woke = false;
  const sleep = systemClock.sleep(2 ** 31 + 5, controller.signal).then(() => (woke = true));
  for (let turns = 0; turns < 20; turns += 1) await systemClock.yield();
  expect(woke).toBe(false);
  controller.abort(new Error('long enough'));
  await expect(sleep).rejects.toThrow('long enough');
});
