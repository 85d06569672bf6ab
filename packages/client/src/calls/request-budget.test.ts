import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { RequestBudget } from './request-budget.ts';

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
const ask = { deadlineMs: 0, what: 'x' };

test('a burst goes at once, then so many a second', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 10, burst: 5 });
  let granted = 0;
  for (let i = 0; i < 25; i++) void budget.take('normal', ask).then(() => granted++);
  await clock.settle();
  expect(granted).toBe(5);
  await clock.advance(1000);
  expect(granted).toBeGreaterThanOrEqual(13);
  expect(granted).toBeLessThanOrEqual(15);
  await clock.advance(1500);
  expect(granted).toBe(25);
  expect(budget.counters).toEqual({ granted: 25, delayed: 20, waiting: 0, pauses: 0 });
});

test('without options a burst of 200 goes at once, then 100 a second, and low priority leaves a quarter', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock);
  let low = 0;
  let granted = 0;
  for (let i = 0; i < 200; i++) void budget.take('low', ask).then(() => low++);
  await clock.settle();
  expect(low).toBe(150);
  for (let i = 0; i < 250; i++) void budget.take('high', ask).then(() => granted++);
  await clock.settle();
  expect(granted).toBe(50);
  await clock.advance(1000);
  expect(granted + low - 200).toBeGreaterThanOrEqual(95);
  expect(granted + low - 200).toBeLessThanOrEqual(101);
  await clock.advance(10_000);
  expect(granted + low).toBe(450);
});

test('those that wait go by priority, in order within one', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 10, burst: 1, reserved: 0 });
  await budget.take('normal', ask);
  const order: string[] = [];
  for (const [level, name] of [
    ['low', 'l'],
    ['normal', 'n1'],
    ['normal', 'n2'],
    ['high', 'h'],
  ] as const)
    void budget.take(level, ask).then(() => order.push(name));
  await clock.advance(1000);
  expect(order).toEqual(['h', 'n1', 'n2', 'l']);
});

test('low priority leaves a reserve to the others', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 1, burst: 8, reserved: 0.25 });
  let low = 0;
  for (let i = 0; i < 8; i++) void budget.take('low', ask).then(() => low++);
  await clock.settle();
  expect(low).toBe(6);
  let high = 0;
  for (let i = 0; i < 2; i++) void budget.take('high', ask).then(() => high++);
  await clock.settle();
  expect(high).toBe(2);
});

test('a writer that takes all there is does not starve the lists and watches of its own informers', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 100, burst: 200 });
  const stop = new AbortController();
  let writes = 0;
  // Each of these asks again as soon as it was granted.
  const write = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await budget.take('normal', { ...ask, signal: stop.signal });
      writes++;
    }
  };
  const writers = [write(), write(), write()];
  await clock.advance(5000);
  let watches = 0;
  const watching = (async () => {
    for (let i = 0; i < 8; i++) {
      await budget.take('low', ask);
      watches++;
    }
  })();
  await clock.advance(3000);
  expect(watches).toBe(8);
  await watching;
  expect(writes).toBeGreaterThan(900);
  stop.abort(new Error('over'));
  await Promise.allSettled(writers);
});

test('after a 429 nothing but high priority goes until the time that the server asked for', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, {});
  budget.pause(5000);
  let normal = false;
  void budget.take('normal', ask).then(() => {
    normal = true;
  });
  await budget.take('high', ask);
  await clock.advance(4900);
  expect(normal).toBe(false);
  await clock.advance(200);
  expect(normal).toBe(true);
});

test('a server that asks for years is waited for an hour', async () => {
  for (const ms of [1e300, Infinity, 3_600_001]) {
    const clock = createVirtualClock();
    const budget = new RequestBudget(clock, {});
    budget.pause(ms);
    let granted = false;
    void budget.take('normal', ask).then(() => {
      granted = true;
    });
    await clock.advance(3_599_000);
    expect(granted).toBe(false);
    await clock.advance(1_100);
    expect(granted).toBe(true);
  }
});

test('a call whose deadline comes before the end of a pause is refused at once, whether it came before the 429 or after', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 1, burst: 1 });
  await budget.take('normal', ask);
  const before = failure(budget.take('low', { deadlineMs: 30_000, totalMs: 30_000, what: 'GET /before' }));
  const patient = budget.take('normal', { deadlineMs: 90_000, what: 'GET /patient' });
  budget.pause(60_000);
  expect(await before).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'budget', afterMs: 30_000, retryAfterMs: 60_000 });
  await clock.advance(10_000);
  const after = await failure(budget.take('normal', { deadlineMs: 20_000, totalMs: 30_000, what: 'GET /after' }));
  expect(after).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'budget', afterMs: 30_000, retryAfterMs: 50_000 });
  expect((after as Error).message).toBe(
    'GET /after: after a 429 the server asked this client to wait 50000 ms more, longer than the 30000 ms of this call',
  );
  const high = budget.take('high', { deadlineMs: 20_000, what: 'GET /high' });
  await clock.advance(10);
  await high;
  await clock.advance(52_000);
  await patient;
  expect(clock.pending).toBe(0);
});

test('who waits too long gets a TimeoutError, who is aborted its reason, and neither holds up the others', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 1, burst: 1 });
  await budget.take('normal', ask);
  const abort = new AbortController();
  const reason = new Error('no more');
  const aborted = failure(budget.take('normal', { ...ask, signal: abort.signal }));
  const late = failure(budget.take('normal', { deadlineMs: 500, what: 'GET /x' }));
  let third = false;
  void budget.take('normal', ask).then(() => {
    third = true;
  });
  abort.abort(reason);
  expect(await aborted).toBe(reason);
  await clock.advance(500);
  expect(await late).toMatchObject({ phase: 'budget' });
  await clock.advance(600);
  expect(third).toBe(true);
  expect(clock.pending).toBe(0);
});

test('close refuses all that wait', async () => {
  const clock = createVirtualClock();
  const budget = new RequestBudget(clock, { perSecond: 1, burst: 1 });
  await budget.take('normal', ask);
  const waiting = failure(budget.take('normal', ask));
  budget.close();
  expect(await waiting).toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(clock.pending).toBe(0);
});
