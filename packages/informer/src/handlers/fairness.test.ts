import { expect, test } from 'vitest';
import type { Clock } from '@kubecast/clock';
import { createVirtualClock } from '@kubecast/clock/testing';
import { createObjectStore } from '@kubecast/store';
import type { ObjectStore } from '@kubecast/store';
import { testRecord } from '@kubecast/store/testing';
import { Waiters } from '../freshness/waiters.ts';
import { WriteTracker } from '../freshness/write-tracker.ts';
import { scopeId } from '../index.ts';
import { SnapshotKeeper } from '../snapshot/snapshot-keeper.ts';
import { memoryFiles } from '../testing/index.ts';
import { Listener } from './listener.ts';
import { Scheduler } from './scheduler.ts';

const MANY = 100_000;
const SLICE_MS = 4;
/** Nothing may take longer at a stretch. */
const HOLD_MS = 10;

/** A clock that moves with the work: each item costs so much, and it notes the longest time between two turns of the event loop. */
class WorkClock implements Clock {
  readonly #base = createVirtualClock();
  #now = 0;
  #turned = 0;
  longest = 0;
  yields = 0;

  work(ms: number): void {
    this.#now += ms;
    this.longest = Math.max(this.longest, this.#now - this.#turned);
  }

  turned(): void {
    this.#turned = this.#now;
  }

  /** Watches the turns of the real event loop until the promise is settled. */
  async during(promise: Promise<unknown>): Promise<void> {
    this.turned();
    this.longest = 0;
    const state = { over: false };
    const end = promise.finally(() => (state.over = true));
    while (!state.over) {
      await new Promise((resolve) => setImmediate(resolve));
      this.turned();
    }
    await end;
  }

  now(): number {
    return this.#now;
  }
  wall(): number {
    return this.#now;
  }
  random(): number {
    return this.#base.random();
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(ms, signal);
  }
  yield(): Promise<void> {
    this.yields += 1;
    return this.#base.yield();
  }
}

function storeOf(count: number): ObjectStore<object> {
  const store = createObjectStore<object>({ apiVersion: 'v1', kind: 'Thing' });
  for (let i = 0; i < count; i += 1) store.put(testRecord({ namespace: 'n', name: `o${i}` }));
  return store;
}

const large = storeOf(MANY);

/** Replays the store to handlers, and resolves once each was handed everything. */
async function replayed(clock: WorkClock, handlers: readonly (() => void | Promise<void>)[], store = large): Promise<void> {
  const scheduler = new Scheduler(clock, SLICE_MS);
  await clock.during(
    Promise.all(
      handlers.map(
        (handler) =>
          new Promise<void>((resolve) => {
            const listener: Listener<object> = new Listener<object>(handler, {}, store.view, scheduler, () => {
              if (listener.initialDone) resolve();
            });
            listener.replay({}, 'initial', true, () => undefined);
          }),
      ),
    ),
  );
}

test('a replay of 100,000 objects lets the event loop turn after each slice, whether its handler is synchronous or resolves at once', async () => {
  for (const handler of [(clock: WorkClock) => () => clock.work(0.05), (clock: WorkClock) => async () => clock.work(0.05)]) {
    const clock = new WorkClock();
    await replayed(clock, [handler(clock)]);
    expect(clock.longest).toBeLessThan(HOLD_MS);
    expect(clock.now()).toBeGreaterThanOrEqual(MANY * 0.05);
  }
});

test('twenty handlers together hold the event loop no longer than one', async () => {
  const clock = new WorkClock();
  await replayed(
    clock,
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? () => clock.work(0.05) : async () => clock.work(0.05))),
    storeOf(MANY / 100),
  );
  expect(clock.longest).toBeLessThan(HOLD_MS);
});

test('a handler that takes a millisecond for each object is interrupted after a slice, and each handler has its turn', async () => {
  const clock = new WorkClock();
  const order: string[] = [];
  const scheduler = new Scheduler(clock, SLICE_MS);
  const view = storeOf(100).view;
  const done = ['a', 'b'].map(
    (name) =>
      new Promise<void>((resolve) => {
        const listener: Listener<object> = new Listener<object>(
          () => {
            clock.work(1);
            order.push(name);
          },
          {},
          view,
          scheduler,
          () => {
            if (listener.initialDone) resolve();
          },
        );
        listener.replay({}, 'initial', true, () => undefined);
      }),
  );
  await clock.during(Promise.all(done));
  expect(clock.longest).toBeLessThanOrEqual(SLICE_MS + 1);
  expect(order.slice(0, 40)).toContain('b');
});

test('a filter that refuses 100,000 objects is as fair', async () => {
  const clock = new WorkClock();
  const scheduler = new Scheduler(clock, SLICE_MS);
  await clock.during(
    new Promise<void>((resolve) => {
      const filter = (): boolean => {
        clock.work(0.05);
        return false;
      };
      const listener: Listener<object> = new Listener<object>(
        () => undefined,
        { filter },
        large.view,
        scheduler,
        () => {
          if (listener.initialDone) resolve();
        },
      );
      listener.replay({}, 'initial', true, () => undefined);
    }),
  );
  expect(clock.longest).toBeLessThan(HOLD_MS);
});

test('100,000 who wait for one thing are told in slices', async () => {
  const clock = new WorkClock();
  let holds = false;
  const waiters = new Waiters(clock, SLICE_MS, () => holds);
  const told = Array.from({ length: MANY }, () => waiters.until({ what: 'it' }).then(() => clock.work(0.01)));
  holds = true;
  waiters.check();
  await clock.during(Promise.all(told));
  expect(clock.longest).toBeLessThan(HOLD_MS);
});

test('one version that 100,000 wait for resolves them in slices', async () => {
  const clock = new WorkClock();
  let version = '10';
  const scope = {
    id: scopeId(''),
    filled: true,
    epoch: 1,
    get version() {
      return version;
    },
  };
  const tracker = new WriteTracker<object>({ clock, sliceMs: SLICE_MS, view: large.view, scope: () => scope, scopeOf: () => scope });
  const told = Array.from({ length: MANY }, () => tracker.version(scope.id, '20', { what: 'it' }).then(() => clock.work(0.01)));
  version = '20';
  tracker.progress(scope.id);
  await clock.during(Promise.all(told));
  expect(clock.longest).toBeLessThan(HOLD_MS);
  expect(tracker.size).toBe(0);
});

test('while 100,000 objects are saved, and compared with their checksums, the event loop turns', async () => {
  const clock = new WorkClock();
  const store = large;
  let checks = 0;
  const keeper = new SnapshotKeeper<object>(
    {
      // Each record that is compared costs.
      writer: {
        ...store,
        view: store.view,
        counters: store.counters,
        check: (records: number) => {
          clock.work(records * 0.005);
          checks += records;
          return checks < MANY;
        },
      } as ObjectStore<object>,
      clock,
      sliceMs: SLICE_MS,
      identity: 'x',
      versions: () => new Map(),
      servers: () => new Map(),
      worthSaving: () => true,
      report: () => undefined,
    },
    { files: memoryFiles(), path: '/x' },
  );
  await clock.during(keeper.checkFile(new AbortController().signal));
  expect(checks).toBeGreaterThanOrEqual(MANY);
  expect(clock.longest).toBeLessThan(HOLD_MS);
  const saving = new SnapshotKeeper<object>(
    {
      writer: store,
      clock,
      sliceMs: SLICE_MS,
      identity: 'x',
      versions: () => new Map(),
      servers: () => new Map(),
      worthSaving: () => true,
      report: () => undefined,
    },
    { files: memoryFiles(), path: '/x' },
  );
  clock.yields = 0;
  await saving.save();
  expect(clock.yields).toBeGreaterThan(10);
});
