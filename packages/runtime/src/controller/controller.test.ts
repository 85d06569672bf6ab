import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createController, type Controller, type ControllerOptions } from './controller.ts';
import { SyncTimeoutError, TerminalError } from '../errors.ts';
import type { ReconcileReport, Source } from './reconcile.ts';

type Clock = ReturnType<typeof createVirtualClock>;
const make = (
  clock: Clock,
  options: Partial<ControllerOptions<string>> & Pick<ControllerOptions<string>, 'reconcile'>,
): Controller<string> => createController<string>({ name: 'test', idOf: (key) => key, clock, ...options });

test('keys of a source are reconciled once the source is complete', async () => {
  const clock = createVirtualClock();
  const ran: string[] = [];
  const ready = Promise.withResolvers<void>();
  const source: Source<string> = {
    name: 'things',
    async start(enqueue) {
      enqueue('a');
      await ready.promise;
      enqueue('b');
    },
    state: () => 'listing',
  };
  const controller = make(clock, { sources: [source], reconcile: (key) => void ran.push(key) });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  await clock.settle();
  expect(ran).toEqual([]);
  expect(controller.waitingFor).toBe('test waits for things (listing)');
  ready.resolve();
  await clock.settle();
  expect(ran).toEqual(['a', 'b']);
  expect(controller.waitingFor).toBe('');
  stop.abort();
  await work;
});

test('a failure is tried again after a growing delay, and success forgets it', async () => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  const seen: number[] = [];
  const controller = make(clock, {
    onReport: (report) => void reports.push(report),
    reconcile(_key, { failures }) {
      seen.push(failures);
      if (failures < 2) throw new Error('not yet');
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(100);
  expect(seen).toEqual([0, 1, 2]);
  expect(reports.map((report) => report.type)).toEqual(['failed', 'failed', 'done']);
  expect(controller.queue.failures('a')).toBe(0);
  expect(controller.counters).toMatchObject({ runs: 3, succeeded: 1, failed: 2, panics: 0 });
  stop.abort();
  await work;
});

test('a terminal error, also as a cause, is not tried again and forgets the failures before it', async () => {
  const clock = createVirtualClock();
  let run = 0;
  const controller = make(clock, {
    reconcile() {
      run += 1;
      if (run === 1) throw new Error('passing');
      throw new Error('wrapped', { cause: new TerminalError('the spec makes no sense') });
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(2_000_000);
  expect(run).toBe(2);
  expect(controller.counters).toMatchObject({ terminal: 1, failed: 1 });
  expect(controller.queue.failures('a')).toBe(0);
  stop.abort();
  await work;
});

test('a mistake in the reconciler costs one run, is counted, and is tried again', async () => {
  const clock = createVirtualClock();
  let run = 0;
  const controller = make(clock, {
    reconcile() {
      run += 1;
      if (run === 1) (undefined as unknown as { x: () => void }).x();
      if (run === 2) throw 'a string';
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(100);
  expect(run).toBe(3);
  expect(controller.counters.panics).toBe(2);
  stop.abort();
  await work;
});

test('a key is run again after the time that it asked for, at priority 0 whatever it came with', async () => {
  const clock = createVirtualClock();
  const seen: [number, number][] = [];
  const controller = make(clock, {
    reconcile(_key, { priority }) {
      seen.push([clock.now(), priority]);
      return seen.length < 3 ? { requeueAfterMs: 100 } : { requeueAfterMs: -5 };
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a', { priority: -100 });
  await clock.advance(1_000);
  expect(seen).toEqual([
    [0, -100],
    [100, 0],
    [200, 0],
  ]);
  stop.abort();
  await work;
});

test('one key never runs twice at once, different keys run as many at a time as allowed', async () => {
  const clock = createVirtualClock();
  let most = 0;
  const running: string[] = [];
  const controller = make(clock, {
    concurrency: 2,
    async reconcile(key) {
      expect(running).not.toContain(key);
      running.push(key);
      most = Math.max(most, running.length);
      await clock.sleep(10);
      running.splice(running.indexOf(key), 1);
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  for (const key of ['a', 'b', 'c']) controller.enqueue(key);
  await clock.advance(5);
  controller.enqueue('a');
  await clock.advance(100);
  expect(most).toBe(2);
  expect(controller.counters.succeeded).toBe(4);
  stop.abort();
  await work;
});

test('a run whose time is over is reported while it still runs, and its key waits for its end', async () => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  const end = Promise.withResolvers<void>();
  const controller = make(clock, {
    timeoutMs: 100,
    concurrency: 2,
    onReport: (report) => void reports.push(report),
    reconcile: () => end.promise,
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(150);
  expect(reports).toMatchObject([{ type: 'timeout', key: 'a', afterMs: 100 }]);
  expect(controller.overdue).toMatchObject([{ id: 'a', ms: 150 }]);
  controller.enqueue('a');
  await clock.advance(10);
  expect(controller.counters.runs).toBe(1);
  end.resolve();
  await clock.advance(10);
  expect(controller.overdue).toEqual([]);
  expect(controller.counters.runs).toBe(2);
  stop.abort();
  await work;
});

test('when the signal is aborted running reconciles are told, awaited, and their keys are kept for the next who works', async () => {
  const clock = createVirtualClock();
  const terms: number[] = [];
  const controller = make(clock, {
    async reconcile(_key, { signal, term }) {
      terms.push(term);
      if (term === 1) await clock.sleep(1_000, signal);
    },
  });
  const first = new AbortController();
  const work = controller.work(first.signal, { term: 1 });
  controller.enqueue('a');
  await clock.advance(10);
  first.abort(new Error('another leads'));
  await work;
  expect(controller.counters.failed).toBe(0);
  const second = new AbortController();
  const again = controller.work(second.signal, { term: 2 });
  await clock.advance(10);
  expect(terms).toEqual([1, 2]);
  second.abort();
  await again;
});

test('sources that are not complete in time are named with what they wait for', async () => {
  const clock = createVirtualClock();
  const source: Source<string> = { name: 'AppModels', start: () => new Promise(() => {}), state: () => 'Forbidden, may not list' };
  const controller = make(clock, { sources: [source], syncTimeoutMs: 120_000, reconcile: () => {} });
  const work = controller.work(new AbortController().signal);
  const failed = work.then(
    () => undefined,
    (error: unknown) => error,
  );
  await clock.advance(120_000);
  expect(await failed).toEqual(new SyncTimeoutError('test was not complete within 120000 ms: AppModels (Forbidden, may not list)'));
});

test('stopping refuses new keys, names what was left, and can be asked for twice', async () => {
  const clock = createVirtualClock();
  const controller = make(clock, { reconcile: () => {} });
  controller.enqueue('a');
  const first = controller.stop();
  expect(controller.stop()).toBe(first);
  expect(await first).toEqual({ drained: 0, abandoned: ['a'] });
});

test('what a server asked to wait is heeded', async () => {
  const clock = createVirtualClock();
  const seen: number[] = [];
  const controller = make(clock, {
    reconcile() {
      seen.push(clock.now());
      if (seen.length === 1) throw Object.assign(new Error('too many requests'), { retryAfterMs: 7_000 });
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(10_000);
  expect(seen).toEqual([0, 7_000]);
  stop.abort();
  await work;
});
