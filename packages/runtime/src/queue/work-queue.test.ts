import fc from 'fast-check';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createWorkQueue } from './key-queue.ts';
import { createRateLimiter, fastSlow, itemExponential, maxOf, tokenBucket } from './limiters.ts';
import { lowPriority, type WorkQueue, type WorkQueueOptions } from './work-queue.ts';

type Clock = ReturnType<typeof createVirtualClock>;
const queueOn = (clock: Clock, options: Partial<WorkQueueOptions<string>> = {}): WorkQueue<string> =>
  createWorkQueue<string>({ name: 'test', idOf: (key) => key, clock, ...options });

/** Takes what is ready now, without waiting. */
async function takeAll(queue: WorkQueue<string>): Promise<string[]> {
  const taken: string[] = [];
  while (queue.depth > 0) {
    const item = await queue.get();
    if (item === undefined) break;
    taken.push(item.key);
    queue.done(item.key);
  }
  return taken;
}

test('a key that is added many times before it is taken runs once', async () => {
  const queue = queueOn(createVirtualClock());
  for (let i = 0; i < 5; i += 1) queue.add('a');
  expect(await takeAll(queue)).toEqual(['a']);
  expect(queue.counters).toMatchObject({ adds: 1, coalesced: 4, done: 1 });
});

test('a key that is added during its run is not handed out before the run ends, and then once, behind the others', async () => {
  const queue = queueOn(createVirtualClock());
  queue.add('a');
  await queue.get();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(queue.depth).toBe(1);
  queue.done('a');
  expect(await takeAll(queue)).toEqual(['b', 'a']);
});

test('of several times for one key the earliest counts, and it fires once', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.addAfter('a', 300);
  queue.addAfter('a', 100);
  queue.addAfter('a', 500);
  await clock.advance(99);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(await takeAll(queue)).toEqual(['a']);
  await clock.advance(1000);
  expect(queue.depth).toBe(0);
  expect(clock.pending).toBe(0);
});

test('a time that a key waits for is kept when the key runs in the meantime', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.addAfter('a', 200);
  queue.add('a');
  expect(await takeAll(queue)).toEqual(['a']);
  await clock.advance(199);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(await takeAll(queue)).toEqual(['a']);
});

test('with merged timers an immediate add cancels the timer, and a timer on a ready key is dropped', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock, { timers: 'merged' });
  queue.addAfter('a', 300);
  queue.add('a');
  queue.addAfter('a', 200);
  expect(await takeAll(queue)).toEqual(['a']);
  await clock.advance(1000);
  expect(queue.depth).toBe(0);
});

test('a time that is asked for during a run is kept; with merged timers an event in the same run makes it immediate', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock, { timers: 'merged' });
  queue.add('a');
  queue.add('b');
  await queue.get();
  await queue.get();
  queue.addAfter('a', 100);
  queue.add('b');
  queue.addAfter('b', 100);
  queue.done('a');
  queue.done('b');
  expect(await takeAll(queue)).toEqual(['b']);
  await clock.advance(100);
  expect(await takeAll(queue)).toEqual(['a']);
});

test('of several times that are asked for during a run the earliest counts', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.add('a');
  await queue.get();
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  queue.done('a');
  await clock.advance(100);
  expect(await takeAll(queue)).toEqual(['a']);
  await clock.advance(1_000);
  expect(queue.depth).toBe(0);
});

test('with priorities the higher one goes first, equal ones in the order in which they became ready', async () => {
  const queue = queueOn(createVirtualClock(), { order: 'priority' });
  for (const key of ['a', 'b', 'c']) queue.add(key, { priority: lowPriority });
  queue.add('z');
  queue.add('b');
  expect(await takeAll(queue)).toEqual(['z', 'b', 'a', 'c']);
});

test('a key that waits is only ever raised: who asks for it later with less does not put it back', async () => {
  const queue = queueOn(createVirtualClock(), { order: 'priority' });
  queue.add('a', { priority: 5 });
  queue.add('b');
  queue.add('a', { priority: lowPriority });
  queue.addAfter('a', 1000, { priority: lowPriority });
  expect(await takeAll(queue)).toEqual(['a', 'b']);
});

test('a key of low priority is not starved by keys that come back for ever', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock, { order: 'priority' });
  queue.add('low', { priority: lowPriority });
  queue.add('busy');
  let rounds = 0;
  for (; rounds < 10_000; rounds += 1) {
    const item = await queue.get();
    if (item?.key === 'low') break;
    queue.done('busy');
    queue.add('busy');
    await clock.advance(1);
  }
  expect(rounds).toBeGreaterThan(4_000);
  expect(rounds).toBeLessThan(5_100);
});

test('a failed key waits twice as long each time, up to the cap, and forget starts anew', () => {
  const limiter = createRateLimiter(createVirtualClock(), { perSecond: Infinity });
  const delays = Array.from({ length: 20 }, () => limiter.next('a'));
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(delays[17]).toBe(655_360);
  expect(delays.slice(18)).toEqual([1_000_000, 1_000_000]);
  for (let i = 0; i < 2_000; i += 1) limiter.next('a');
  expect(limiter.next('a')).toBe(1_000_000);
  limiter.forget('a');
  expect(limiter.size).toBe(0);
  expect(limiter.next('a')).toBe(5);
});

test('all keys share a bucket: the 101st failure at once waits 100 ms, the 102nd 200 ms', () => {
  const limiter = createRateLimiter(createVirtualClock());
  const delays = Array.from({ length: 102 }, (_, index) => limiter.next(`key${index}`));
  expect(delays[99]).toBe(5);
  expect(Math.round(delays[100] ?? 0)).toBe(100);
  expect(Math.round(delays[101] ?? 0)).toBe(200);
});

test('jitter only shortens, so the cap holds', () => {
  const limiter = createRateLimiter(createVirtualClock(), { perSecond: Infinity, jitter: 0.2 });
  for (let i = 0; i < 40; i += 1) {
    const delay = limiter.next('a');
    const full = Math.min(1_000_000, 5 * 2 ** i);
    expect(delay).toBeLessThanOrEqual(full);
    expect(delay).toBeGreaterThanOrEqual(full * 0.8);
  }
});

test('a longer wait that a server asked for wins over the own back-off', () => {
  const queue = queueOn(createVirtualClock());
  expect(queue.addRateLimited('a', { atLeastMs: 3_000 })).toBe(3_000);
  expect(queue.addRateLimited('a')).toBeLessThanOrEqual(10);
});

test('a drain hands out what is ready, waits for what runs, abandons timers and refuses adds', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.add('running');
  await queue.get();
  queue.add('running');
  queue.add('ready');
  queue.addAfter('timed', 1_000);
  const drained = queue.drain({ deadlineMs: 60_000 });
  queue.add('late');
  queue.done('running');
  expect(await takeAll(queue)).toEqual(['ready', 'running']);
  expect(await drained).toEqual({ drained: 3, abandoned: ['timed'] });
  expect(queue.counters.refused).toBe(1);
  expect(await queue.get()).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test('a drain ends at its deadline and names what it left', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.add('stuck');
  queue.add('waiting');
  await queue.get();
  const drained = queue.drain({ deadlineMs: 100 });
  await clock.advance(100);
  expect((await drained).abandoned.toSorted()).toEqual(['stuck', 'waiting']);
});

test('after shutDown what is ready is still handed out, what waits for a time is dropped, and adds are refused', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.add('ready');
  queue.addAfter('timed', 10);
  queue.shutDown();
  queue.add('late');
  queue.addRateLimited('late');
  expect(await takeAll(queue)).toEqual(['ready']);
  await clock.advance(1_000);
  expect(await queue.get()).toBeUndefined();
  expect(queue.counters.refused).toBe(2);
  expect(clock.pending).toBe(0);
});

test('shutDownWithDrain waits for what runs, not for what is ready, and shutDown ends the waiting', async () => {
  const queue = queueOn(createVirtualClock());
  queue.add('a');
  queue.add('b');
  await queue.shutDownWithDrain();
  await queue.get();
  let ended = false;
  const waiting = queue.shutDownWithDrain().then(() => (ended = true));
  await Promise.resolve();
  expect(ended).toBe(false);
  queue.shutDown();
  await waiting;
  expect(queue.depth).toBe(1);
});

test('shutting down twice, and after a drain, is the same as once; who waits gets the end', async () => {
  const queue = queueOn(createVirtualClock());
  const waiting = queue.get();
  queue.shutDown();
  queue.shutDown();
  expect(await waiting).toBeUndefined();
  expect(await queue.drain({ deadlineMs: 10 })).toEqual({ drained: 0, abandoned: [] });
});

test('waiting for a key ends with the reason of the signal, and takes no key with it', async () => {
  const queue = queueOn(createVirtualClock());
  const abort = new AbortController();
  const waiting = queue.get(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  queue.add('a');
  expect(await takeAll(queue)).toEqual(['a']);
});

test.each([NaN, Infinity, -Infinity, '5', undefined, null])('a delay of %s is refused by name', (ms) => {
  const queue = queueOn(createVirtualClock());
  expect(() => queue.addAfter('a', ms as number)).toThrow(/work queue test: addAfter got/);
  expect(queue.delayed).toBe(0);
});

test.each([0, -0, -5])('a delay of %s adds at once', (ms) => {
  const queue = queueOn(createVirtualClock());
  queue.addAfter('a', ms);
  expect(queue.depth).toBe(1);
});

test('a delay of 40 days is waited out', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock);
  queue.addAfter('a', 40 * 86_400_000);
  await clock.advance(40 * 86_400_000 - 1);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(queue.depth).toBe(1);
});

test('limiters are parts: fast then slow, the longest of several, and a bucket that fills again', async () => {
  const clock = createVirtualClock();
  const two = fastSlow({ fastMs: 5, slowMs: 10_000, fastTries: 2 });
  expect([two.next('a'), two.next('a'), two.next('a'), two.failures('a')]).toEqual([5, 5, 10_000, 3]);
  const longest = maxOf(fastSlow({ fastMs: 50, slowMs: 50, fastTries: 0 }), itemExponential({ baseMs: 20, maxMs: 100 }));
  expect([longest.next('a'), longest.next('a'), longest.next('a'), longest.next('a')]).toEqual([50, 50, 80, 100]);
  longest.forget('a');
  expect([longest.next('a'), longest.failures('a'), longest.size]).toEqual([50, 1, 1]);
  const bucket = tokenBucket({ perSecond: 2, burst: 1, clock });
  expect([bucket.next('a'), bucket.next('b')]).toEqual([0, 500]);
  await clock.advance(10_000);
  expect([bucket.next('c'), bucket.next('d')]).toEqual([0, 500]);
});

test.each([
  ['itemExponential: baseMs', (): unknown => itemExponential({ baseMs: NaN })],
  ['itemExponential: maxMs', (): unknown => itemExponential({ maxMs: -1 })],
  ['itemExponential: jitter', (): unknown => itemExponential({ jitter: 2 })],
  ['fastSlow: fastTries', (): unknown => fastSlow({ fastMs: 1, slowMs: 1, fastTries: '3' as unknown as number })],
  ['tokenBucket: perSecond', (): unknown => tokenBucket({ perSecond: 0 })],
  ['tokenBucket: burst', (): unknown => tokenBucket({ burst: 0 })],
  ['maxOf', (): unknown => maxOf()],
  ['maxOf: limiter 1 has no method next', (): unknown => maxOf(undefined as never)],
  ['maxOf: limiter 2 has no method forget', (): unknown => maxOf(tokenBucket(), { next: () => 5 } as never)],
  [
    'work queue q: rateLimiter has no method failures',
    (): unknown => createWorkQueue({ name: 'q', idOf: String, rateLimiter: { next: () => 5, forget() {} } as never }),
  ],
])('%s that cannot work is refused by name', (name, make) => {
  expect(make).toThrow(new RegExp(`^${name}`));
});

test('a delay that is none is refused by name, and the key is not added', () => {
  const clock = createVirtualClock();
  for (const given of [-5, NaN, Infinity, -Infinity, undefined, null, '5', {}]) {
    const rateLimiter = { next: () => given as number, forget: () => {}, failures: () => 0, size: 0 };
    const queue = createWorkQueue<string>({ name: 'q', idOf: String, clock, rateLimiter });
    expect(() => queue.addRateLimited('a'), String(given)).toThrow(/^work queue q: rateLimiter: next gave .*; it must give milliseconds/);
    expect([queue.depth, queue.delayed]).toEqual([0, 0]);
  }
  const queue = createWorkQueue<string>({ name: 'q', idOf: String, clock });
  for (const atLeastMs of [NaN, Infinity, '5'])
    expect(() => queue.addRateLimited('a', { atLeastMs: atLeastMs as number })).toThrow(/^work queue q: atLeastMs is/);
  expect([queue.depth, queue.delayed, queue.failures('a')]).toEqual([0, 0, 0]);
});

test('the keys that have waited longest are told, whatever the order in which they are handed out', async () => {
  const clock = createVirtualClock();
  const queue = queueOn(clock, { order: 'priority' });
  queue.add('low', { priority: lowPriority });
  await clock.advance(10);
  queue.add('b');
  await clock.advance(5);
  queue.add('c');
  expect(queue.longestWaiting(2)).toEqual([
    { id: 'low', priority: lowPriority, waitedMs: 15 },
    { id: 'b', priority: 0, waitedMs: 5 },
  ]);
});

/** A clock that each reading moves: the work of an item takes time. */
function ticking(perReadMs: number): Clock & { longest: number } {
  const inner = createVirtualClock();
  let now = 0;
  let turned = 0;
  const clock = {
    ...inner,
    longest: 0,
    now: () => {
      now += perReadMs;
      clock.longest = Math.max(clock.longest, now - turned);
      return now;
    },
    yield: async () => {
      await inner.yield();
      turned = now;
    },
    get pending() {
      return inner.pending;
    },
  };
  return clock;
}

test('when 10,000 timers are due at once the event loop gets its turn between them', async () => {
  const slow = ticking(0.01);
  const sleeps: (() => void)[] = [];
  const queue = createWorkQueue<number>({
    name: 'test',
    idOf: String,
    clock: { ...slow, sleep: () => new Promise((resolve) => void sleeps.push(resolve)) },
  });
  for (let i = 0; i < 10_000; i += 1) queue.addAfter(i, 1);
  await slow.yield();
  slow.longest = 0;
  sleeps.forEach((wake) => wake());
  while (queue.delayed > 0) await slow.settle();
  expect(queue.depth).toBe(10_000);
  expect(slow.longest).toBeLessThan(6);
});

test('keys named like members of Object are keys like others', async () => {
  const queue = queueOn(createVirtualClock());
  for (const key of ['__proto__', 'constructor', 'hasOwnProperty']) queue.add(key);
  expect(await takeAll(queue)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
});

test('whatever the order of adds, timers and runs: no key runs twice at once, none is lost, the queue ends empty', async () => {
  type Step = { readonly do: 'add' | 'after' | 'fail' | 'take' | 'done' | 'time'; readonly key: number; readonly ms: number };
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('add', 'after', 'fail', 'take', 'done', 'time'),
    key: fc.integer({ min: 0, max: 3 }),
    ms: fc.integer({ min: 0, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = createVirtualClock();
      const queue = queueOn(clock);
      const running = new Set<string>();
      const owed = new Set<string>();
      for (const { do: what, key: number, ms } of steps) {
        const key = `k${number}`;
        if (what === 'add') queue.add(key);
        else if (what === 'after') queue.addAfter(key, ms);
        else if (what === 'fail') queue.addRateLimited(key);
        if (what === 'add' || what === 'after' || what === 'fail') owed.add(key);
        if (what === 'take' && queue.depth > 0) {
          const item = await queue.get();
          expect(running.has(item?.key ?? '')).toBe(false);
          running.add(item?.key ?? '');
          owed.delete(item?.key ?? '');
        }
        if (what === 'done') {
          const first = running.values().next().value;
          if (first !== undefined) {
            running.delete(first);
            queue.done(first);
          }
        }
        if (what === 'time') await clock.advance(ms);
      }
      for (const key of running) queue.done(key);
      await clock.advance(2_000_000);
      for (const key of await takeAll(queue)) owed.delete(key);
      expect([...owed]).toEqual([]);
      expect([queue.depth, queue.delayed, queue.running, clock.pending]).toEqual([0, 0, 0, 0]);
    }),
    { numRuns: 100 },
  );
});
