import { expect, test } from 'vitest';
import type { Key, ObjectStore, Query, ScopeId, View } from '../../index.ts';
import { attach, compareResourceVersions, createObjectStore, isStoreError, IterationExpired } from '../../index.ts';
import { createVirtualClock } from '@kubecast/clock/testing';
import { testRecord } from '../../testing/index.ts';
import { LEASE_COUNT } from '@kubecast/shared-memory';
import { LEASES } from '../layout.ts';

interface Thing {
  readonly spec: { readonly app: string; readonly text: string };
}

const indexes = { app: (entry: { value: { readonly spec: Thing['spec'] } }) => [entry.value.spec.app] };
const small = { recordBytes: 64 << 20, indexBytes: 16 << 20 };

function make(shared: object = small): ObjectStore<Thing> {
  return createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    compareVersions: compareResourceVersions,
    indexes,
    shared,
  });
}
const nameOf = (i: number): string => `n-${String(i).padStart(6, '0')}`;
const keyOf = (i: number): Key => ({ cluster: '', namespace: `ns-${i % 3}`, name: nameOf(i) });
function record(i: number, version: number, app = `app-${i % 7}`, uid = `uid-${i}`): ReturnType<typeof testRecord> {
  return testRecord({
    namespace: `ns-${i % 3}`,
    name: nameOf(i),
    uid,
    version: String(version),
    labels: { parity: i % 2 === 0 ? 'even' : 'odd' },
    spec: { app, text: `${version}:`.repeat(20) },
  });
}
function filled(count: number, shared: object = small): ObjectStore<Thing> {
  const store = make(shared);
  for (let i = 0; i < count; i += 1) store.put(record(i * 2, 1));
  return store;
}
const rows = (view: View<Thing>, query?: Query): string[] =>
  [...view.select(query)].map(({ key, uid, version, value }) => `${key.namespace}/${key.name} ${uid} ${version} ${value.spec.app}`);

test('a view of the handle finds by key, namespace, prefix, labels and index what the store has', () => {
  const store = filled(900);
  const view = attach<Thing>(store.share());
  expect(view.size).toBe(900);
  expect(view.get(keyOf(10))).toEqual(store.view.get(keyOf(10)));
  expect(view.get(keyOf(11))).toBeUndefined();
  expect(view.get({ cluster: 'other', namespace: 'ns-1', name: nameOf(10) })).toBeUndefined();
  expect(view.entry(keyOf(10))).toMatchObject({ uid: 'uid-10', version: '1', labels: { parity: 'even' }, deleting: false });
  const labels = { requirements: [{ key: 'parity', operator: 'In', values: ['even'] }] } as const;
  for (const query of [
    {},
    { namespace: 'ns-1' },
    { cluster: '', namespace: 'ns-1', namePrefix: 'n-0001' },
    { namePrefix: 'n-00017' },
    { index: { name: 'app', value: 'app-3' } },
    { index: { name: 'app', value: 'app-3' }, namespace: 'ns-2' },
    { index: { name: 'app', value: 'nobody' } },
    { labels, cluster: '', namespace: 'ns-0' },
    { cluster: 'other' },
  ])
    expect(rows(view, query)).toEqual(rows(store.view, query));
  expect(rows(view, { cluster: '', namespace: 'ns-1', namePrefix: 'n-0001' }).length).toBeGreaterThan(10);
  expect(() => [...view.select({ index: { name: 'none', value: '' } })]).toThrow('there are: app');
});

test('what the writer does afterwards is seen, growth, new clusters and new indexes included, with no further message', () => {
  const store = make();
  const view = attach<Thing>(store.share());
  expect(rows(view)).toEqual([]);
  const before = view.sequence;
  for (let i = 0; i < 5_000; i += 1) store.put({ ...record(i, 1), cluster: i % 2 === 0 ? '' : 'far' });
  expect(view.size).toBe(5_000);
  expect(view.sequence).toBeGreaterThan(before);
  expect(rows(view)).toEqual(rows(store.view));
  expect(view.get({ ...keyOf(4_999), cluster: 'far' })?.spec.app).toBe(`app-${4_999 % 7}`);
  store.addIndex('name', (entry) => [entry.key.name, 'all']);
  expect(rows(view, { index: { name: 'name', value: nameOf(77) } })).toHaveLength(1);
  expect(rows(view, { index: { name: 'name', value: 'all' } })).toEqual(rows(store.view));
  const update = store.replace('' as ScopeId);
  for (let i = 0; i < 100; i += 1) update.put({ ...record(i, 2), cluster: i % 2 === 0 ? '' : 'far' });
  for (const change of update.commit('2')) expect(change.type).not.toBe('added');
  expect(rows(view)).toEqual(rows(store.view));
  expect(view.size).toBe(100);
});

test('a store of a file may be shared too', () => {
  const store = filled(10);
  expect(() => createObjectStore<Thing>({ apiVersion: 'v', kind: 'K' }).share()).toThrow('shared: true');
  expect(() => attach({ ...store.share(), format: 1 })).toThrow('no handle');
});

test('values read often are kept by the reader until their record changes', () => {
  const store = filled(50);
  const view = attach<Thing>(store.share());
  view.get(keyOf(2));
  const kept = view.get(keyOf(2));
  expect(view.get(keyOf(2))).toBe(kept);
  expect(view.counters.cacheHits).toBe(1);
  store.put(record(2, 5));
  expect(view.get(keyOf(2))?.spec.text.startsWith('5:')).toBe(true);
  store.remove(keyOf(2), 'uid-2');
  expect(view.get(keyOf(2))).toBeUndefined();
  // The slot is given to another key.
  store.put(record(3, 9));
  expect(view.get(keyOf(2))).toBeUndefined();
  expect(view.get(keyOf(3))?.spec.text.startsWith('9:')).toBe(true);
});

test('a snapshot and an iteration show the moment at which they began, whatever is done meanwhile', () => {
  const store = filled(700);
  const view = attach<Thing>(store.share());
  const wanted = rows(view);
  const apps = rows(view, { index: { name: 'app', value: 'app-4' } });
  const snapshot = view.snapshot();
  const iterated: string[] = [];
  let step = 0;
  for (const { key, uid, version, value } of view.select()) {
    iterated.push(`${key.namespace}/${key.name} ${uid} ${version} ${value.spec.app}`);
    step += 1;
    const i = (step * 37) % 1_400;
    if (step % 3 === 0) store.put(record(i, step + 1, 'app-4'));
    else if (step % 3 === 1) store.remove(keyOf(i), `uid-${i}`);
    else store.put(record(i, step + 1, 'app-5', `again-${step}`));
  }
  expect(iterated).toEqual(wanted);
  expect(rows(snapshot)).toEqual(wanted);
  expect(rows(snapshot, { index: { name: 'app', value: 'app-4' } })).toEqual(apps);
  expect(snapshot.size).toBe(700);
  for (let i = 0; i < 1_400; i += 1) expect(snapshot.get(keyOf(i)) !== undefined).toBe(i % 2 === 0);
  expect(rows(view)).toEqual(rows(store.view));
  snapshot[Symbol.dispose]();
  expect(() => snapshot.get(keyOf(2))).toThrow('disposed');
});

type NumberStore = (words: Int32Array, at: number, value: number) => number;

/** Calls back before each atomic store of the writer; a callback that throws kills the writer before the store. */
function watched<R>(write: () => R, onStore: (count: number) => void): R {
  const { store, add } = Atomics;
  let count = 0;
  let inside = false;
  const wrap =
    (original: NumberStore): NumberStore =>
    (...args) => {
      if (inside) return original(...args);
      count += 1;
      inside = true;
      try {
        onStore(count);
      } finally {
        inside = false;
      }
      return original(...args);
    };
  Atomics.store = wrap(store as NumberStore) as typeof Atomics.store;
  Atomics.add = wrap(add as NumberStore) as typeof Atomics.add;
  try {
    return write();
  } finally {
    Atomics.store = store;
    Atomics.add = add;
  }
}

const operations: readonly (readonly [string, (store: ObjectStore<Thing>) => unknown])[] = [
  ['an add that splits a chunk', (store) => store.put(record(255, 3))],
  ['an add at the end', (store) => store.put(record(9_999, 3))],
  ['an add of a new cluster and a new value', (store) => store.put({ ...record(1, 3, 'fresh'), cluster: 'new' })],
  ['an update in place', (store) => store.put(record(200, 3))],
  ['an update that changes the index', (store) => store.put(record(200, 3, 'fresh'))],
  ['an update under another UID', (store) => store.put(record(200, 3, 'app-1', 'again'))],
  ['a removal', (store) => store.remove(keyOf(300), 'uid-300')],
  ['the removal of the only one of its value', (store) => store.remove(keyOf(1), 'uid-1')],
  [
    'a relist',
    (store) => {
      const relist = store.replace('' as ScopeId);
      for (let i = 0; i < 500; i += 1) relist.put(record(i * 2, i % 5 === 0 ? 7 : 1));
      return [...relist.commit('7')];
    },
  ],
  ['another index', (store) => store.addIndex('name', (entry) => [entry.key.name])],
];

test.each(operations)(
  'the writer may be stopped before any store of %s: readers see what was before it, or all of it',
  { timeout: 60_000 },
  (_name, operate) => {
    const prepare = (): ObjectStore<Thing> => {
      const store = filled(520);
      store.put(record(1, 1, 'only'));
      return store;
    };
    const done = prepare();
    const before = rows(done.view);
    operate(done);
    const after = rows(done.view);
    const store = prepare();
    const view = attach<Thing>(store.share());
    const index = { index: { name: 'app', value: 'app-4' } };
    const indexBefore = before.filter((row) => row.endsWith(' app-4'));
    const indexAfter = after.filter((row) => row.endsWith(' app-4'));
    let stops = 0;
    watched(
      () => operate(store),
      (count) => {
        // A relist and a new index have thousands of stores: the first, and then each seventh.
        if (count > 100 && count % 7 !== 0) return;
        stops += 1;
        const found = rows(view);
        expect(found).toEqual(before);
        expect(rows(view, index)).toEqual(indexBefore);
        expect(view.get(keyOf(100))?.spec.app).toBe('app-2');
        expect(rows(attach<Thing>(store.share()))).toEqual(before);
      },
    );
    expect(stops).toBeGreaterThan(0);
    expect(rows(view)).toEqual(after);
    expect(rows(view, index)).toEqual(indexAfter);
  },
);

test(
  'a writer that is killed before any of its stores leaves a store that can be read, old or new for each key',
  { timeout: 60_000 },
  () => {
    for (const [, operate] of operations.slice(0, 8)) {
      for (let kill = 1; ; kill += 1) {
        const store = filled(520);
        store.put(record(1, 1, 'only'));
        const before = rows(store.view);
        const view = attach<Thing>(store.share());
        let died = false;
        try {
          watched(
            () => operate(store),
            (count) => {
              if (count === kill) throw new Error('killed');
            },
          );
        } catch (error) {
          expect((error as Error).message).toBe('killed');
          died = true;
        }
        if (!died) break;
        expect(rows(view)).toEqual(before);
        for (let i = 0; i < 1_040; i += 26) expect(view.get(keyOf(i))?.spec.app).toBeDefined();
      }
    }
  },
);

test('room is given again only when no reader needs it, and what was handed out stays readable', () => {
  const clock = createVirtualClock();
  const store = filled(2_000, { ...small, clock });
  const handle = store.share();
  const view = attach<Thing>(handle, { clock });
  const churn = (version: number): void => {
    for (let i = 0; i < 2_000; i += 1) store.put(record(i * 2, version));
  };
  for (let version = 2; version < 12; version += 1) churn(version);
  const steady = handle.records.byteLength;
  for (let version = 12; version < 32; version += 1) churn(version);
  expect(handle.records.byteLength).toBe(steady);
  const snapshot = view.snapshot();
  const wanted = rows(snapshot);
  const entry = view.entry(keyOf(20));
  for (let version = 32; version < 36; version += 1) churn(version);
  expect(handle.records.byteLength).toBeGreaterThan(steady);
  expect(rows(snapshot)).toEqual(wanted);
  snapshot[Symbol.dispose]();
  const grown = handle.records.byteLength;
  for (let version = 36; version < 60; version += 1) churn(version);
  expect(handle.records.byteLength).toBe(grown);
  expect(entry?.value.spec.text.startsWith('31:')).toBe(true);
});

test('a lease ends after its time, for the reader with IterationExpired and for the writer who then gives the room again', async () => {
  const clock = createVirtualClock();
  const store = filled(2_000, { ...small, clock });
  const handle = store.share();
  const view = attach<Thing>(handle, { clock });
  const churn = (version: number): void => {
    for (let i = 0; i < 2_000; i += 1) store.put(record(i * 2, version));
  };
  const killed = view.snapshot();
  const iteration = view.select();
  iteration.next();
  churn(2);
  await clock.advance(10_001);
  expect(() => iteration.next()).toThrow(IterationExpired);
  expect(() => killed.get(keyOf(2))).toThrow(IterationExpired);
  await clock.advance(2_000);
  for (let version = 3; version < 12; version += 1) churn(version);
  const steady = handle.records.byteLength;
  for (let version = 12; version < 40; version += 1) churn(version);
  expect(handle.records.byteLength).toBe(steady);
  // Also where the reader's clock stands still, the writer's word counts.
  const late = attach<Thing>(handle, { clock: createVirtualClock() }).snapshot();
  churn(41);
  await clock.advance(12_000);
  churn(42);
  expect(() => late.get(keyOf(2))).toThrow(IterationExpired);
});

test('after 65,536 changes a snapshot expires rather than guess', () => {
  const store = filled(100);
  const view = attach<Thing>(store.share());
  const snapshot = view.snapshot();
  for (let version = 2; version < 660; version += 1) for (let i = 0; i < 100; i += 1) store.put(record(i * 2, version));
  expect(() => snapshot.get(keyOf(2))).toThrow(IterationExpired);
  expect(isStoreError(new IterationExpired(''))).toBe(true);
  expect(rows(view)).toEqual(rows(store.view));
});

test('256 readers may hold a lease, one more is refused until one is done', () => {
  const handle = filled(3).share();
  const held = Array.from({ length: LEASE_COUNT }, () => attach<Thing>(handle).snapshot());
  const view = attach<Thing>(handle);
  expect(() => view.snapshot()).toThrow('256 readers');
  held[7]?.[Symbol.dispose]();
  expect(rows(view.snapshot())).toHaveLength(3);
});

test('iterators that are left open cost one lease each half second, so they never use up the leases of a quiet store', async () => {
  const clock = createVirtualClock();
  const handle = filled(3, { ...small, clock }).share();
  const view = attach<Thing>(handle, { clock });
  for (let i = 0; i < 10_000; i += 1) {
    expect(view.select().next().done).toBe(false);
    if (i % 100 === 0) await clock.advance(600);
  }
  expect(rows(view)).toHaveLength(3);
  const left = new Int32Array(handle.control).subarray(LEASES, LEASES + LEASE_COUNT).filter((ticket) => ticket !== 0);
  expect(left.length).toBeLessThan(LEASE_COUNT);
});

test('leases past their time are taken over by a reader where the writer has nothing to write, and not before', async () => {
  const clock = createVirtualClock();
  const handle = filled(3, { ...small, clock }).share();
  const held = Array.from({ length: LEASE_COUNT }, () => {
    const iteration = attach<Thing>(handle, { clock }).select();
    iteration.next();
    return iteration;
  });
  const view = attach<Thing>(handle, { clock });
  await clock.advance(10_000);
  expect(() => view.select().next()).toThrow('256 readers');
  await clock.advance(3_000);
  expect(rows(view)).toHaveLength(3);
  expect(() => held[0]?.next()).toThrow(IterationExpired);
});

test('a calendar that is set back ends a lease early at worst, and shows nothing wrong', async () => {
  const clock = createVirtualClock();
  const handle = filled(3, { ...small, clock }).share();
  const held = Array.from({ length: LEASE_COUNT }, () => attach<Thing>(handle, { clock }).snapshot());
  const back = createVirtualClock({ wall: clock.wall() - 3_600_000 });
  expect(rows(attach<Thing>(handle, { clock: back }))).toHaveLength(3);
  expect(() => held[0]?.size).toThrow(IterationExpired);
});

test('a snapshot under a lease that began before it stays what it was, and the lease stands while one of its holders does', () => {
  const store = filled(300);
  const view = attach<Thing>(store.share());
  const first = view.snapshot();
  for (let i = 0; i < 300; i += 1) store.put(record(i * 2, 2));
  const second = view.snapshot();
  const expected = rows(store.view);
  first[Symbol.dispose]();
  for (let version = 3; version < 40; version += 1) for (let i = 0; i < 300; i += 1) store.put(record(i * 2, version));
  expect(rows(second)).toEqual(expected);
});

test('a record whose bytes were damaged reads as absent, and is counted', () => {
  const store = filled(3);
  const handle = store.share();
  const bytes = new Uint8Array(handle.records);
  const view = attach<Thing>(handle);
  const at = indexOfBytes(bytes, new TextEncoder().encode('uid-2'));
  bytes[at] = 0x58;
  expect(view.get(keyOf(2))).toBeUndefined();
  expect(view.counters.damaged).toBe(1);
  expect(rows(view)).toHaveLength(2);
});

function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 1) if (wanted.every((byte, j) => bytes[i + j] === byte)) return i;
  throw new Error('not there');
}
