import { expect, test } from 'vitest';
import type { ObjectStore, Query, View } from '../index.ts';
import { attach, createObjectStore } from '../index.ts';
import { testRecord } from '../testing/index.ts';
import { SnapshotView } from './snapshot-view.ts';
import type { StoreView } from './store-view.ts';

interface Thing {
  readonly spec: { readonly deep: { readonly list: readonly number[] }; readonly app: string };
}
const nameOf = (i: number): string => `n-${String(i).padStart(6, '0')}`;
const record = (i: number, version: number, app = 'a'): ReturnType<typeof testRecord> =>
  testRecord({ namespace: 'n', name: nameOf(i), version: String(version), spec: { deep: { list: [1, 2] }, app } });

function make(options: object): ObjectStore<Thing> {
  return createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    indexes: { app: (entry) => [entry.value.spec.app] },
    ...options,
  });
}

test('a value is frozen all the way down at every read: the first, the second, without a cache, of snapshots, walks and attached views', () => {
  for (const hotBytes of [undefined, 0]) {
    const store = make({ shared: { recordBytes: 16 << 20, indexBytes: 4 << 20 }, ...(hotBytes === undefined ? {} : { hotBytes }) });
    for (let i = 0; i < 3; i += 1) store.put(record(i, 1));
    const reader = attach<Thing>(store.share(), hotBytes === undefined ? {} : { hotBytes });
    const snapshots = [store.view.snapshot(), reader.snapshot()];
    const check = (view: View<Thing>): void => {
      for (let read = 0; read < 3; read += 1) {
        const key = { namespace: 'n', name: nameOf(1) };
        for (const value of [view.get(key), view.entry(key)?.value, [...view.select({ index: { name: 'app', value: 'a' } })][1]?.value]) {
          expect(Object.isFrozen(value) && Object.isFrozen(value?.spec) && Object.isFrozen(value?.spec.deep.list)).toBe(true);
        }
        const mine = view.entry(key)?.mutable() as unknown as { spec: { deep: { list: number[] } } };
        mine.spec.deep.list.push(3);
        expect(view.get(key)?.spec.deep.list).toEqual([1, 2]);
      }
    };
    for (const view of [store.view, reader, ...snapshots]) check(view);
    const [change] = store.put(record(1, 2, 'b'));
    expect(Object.isFrozen(change?.entry.value.spec) && Object.isFrozen(change?.previous?.value.spec)).toBe(true);
    // What was taken back is frozen too.
    for (const snapshot of snapshots) expect(Object.isFrozen(snapshot.get({ namespace: 'n', name: nameOf(1) })?.spec)).toBe(true);
  }
});

test('a key may leave out its cluster, in every call that takes one', () => {
  const store = make({ shared: { recordBytes: 16 << 20, indexBytes: 4 << 20 } });
  store.put(record(1, 1));
  const key = { namespace: 'n', name: nameOf(1) };
  for (const view of [store.view, store.view.snapshot(), attach<Thing>(store.share())]) {
    expect(view.get(key)?.spec.app).toBe('a');
    expect(view.entry({ ...key, cluster: undefined })?.key).toEqual({ cluster: '', ...key });
  }
  const uid = store.view.entry(key)?.uid ?? '';
  expect(store.remove(key, uid)).toHaveLength(1);
});

/** Walks a snapshot amid writes, and gives how many entries the walk took from the live view for it. */
function walkAmidWrites(count: number, query: Query): number {
  const store = make({});
  for (let i = 0; i < count; i += 1) store.put(record(i * 2, 1));
  const live = store.view as StoreView<Thing>;
  let taken = 0;
  const counting = Object.create(live, {
    sequence: { value: live.sequence },
    size: { value: live.size },
    indexes: { value: live.indexes },
    snapshots: { value: live.snapshots },
  }) as StoreView<Thing>;
  Object.defineProperty(counting, 'select', {
    *value(inner: Query) {
      for (const entry of live.select(inner)) {
        taken += 1;
        yield entry;
      }
    },
  });
  const snapshot = new SnapshotView<Thing>(counting);
  live.snapshots.add(snapshot);
  let seen = 0;
  for (const { key } of snapshot.select(query)) {
    if (key.name !== nameOf(seen * 2)) throw new Error(`${key.name} came instead of ${nameOf(seen * 2)}`);
    seen += 1;
    // One write for every eight objects: an update ahead, an object more, one less.
    if (seen % 24 === 0) store.put(record(((seen * 7) % count) * 2, 2, 'b'));
    else if (seen % 24 === 8) store.put(record(((seen * 11) % count) * 2 + 1, 1));
    else if (seen % 24 === 16) {
      const name = nameOf(((seen * 13) % count) * 2);
      const uid = store.view.entry({ namespace: 'n', name })?.uid;
      if (uid !== undefined) store.remove({ namespace: 'n', name }, uid);
    }
  }
  expect(seen).toBe(count);
  return taken;
}

test.each([['by key', {}] as const, ['by index', { index: { name: 'app', value: 'a' } }] as const])(
  'a snapshot is walked %s once, whatever others write meanwhile: its walk resumes at the key where it stood',
  (_name, query) => {
    for (const count of [500, 1_000, 2_000, 4_000]) expect(walkAmidWrites(count, query)).toBeLessThan(count * 1.1);
  },
);

test('the walk of a snapshot shows what is removed behind the place where it stands, down to the last object', () => {
  for (const query of [{}, { namespace: 'n' }, { index: { name: 'app', value: 'a' } }] as const)
    for (let stop = 0; stop < 6; stop += 1) {
      const store = make({});
      for (let i = 0; i < 6; i += 1) store.put(record(i, 1));
      const remove = (i: number): void => {
        const key = { namespace: 'n', name: nameOf(i) };
        store.remove(key, store.view.entry(key)?.uid ?? '');
      };
      const seen: string[] = [];
      for (const { key } of store.view.snapshot().select(query)) {
        seen.push(key.name);
        // All that follows goes at once; once nothing follows, what was shown goes too.
        if (seen.length === stop + 1) for (let i = stop + 1; i < 6; i += 1) remove(i);
        if (seen.length === stop + 2) for (let i = 0; i <= stop; i += 1) remove(i);
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5].map(nameOf));
    }
});

test.each([['by key', {}] as const, ['by index', { index: { name: 'app', value: 'a' } }] as const])(
  'the time of a walk of a snapshot %s amid writes grows with the objects alone',
  (_name, query) => {
    const costOf = (count: number): number => {
      let best = Infinity;
      for (let run = 0; run < 5; run += 1) {
        const begun = process.cpuUsage();
        walkAmidWrites(count, query);
        const { user, system } = process.cpuUsage(begun);
        best = Math.min(best, user + system);
      }
      return best;
    };
    costOf(500);
    // Three doublings: eight times the objects take 8 times as long, or 64 times if each write began the walk anew.
    const slope = Math.log2(costOf(4_000) / costOf(500)) / 3;
    expect(slope).toBeLessThan(1.2);
  },
);
