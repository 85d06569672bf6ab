import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import type { Controller, ControllerOptions } from './contract.ts';
import { createController } from './controller.ts';
import { SyncTimeoutError, TerminalError } from '../errors.ts';
import { maxOf } from '../queue/limiters.ts';
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

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
  revoke();
  return proxy;
};
const withMember = (name: string, member: PropertyDescriptor): Error => Object.defineProperty(new Error('x'), name, member);
const broken = {
  get(): never {
    throw new Error('no member');
  },
};

test.each([
  ['nothing', undefined],
  ['an object without a prototype', Object.create(null)],
  ['a revoked proxy', revoked()],
  ['an error whose cause is a revoked proxy', new Error('x', { cause: revoked() })],
  ['an error whose message throws', withMember('message', broken)],
  ['an error whose cause throws', withMember('cause', broken)],
  ['an error whose Retry-After throws', withMember('retryAfterMs', broken)],
  ['a Retry-After of Infinity', withMember('retryAfterMs', { value: Infinity })],
])('%s that is thrown costs its own key one run and nothing else', async (_what, thrown) => {
  const clock = createVirtualClock();
  const runs: string[] = [];
  const controller = make(clock, {
    reconcile(key) {
      runs.push(key);
      if (runs.length === 1) throw thrown;
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('bad');
  controller.enqueue('good');
  await clock.advance(1_000);
  expect(runs).toEqual(['bad', 'good', 'bad']);
  expect(controller.counters).toMatchObject({ failed: 1, succeeded: 2, terminal: 0 });
  stop.abort();
  await work;
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no limiter');
    },
  ],
  ['gives NaN', () => NaN],
  ['gives -5', () => -5],
  ['gives -Infinity', () => -Infinity],
  ['gives Infinity', () => Infinity],
  ['gives a promise', () => Promise.resolve(5) as unknown as number],
  ['hides -5 in maxOf', (id: string) => maxOf({ next: () => -5, forget: () => {}, failures: () => 0, size: 0 }).next(id)],
  ['gives no number', () => '5' as unknown as number],
])('a rate limiter that %s costs no key its next run, and is named', async (_what, next) => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  let runs = 0;
  const controller = make(clock, {
    rateLimiter: { next, forget: () => {}, failures: () => 0, size: 0 },
    onReport: (report) => void reports.push(report),
    reconcile() {
      runs += 1;
      if (runs === 1) throw new Error('first');
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(2_000);
  expect(runs).toBe(2);
  expect(reports[0]).toMatchObject({ type: 'failed', retryInMs: 1_000 });
  expect(String((reports[0] as { readonly error?: unknown }).error)).toMatch(/the rate limiter failed: .*; the run before failed: first/u);
  stop.abort();
  await work;
});

test.each([1e300, Number.MAX_SAFE_INTEGER, 3_600_001])('a wait of %d ms that an error asks for is an hour', async (retryAfterMs) => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  let runs = 0;
  const controller = make(clock, {
    onReport: (report) => void reports.push(report),
    reconcile() {
      runs += 1;
      if (runs === 1) throw new Error('busy', { cause: Object.assign(new Error('429'), { retryAfterMs }) });
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(3_599_999);
  expect(runs).toBe(1);
  await clock.advance(1);
  expect(runs).toBe(2);
  expect(reports[0]).toMatchObject({ type: 'failed', retryInMs: 3_600_000 });
  stop.abort();
  await work;
});

test('a rate limiter that fails to tell or to forget failures costs no key its run, and no worker its life', async () => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  let ends = true;
  const broken = (): never => {
    throw new Error('no memory');
  };
  const controller = make(clock, {
    rateLimiter: { next: () => 10, forget: broken, failures: broken, size: 0 },
    onReport: (report) => void reports.push(report),
    reconcile(key) {
      if (ends && key === 'a') throw new TerminalError('over');
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(1);
  expect(reports).toMatchObject([{ type: 'terminal', key: 'a' }]);
  expect(String((reports[0] as { readonly error?: unknown }).error)).toMatch(
    /the rate limiter failed: no memory; the run before failed: over/u,
  );
  ends = false;
  controller.enqueue('b');
  await clock.advance(1);
  expect(reports[1]).toMatchObject({ type: 'failed', key: 'b', retryInMs: 10 });
  stop.abort();
  await work;
});

test('a key is run again after the time that it asked for, at priority 0 whatever it came with', async () => {
  const clock = createVirtualClock();
  const seen: [number, number][] = [];
  const controller = make(clock, {
    reconcile(_key, { priority }) {
      seen.push([clock.now(), priority]);
      return seen.length < 3 ? { requeueAfterMs: 100 } : {};
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

test('requeueAfterMs 0 runs the key again at once, behind the keys that are ready', async () => {
  const clock = createVirtualClock();
  const ran: string[] = [];
  const controller = make(clock, {
    reconcile(key) {
      ran.push(key);
      return key === 'a' && ran.length < 4 ? { requeueAfterMs: 0 } : undefined;
    },
  });
  const stop = new AbortController();
  controller.enqueue('a');
  controller.enqueue('b');
  const work = controller.work(stop.signal);
  await clock.settle();
  expect(ran).toEqual(['a', 'b', 'a', 'a']);
  stop.abort();
  await work;
});

test.each<[string, unknown]>([
  ['requeueAfterMs', { requeueAfterMs: -1 }],
  ['requeueAfterMs', { requeueAfterMs: NaN }],
  ['requeueAfterMs', { requeueAfterMs: Infinity }],
  ['requeueAfterMs', { requeueAfterMs: '5' }],
  ['requeueAfterMs', { requeueAfterMs: null }],
  ['requeueAfterMs', { requeueAfterMs: 5n }],
  ['priority', { priority: NaN }],
  ['priority', { priority: '1' }],
  ['unknown field "requeueAfter"', { requeueAfter: 5 }],
  ['unknown field "requeue"', { requeue: true }],
  ['5', 5],
  ['type boolean', true],
  ['type string', 'done'],
  ['a list', []],
  ['type function', () => {}],
])('a reconcile that returns a wrong result fails by name: %s', async (name, result) => {
  for (const form of [(): unknown => result, async (): Promise<unknown> => result]) {
    const clock = createVirtualClock();
    const reports: ReconcileReport<string>[] = [];
    let runs = 0;
    const controller = make(clock, {
      onReport: (report) => void reports.push(report),
      reconcile: () => {
        runs += 1;
        return (runs === 1 ? form() : undefined) as undefined;
      },
    });
    const stop = new AbortController();
    controller.enqueue('a');
    const work = controller.work(stop.signal);
    await clock.advance(100);
    expect(reports).toMatchObject([{ type: 'failed', error: { code: 'RuntimeReconcileResult' } }, { type: 'done' }]);
    expect(String((reports[0] as { readonly error: unknown }).error)).toContain(`controller test: reconcile returned`);
    expect(String((reports[0] as { readonly error: unknown }).error)).toContain(name);
    expect(controller.counters.panics).toBe(1);
    stop.abort();
    await work;
  }
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['an empty object', {}],
  ['undefined fields', { requeueAfterMs: undefined, priority: undefined }],
])('%s means that the key is done', async (_name, result) => {
  const clock = createVirtualClock();
  const controller = make(clock, { reconcile: () => result as undefined });
  const stop = new AbortController();
  controller.enqueue('a');
  const work = controller.work(stop.signal);
  await clock.advance(1_000_000);
  expect(controller.counters).toMatchObject({ runs: 1, succeeded: 1, requeues: 0 });
  stop.abort();
  await work;
});

test('a time of 100 days is waited out', async () => {
  const clock = createVirtualClock();
  const controller = make(clock, { reconcile: () => ({ requeueAfterMs: 8_640_000_000 }) });
  const stop = new AbortController();
  controller.enqueue('a');
  const work = controller.work(stop.signal);
  await clock.advance(8_640_000_000);
  expect(controller.counters.runs).toBe(2);
  stop.abort();
  await work;
});

test('runs are kept to a limit a second, after a burst', async () => {
  const clock = createVirtualClock();
  const at: number[] = [];
  const controller = make(clock, { runLimit: { perSecond: 10, burst: 2 }, reconcile: () => void at.push(Math.round(clock.now())) });
  for (const key of ['a', 'b', 'c', 'd']) controller.enqueue(key);
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  await clock.advance(1_000);
  expect(at).toEqual([0, 0, 100, 200]);
  stop.abort();
  await work;
});

/** A clock that each run moves, and that knows the longest time without a turn of the event loop. */
function movedClock(): Clock & { move(ms: number): void; longest: number } {
  const inner = createVirtualClock();
  let now = 0;
  let turned = 0;
  const clock = {
    ...inner,
    longest: 0,
    now: () => now,
    move(ms: number) {
      now += ms;
      clock.longest = Math.max(clock.longest, now - turned);
    },
    async yield() {
      await inner.yield();
      turned = now;
    },
    get pending() {
      return inner.pending;
    },
  };
  return clock;
}

test.each([1, 8])(
  '100,000 ready keys and an empty reconcile leave the event loop its turns: after 4 ms, with %s workers',
  async (concurrency) => {
    const clock = movedClock();
    const controller = make(clock, { concurrency, reconcile: () => clock.move(0.01) });
    for (let i = 0; i < 100_000; i += 1) controller.enqueue(`k${i}`);
    const stop = new AbortController();
    const work = controller.work(stop.signal);
    while (controller.counters.runs < 100_000) await clock.settle();
    expect(clock.longest).toBeLessThanOrEqual(4.02 + 0.01 * concurrency);
    stop.abort();
    await work;
  },
);

test('a key that adds itself leaves the event loop its turns, and ends when it is told', async () => {
  const clock = movedClock();
  const controller: Controller<string> = make(clock, {
    reconcile(key) {
      clock.move(1);
      controller.enqueue(key);
      if (controller.counters.runs === 1_000) stop.abort();
    },
  });
  const stop = new AbortController();
  controller.enqueue('a');
  await controller.work(stop.signal);
  expect(controller.counters.runs).toBeGreaterThanOrEqual(1_000);
  expect(clock.longest).toBeLessThanOrEqual(5);
});

test.each([
  [1, 1],
  [1, 8],
  [4, 4],
])(
  'on the machine’s own clock the event loop gets its turn before 10 ms of CPU are used, while 100,000 keys run: %d controllers of %d workers',
  async (many, concurrency) => {
    const controllers = Array.from({ length: many }, (_, at) =>
      createController<string>({ name: `test${at}`, idOf: (key) => key, concurrency, reconcile: () => {} }),
    );
    for (let i = 0; i < 100_000; i += 1) controllers[i % many]?.enqueue(`k${i}`);
    const stop = new AbortController();
    const turns: number[] = [];
    const works = controllers.map((controller) => controller.work(stop.signal));
    const runs = (): number => controllers.reduce((sum, { counters }) => sum + counters.runs, 0);
    // CPU time, since other processes of the machine may take the time between two turns.
    for (let last = process.cpuUsage(); runs() < 100_000;) {
      await new Promise((resolve) => setImmediate(resolve));
      const { user, system } = process.cpuUsage(last);
      last = process.cpuUsage();
      turns.push((user + system) / 1_000);
    }
    turns.sort((a, b) => a - b);
    expect(turns.length).toBeGreaterThan(20);
    expect(turns[Math.floor(turns.length / 2)]).toBeLessThan(10);
    stop.abort();
    await Promise.all(works);
  },
);

test('check() of a run refuses when its time is over, when leadership is, also before its signal tells, and when it is told to stop', async () => {
  const clock = createVirtualClock();
  const told: string[] = [];
  let led = true;
  const controller = make(clock, {
    timeoutMs: 100,
    async reconcile(key, context) {
      const ask = (): void => {
        try {
          context.check();
          told.push('may');
        } catch (error) {
          told.push((error as Error).message);
        }
      };
      ask();
      if (key === 'late') await clock.sleep(150);
      if (key === 'stalled') led = false;
      if (key === 'told') stop.abort(new Error('told to stop'));
      ask();
      led = true;
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal, {
    check: () => {
      if (!led) throw new Error('no leader');
    },
  });
  for (const key of ['late', 'stalled', 'told']) controller.enqueue(key);
  await clock.advance(1_000);
  await work;
  expect(told).toEqual(
    ['may', 'c: reconciling late took longer than 100 ms', 'may', 'no leader', 'may', 'told to stop'].map((text) =>
      text.replace('c:', `${controller.name}:`),
    ),
  );
});

test('a copy of the context has the signal, and it is told of the stop', async () => {
  const clock = createVirtualClock();
  let copied: AbortSignal | undefined;
  const controller = make(clock, {
    async reconcile(_key, context) {
      copied = { ...context }.signal;
      await clock.sleep(1_000, context.signal);
    },
  });
  controller.enqueue('a');
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  await clock.settle();
  stop.abort(new Error('told'));
  await work;
  expect(copied?.reason).toEqual(new Error('told'));
});

test('what a source’s map function throws is reported and counted, and the source goes on', async () => {
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  const source: Source<string> = {
    name: 'things',
    start(enqueue, _signal, onError) {
      onError?.(new Error('map failed'));
      enqueue('a');
      return Promise.resolve();
    },
  };
  const controller = make(clock, { sources: [source], onReport: (report) => void reports.push(report), reconcile: () => {} });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  await clock.settle();
  expect(reports).toMatchObject([{ type: 'source-failed', source: 'things' }, { type: 'done' }]);
  expect(controller.counters.sourceErrors).toBe(1);
  stop.abort();
  await work;
});

test.each<[string, Partial<ControllerOptions<string>>]>([
  ['reconcile', { reconcile: 5 as unknown as () => void }],
  ['idOf', { idOf: undefined as unknown as (key: string) => string }],
  ['concurrency', { concurrency: 0 }],
  ['timeoutMs', { timeoutMs: NaN }],
  ['perSecond', { runLimit: { perSecond: 0 } }],
  ['agingMs', { agingMs: -1 }],
])('a wrong %s is refused by name', (name, options) => {
  expect(() => make(createVirtualClock(), { reconcile: () => {}, ...options })).toThrow(name);
});

test('a run that was told to end by a stop is named among what was left', async () => {
  const clock = createVirtualClock();
  const controller = make(clock, { reconcile: (_key, { signal }) => clock.sleep(10_000, signal) });
  controller.enqueue('a');
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  await clock.settle();
  const stopped = controller.stop({ deadlineMs: 1_000 });
  stop.abort();
  await work;
  expect(await stopped).toMatchObject({ abandoned: ['a'] });
});
