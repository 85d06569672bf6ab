import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WriteReceipt } from '@kubecast/client';
import { createVirtualClock } from '@kubecast/clock/testing';
import { compareResourceVersions, createObjectStore } from '@kubecast/store';
import type { Key, ScopeId, View } from '@kubecast/store';
import { testRecord } from '@kubecast/store/testing';
import { scopeId } from '../index.ts';
import { VersionHeap } from './version-heap.ts';
import { WriteTracker } from './write-tracker.ts';
import type { ScopeProgress } from './write-tracker.ts';

const ALL = scopeId('');
const keyOf = (name: string): Key => ({ cluster: '', namespace: 'n', name });

interface World {
  readonly tracker: WriteTracker<object>;
  readonly clock: ReturnType<typeof createVirtualClock>;
  /** How often the state of a scope was looked up for a wait. */
  looks: number;
  version: string;
  filled: boolean;
  epoch: number;
  put(name: string, version: number): void;
  remove(name: string): void;
}

/** One scope of all namespaces, with a store. */
function world(): World {
  const clock = createVirtualClock();
  const store = createObjectStore<object>({ apiVersion: 'v1', kind: 'Thing', compareVersions: compareResourceVersions });
  const progress = (): ScopeProgress => ({ id: ALL, filled: self.filled, version: self.version, epoch: self.epoch });
  const self: World = {
    clock,
    looks: 0,
    version: '10',
    filled: true,
    epoch: 1,
    tracker: new WriteTracker<object>({
      clock,
      sliceMs: 4,
      view: store.view as View<object>,
      scope: (id: ScopeId) => (id === ALL ? progress() : undefined),
      scopeOf: () => {
        self.looks += 1;
        return progress();
      },
    }),
    put(name, version) {
      store.put(testRecord({ namespace: 'n', name, uid: `uid-${name}`, version: String(version) }));
      self.version = String(version);
      self.tracker.changed(keyOf(name));
      self.tracker.progress(ALL);
    },
    remove(name) {
      store.remove(keyOf(name), `uid-${name}`);
      self.tracker.changed(keyOf(name));
    },
  };
  return self;
}

const receipt = (name: string, version: number | undefined, gone = false): WriteReceipt => ({
  key: keyOf(name),
  uid: `uid-${name}`,
  ...(version === undefined ? {} : { version: String(version) }),
  gone,
});

function waits(w: World, of: WriteReceipt, epoch = 0): { done: boolean } {
  const state = { done: false };
  void w.tracker.write(of, of.key as Key, epoch, { what: 'it', deadlineMs: 60_000 }).then(
    () => (state.done = true),
    () => undefined,
  );
  return state;
}

test('an event wakes those whose version it reaches and those of its key, and looks at nobody else', async () => {
  const w = world();
  const states = Array.from({ length: 2000 }, (_, i) => waits(w, receipt(`o${i}`, 11 + i)));
  const before = w.looks;
  for (let i = 0; i < 1000; i += 1) w.put(`o${i}`, 11 + i);
  await w.clock.settle();
  expect(states.map(({ done }) => done)).toEqual(states.map((_, i) => i < 1000));
  expect(w.looks - before).toBe(1000);
  expect(w.tracker.size).toBe(1000);
});

test('two thousand who wait for deletes are looked at by the change of their key alone', async () => {
  const w = world();
  for (let i = 0; i < 2000; i += 1) w.put(`o${i}`, 11 + i);
  const states = Array.from({ length: 2000 }, (_, i) => waits(w, receipt(`o${i}`, 5, true)));
  const before = w.looks;
  for (let i = 0; i < 1000; i += 1) w.remove(`o${i}`);
  await w.clock.settle();
  expect(states.filter(({ done }) => done)).toHaveLength(1000);
  expect(w.looks - before).toBe(1000);
});

test('a wait for the next epoch, or for a scope that is not complete, ends with the list that brings it', async () => {
  const w = world();
  const next = waits(w, receipt('a', 5), 2);
  w.filled = false;
  const unfilled = waits(w, receipt('b', 5));
  w.put('c', 20);
  await w.clock.settle();
  expect([next.done, unfilled.done]).toEqual([false, false]);
  w.filled = true;
  w.tracker.listed(ALL);
  await w.clock.settle();
  expect([next.done, unfilled.done]).toEqual([false, true]);
  w.epoch = 2;
  w.tracker.listed(ALL);
  await w.clock.settle();
  expect(next.done).toBe(true);
  expect([w.tracker.size, w.clock.pending]).toEqual([0, 0]);
});

test('versions that have no order are waited for by equality', async () => {
  const w = world();
  w.version = 'x1';
  let done = false;
  void w.tracker.version(ALL, 'x2', { what: 'x2', deadlineMs: 1000 }).then(() => (done = true));
  w.version = 'x3';
  w.tracker.progress(ALL);
  await w.clock.settle();
  expect(done).toBe(false);
  w.version = 'x2';
  w.tracker.progress(ALL);
  await w.clock.settle();
  expect(done).toBe(true);
});

test('what timed out or was aborted leaves nothing behind', async () => {
  const w = world();
  const abort = new AbortController();
  const ends: string[] = [];
  for (const [version, gone] of [
    [99, false],
    [5, true],
    [undefined, false],
  ] as const) {
    w.put('o', 50);
    const of = gone ? receipt('o', version, true) : receipt('p', version);
    for (const options of [
      { what: 'it', deadlineMs: 100 },
      { what: 'it', deadlineMs: 60_000, signal: abort.signal },
    ])
      void w.tracker.write(of, of.key as Key, 0, options).catch((error: Error) => ends.push(error.name));
  }
  expect(w.tracker.size).toBe(6);
  await w.clock.advance(200);
  abort.abort();
  await w.clock.settle();
  expect(ends.sort()).toEqual(['AbortError', 'AbortError', 'AbortError', 'WaitTimeoutError', 'WaitTimeoutError', 'WaitTimeoutError']);
  expect([w.tracker.size, w.clock.pending]).toEqual([0, 0]);
});

test('a heap gives versions in their order, whatever was taken out between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 1n << 70n }), fc.boolean())), (steps) => {
      const heap = new VersionHeap<{ version: string; at: number }>();
      const items: { version: string; at: number }[] = [];
      for (const [version, removes] of steps) {
        const item = { version: String(version), at: 0 };
        heap.add(item);
        items.push(item);
        const other = items[Number(version % BigInt(items.length))];
        if (!removes || other === undefined) continue;
        heap.remove(other);
        // A second time does nothing.
        heap.remove(other);
        items.splice(items.indexOf(other), 1);
      }
      const taken: string[] = [];
      for (let item = heap.oldest; item !== undefined; item = heap.oldest) {
        taken.push(item.version);
        heap.remove(item);
      }
      expect(taken).toEqual(items.map(({ version }) => version).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
      expect(heap.size).toBe(0);
    }),
  );
});
