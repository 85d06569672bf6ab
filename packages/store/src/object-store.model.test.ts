import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Key, ObjectStore, RawRecord, Replacement, ScopeId, View, Writer } from './index.ts';
import { attach, compareKeys, compareResourceVersions, createObjectStore } from './index.ts';
import { testRecord } from './testing/index.ts';

/** What the store must equal: a plain Map of plain objects, with none of the store's ideas. */
interface Plain {
  readonly key: Key;
  readonly uid: string;
  readonly version: string;
  readonly scope: string;
  readonly app: string;
  readonly label: string;
  readonly payload: number;
}
type Op =
  | { op: 'put' | 'collect'; object: Plain }
  | { op: 'remove' | 'uncollect'; key: Key; uid: string }
  | { op: 'begin'; scope: string }
  | { op: 'commit' | 'abort' | 'snapshot' }
  | { op: 'move'; from: string; to: string; namespace: string };

interface Thing {
  spec: { app: string; payload: number };
}

const idOf = (key: Key): string => JSON.stringify([key.cluster, key.namespace, key.name]);
const key: fc.Arbitrary<Key> = fc.record({
  cluster: fc.constantFrom('', 'c'),
  namespace: fc.constantFrom('a', 'a-0', ''),
  name: fc.constantFrom('x', 'y', 'z-é', '__proto__'),
});
const uid = fc.constantFrom('u1', 'u2', 'u3');
const scope = fc.constantFrom('s1', 's2');
const object: fc.Arbitrary<Plain> = fc.record({
  key,
  uid,
  version: fc.constantFrom('8', '9', '10', '11', '100'),
  scope,
  app: fc.constantFrom('', 'A', 'B'),
  label: fc.constantFrom('l', 'm'),
  payload: fc.nat({ max: 2 }),
});
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('put' as const), object }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove' as const), key, uid }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('begin' as const), scope }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('collect' as const), object }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('uncollect' as const), key, uid }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('commit' as const, 'commit' as const, 'abort' as const, 'snapshot' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('move' as const), from: scope, to: scope, namespace: fc.constantFrom('a', 'a-0') }) },
);

const recordOf = (each: Plain): RawRecord => ({
  ...testRecord({
    ...each.key,
    uid: each.uid,
    version: each.version,
    labels: { l: each.label },
    spec: { app: each.app, payload: each.payload },
  }),
  scope: each.scope as ScopeId,
});
const older = (a: string, b: string): boolean => Number(a) < Number(b);
const same = (a: Plain, b: Plain): boolean =>
  a.uid === b.uid && a.version === b.version && a.app === b.app && a.label === b.label && a.payload === b.payload;
const show = (each: Plain): string => `${idOf(each.key)} ${each.uid}@${each.version} ${each.label} ${each.app} ${each.payload}`;

class Model {
  state = new Map<string, Plain>();
  collected: Map<string, Plain> | undefined;
  scope = '';

  put(next: Plain, relist = false): string[] {
    const id = idOf(next.key);
    const stands = this.state.get(id);
    if (!stands) {
      this.state.set(id, next);
      return [`added ${show(next)}`];
    }
    if (older(next.version, stands.version) && (!relist || stands.uid === next.uid)) return [];
    if (same(stands, next)) {
      if (relist) this.state.set(id, next);
      return [];
    }
    this.state.set(id, next);
    return stands.uid === next.uid ? [`updated ${show(next)} was ${show(stands)}`] : [`deleted ${show(stands)}`, `added ${show(next)}`];
  }

  remove(key: Key, uid: string): string[] {
    const stands = this.state.get(idOf(key));
    if (stands?.uid !== uid) return [];
    this.state.delete(idOf(key));
    return [`deleted ${show(stands)}`];
  }

  collect(next: Plain): void {
    const before = this.collected?.get(idOf(next.key));
    if (before?.uid === next.uid && older(next.version, before.version)) return;
    this.collected?.set(idOf(next.key), next);
  }

  commit(): string[] {
    const told: string[] = [];
    for (const [id, each] of this.state) {
      if (each.scope !== this.scope || this.collected?.has(id)) continue;
      this.state.delete(id);
      told.push(`deleted ${show(each)}`);
    }
    for (const each of this.collected?.values() ?? []) told.push(...this.put({ ...each, scope: this.scope }, true));
    this.collected = undefined;
    return told;
  }

  rows(keep: (each: Plain) => boolean = () => true): string[] {
    return [...this.state.values()]
      .filter(keep)
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(show);
  }
}

const showEntry = (entry: {
  key: Key;
  uid: string;
  version: string;
  labels: Readonly<Record<string, string>>;
  value: { readonly spec: Readonly<Thing['spec']> };
}): string =>
  show({
    key: entry.key,
    uid: entry.uid,
    version: entry.version,
    scope: '',
    label: entry.labels['l'] ?? '',
    app: entry.value.spec.app,
    payload: entry.value.spec.payload,
  });
const showChange = (change: Change<Thing>): string =>
  `${change.type} ${showEntry(change.entry)}${change.type === 'updated' && change.previous ? ` was ${showEntry(change.previous)}` : ''}`;
const rowsOf = (view: View<Thing>, query: Parameters<View<Thing>['select']>[0] = {}): string[] => [...view.select(query)].map(showEntry);

function agree(view: View<Thing>, model: Model): void {
  expect(rowsOf(view)).toEqual(model.rows());
  expect(view.size).toBe(model.state.size);
  for (const app of ['', 'A', 'B', 'C'])
    expect(rowsOf(view, { index: { name: 'app', value: app } })).toEqual(model.rows((each) => each.app === app && app !== ''));
  expect(rowsOf(view, { namespace: 'a' })).toEqual(model.rows((each) => each.key.namespace === 'a'));
  expect(rowsOf(view, { cluster: 'c', namePrefix: 'z' })).toEqual(
    model.rows((each) => each.key.cluster === 'c' && each.key.name.startsWith('z')),
  );
  expect(rowsOf(view, { labels: { requirements: [{ key: 'l', operator: 'In', values: ['m'] }] } })).toEqual(
    model.rows((each) => each.label === 'm'),
  );
  for (const each of model.state.values()) expect(view.get(each.key)?.spec.payload).toBe(each.payload);
}

function run(ops: readonly Op[], make: () => Writer<Thing>, attached?: (store: Writer<Thing>) => View<Thing>): void {
  const store = make();
  const other = attached?.(store);
  const model = new Model();
  let relist: Replacement<Thing> | undefined;
  const snapshots: { view: View<Thing> & Disposable; rows: string[]; apps: string[] }[] = [];
  for (const each of ops) {
    const before = store.view.sequence;
    let changes: string[] = [];
    let expected: string[] = [];
    switch (each.op) {
      case 'put':
        changes = store.put(recordOf(each.object)).map(showChange);
        expected = model.put(each.object);
        break;
      case 'remove':
        changes = store.remove(each.key, each.uid).map(showChange);
        expected = model.remove(each.key, each.uid);
        break;
      case 'begin':
        relist?.abort();
        relist = store.replace(each.scope as ScopeId);
        model.collected = new Map();
        model.scope = each.scope;
        break;
      case 'collect':
        relist?.put(recordOf(each.object));
        if (relist) model.collect(each.object);
        break;
      case 'uncollect':
        relist?.remove(each.key, each.uid);
        if (model.collected?.get(idOf(each.key))?.uid === each.uid) model.collected.delete(idOf(each.key));
        break;
      case 'commit':
        if (!relist) break;
        changes = [...relist.commit('1')].map(showChange);
        expected = model.commit();
        relist = undefined;
        break;
      case 'abort':
        relist?.abort();
        relist = undefined;
        model.collected = undefined;
        break;
      case 'snapshot':
        for (const view of other ? [store.view, other] : [store.view])
          snapshots.push({ view: view.snapshot(), rows: model.rows(), apps: model.rows((row) => row.app === 'A') });
        break;
      case 'move':
        store.move(each.from as ScopeId, each.to as ScopeId, each.namespace);
        for (const [id, row] of model.state)
          if (row.scope === each.from && row.key.namespace === each.namespace) model.state.set(id, { ...row, scope: each.to });
        break;
    }
    expect(changes.sort()).toEqual(expected.sort());
    if (expected.length === 0) expect(store.view.sequence).toBe(before);
    else expect(store.view.sequence).toBeGreaterThan(before);
    agree(store.view, model);
    if (other) agree(other, model);
    for (const snapshot of snapshots) {
      expect(rowsOf(snapshot.view)).toEqual(snapshot.rows);
      expect(rowsOf(snapshot.view, { index: { name: 'app', value: 'A' } })).toEqual(snapshot.apps);
      expect(snapshot.view.size).toBe(snapshot.rows.length);
    }
  }
  for (const snapshot of snapshots) snapshot.view[Symbol.dispose]();
}

const options = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  compareVersions: compareResourceVersions,
  indexes: {
    app: (entry: { value: { readonly spec: Readonly<Thing['spec']> } }) => (entry.value.spec.app === '' ? [] : [entry.value.spec.app]),
  },
};

test('whatever is done in whatever order, the store equals a plain Map, and tells exactly what changed', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(fc.array(op, { maxLength: 40, size: 'max' }), (ops) => run(ops, () => createObjectStore<Thing>(options))),
    { numRuns: 300 },
  );
});

test(
  'a view attached to the shared memory equals the same Map after each step, and its snapshots stay what they were',
  { timeout: 120_000 },
  () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40, size: 'max' }), (ops) =>
        run(
          ops,
          () => createObjectStore<Thing>({ ...options, shared: { recordBytes: 8 << 20, indexBytes: 4 << 20 } }),
          (store) => attach<Thing>((store as ObjectStore<Thing>).share()),
        ),
      ),
      { numRuns: 150 },
    );
  },
);
