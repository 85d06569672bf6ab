import { expect, test } from 'vitest';
import type { Change, Key, ObjectStore, ScopeId, Writer } from './index.ts';
import {
  attach,
  compareResourceVersions,
  createObjectStore,
  parseLabelSelector,
  RecordError,
  SnapshotExpired,
  StoreError,
} from './index.ts';
import { testRecord } from './testing/index.ts';

interface Thing {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    managedFields?: unknown;
  };
  spec?: { app?: string; models?: string[]; deep?: { list: number[] } };
}

const make = (): ObjectStore<Thing> =>
  createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    compareVersions: compareResourceVersions,
    indexes: {
      app: (entry) => (entry.value.spec?.app === undefined ? [] : [entry.value.spec.app]),
      model: (entry) => entry.value.spec?.models ?? [],
    },
  });
const at = (name: string, namespace = 'n'): Key => ({ cluster: '', namespace, name });
const told = (changes: Iterable<Change<Thing>>): string[] =>
  [...changes].map((change) => `${change.type} ${change.entry.key.name} ${change.entry.uid}@${change.entry.version}`);
const names = (store: Writer<Thing>, query: Parameters<Writer<Thing>['view']['select']>[0] = {}): string[] =>
  [...store.view.select(query)].map((entry) => entry.key.name);

test('what was put is read back with apiVersion and kind, without managedFields', () => {
  const store = make();
  expect(told(store.put(testRecord({ namespace: 'n', name: 'a', labels: { x: 'y' }, spec: { app: 'A' } })))).toEqual(['added a uid-a@1']);
  expect(store.view.get(at('a'))).toEqual({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: {
      creationTimestamp: '2026-01-02T03:04:05Z',
      labels: { x: 'y' },
      name: 'a',
      namespace: 'n',
      resourceVersion: '1',
      uid: 'uid-a',
    },
    spec: { app: 'A' },
  });
  const entry = store.view.entry(at('a'));
  expect({ ...entry?.labels }).toEqual({ x: 'y' });
  expect(Object.getPrototypeOf(entry?.labels)).toBeNull();
  expect(entry?.created).toBe(Date.parse('2026-01-02T03:04:05Z'));
  expect(entry?.deleting).toBe(false);
  expect(store.view.get(at('b'))).toBeUndefined();
  expect(store.view.get(at('a', ''))).toBeUndefined();
});

test('an update tells the object before; an older or equal version is no change', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', version: '9', spec: { app: 'A' } }));
  const [change] = store.put(testRecord({ namespace: 'n', name: 'a', version: '10', spec: { app: 'B' } }));
  expect(change?.type).toBe('updated');
  expect(change?.previous?.value.spec?.app).toBe('A');
  expect(change?.entry.value.spec?.app).toBe('B');
  const sequence = store.view.sequence;
  expect(store.put(testRecord({ namespace: 'n', name: 'a', version: '9', spec: { app: 'A' } }))).toEqual([]);
  expect(store.put(testRecord({ namespace: 'n', name: 'a', version: '10', spec: { app: 'B' } }))).toEqual([]);
  expect(store.view.sequence).toBe(sequence);
});

test('another UID under a key is a delete of the old life and an add of the new one', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', uid: 'one', version: '1' }));
  const changes = store.put(testRecord({ namespace: 'n', name: 'a', uid: 'two', version: '5' }));
  expect(told(changes)).toEqual(['deleted a one@1', 'added a two@5']);
  expect(changes[0]?.finalStateKnown).toBe(false);
  expect(store.remove(at('a'), 'one')).toEqual([]);
  expect(store.view.entry(at('a'))?.uid).toBe('two');
});

test('a remove tells the final state if it was brought, else the last known one', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { app: 'A' } }));
  store.put(testRecord({ namespace: 'n', name: 'b', spec: { app: 'A' } }));
  const [known] = store.remove(at('a'), 'uid-a', testRecord({ namespace: 'n', name: 'a', version: '7', spec: { app: 'Z' } }));
  expect([known?.entry.version, known?.entry.value.spec?.app, known?.finalStateKnown]).toEqual(['7', 'Z', true]);
  expect([known?.previous?.version, known?.previous?.value.spec?.app]).toEqual(['1', 'A']);
  const [unknown] = store.remove(at('b'), 'uid-b');
  expect([unknown?.entry.version, unknown?.finalStateKnown]).toEqual(['1', false]);
  expect(store.view.size).toBe(0);
  expect(names(store, { index: { name: 'app', value: 'A' } })).toEqual([]);
});

test('a relist is not seen before its commit, and then gives the exact difference', () => {
  const store = make();
  const scope = '' as ScopeId;
  for (const name of ['stays', 'changes', 'goes', 'reborn']) store.put(testRecord({ namespace: 'n', name, version: '5' }));
  const relist = store.replace(scope);
  relist.put(testRecord({ namespace: 'n', name: 'stays', version: '5' }));
  relist.put(testRecord({ namespace: 'n', name: 'changes', version: '6' }));
  relist.put(testRecord({ namespace: 'n', name: 'reborn', uid: 'other', version: '7' }));
  relist.put(testRecord({ namespace: 'n', name: 'new', version: '8' }));
  expect(names(store)).toEqual(['changes', 'goes', 'reborn', 'stays']);
  const changes = [...relist.commit('9')];
  expect(told(changes).sort()).toEqual([
    'added new uid-new@8',
    'added reborn other@7',
    'deleted goes uid-goes@5',
    'deleted reborn uid-reborn@5',
    'updated changes uid-changes@6',
  ]);
  expect(names(store)).toEqual(['changes', 'new', 'reborn', 'stays']);
  expect(() => relist.put(testRecord({ name: 'late' }))).toThrow(StoreError);
});

test('a commit is published before its changes are walked', () => {
  const store = make();
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'a' }));
  relist.commit('1');
  expect(store.view.get(at('a'))).toBeDefined();
});

test('an aborted relist leaves nothing', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a' }));
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'b' }));
  relist.abort();
  expect(names(store)).toEqual(['a']);
  expect(() => relist.commit('1')).toThrow(StoreError);
});

test('an equal version with other content is an update in a relist: the CRD changed', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', version: '5', spec: { app: 'A' } }));
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'a', version: '5', spec: { app: 'A', models: ['defaulted'] } }));
  expect(told(relist.commit('6'))).toEqual(['updated a uid-a@5']);
});

test('of two records of one object in a relist the newer stays, whatever their order', () => {
  for (const order of [
    ['8', '12'],
    ['12', '8'],
  ]) {
    const store = make();
    const relist = store.replace('' as ScopeId);
    for (const version of order) relist.put(testRecord({ namespace: 'n', name: 'a', version }));
    expect(told(relist.commit('20'))).toEqual(['added a uid-a@12']);
  }
});

test('what a relist collected can be taken out again, by its UID only', () => {
  const store = make();
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'a' }));
  relist.put(testRecord({ namespace: 'n', name: 'b' }));
  relist.remove(at('a'), 'uid-a');
  relist.remove(at('b'), 'another');
  expect(told(relist.commit('2'))).toEqual(['added b uid-b@1']);
});

test('a relist of one scope leaves the others alone', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', scope: 's1' }));
  store.put(testRecord({ namespace: 'n', name: 'b', scope: 's2' }));
  expect(told(store.replace('s1' as ScopeId).commit('2'))).toEqual(['deleted a uid-a@1']);
  expect(names(store)).toEqual(['b']);
});

test('objects handed to another scope stay without a change and are kept by it', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', scope: 's1' }));
  store.put(testRecord({ namespace: 'm', name: 'b', scope: 's1' }));
  const sequence = store.view.sequence;
  store.move('s1' as ScopeId, 's2' as ScopeId, 'n');
  expect(store.view.sequence).toBe(sequence);
  expect(told(store.replace('s1' as ScopeId).commit('2'))).toEqual(['deleted b uid-b@1']);
  expect(told(store.replace('s2' as ScopeId).commit('2'))).toEqual(['deleted a uid-a@1']);
});

test('select goes in the order of the server and honours every part of a query', () => {
  const store = make();
  for (const [namespace, name, app, tier] of [
    ['a', 'x', 'A', 'f'],
    ['a-0', 'x', 'A', 'b'],
    ['a', 'xy', 'B', 'f'],
    ['b', 'z', 'B', 'b'],
  ] as const) {
    store.put(testRecord({ namespace, name, uid: `${namespace}/${name}`, labels: { tier }, spec: { app, models: [app, 'all'] } }));
  }
  const pick = (query: Parameters<typeof store.view.select>[0]): string[] => [...store.view.select(query)].map((entry) => entry.uid);
  expect(pick({})).toEqual(['a-0/x', 'a/x', 'a/xy', 'b/z']);
  expect(pick({ namespace: 'a' })).toEqual(['a/x', 'a/xy']);
  expect(pick({ labels: parseLabelSelector('tier=b') })).toEqual(['a-0/x', 'b/z']);
  expect(pick({ index: { name: 'app', value: 'B' } })).toEqual(['a/xy', 'b/z']);
  expect(pick({ index: { name: 'model', value: 'all' }, namespace: 'a', namePrefix: 'xy' })).toEqual(['a/xy']);
  expect(pick({ cluster: 'other' })).toEqual([]);
  expect(() => pick({ index: { name: 'nope', value: 'x' } })).toThrow('no index named "nope"; there are: app, model');
});

test('an index added live holds what stands there and follows what comes', () => {
  const store = make();
  let runs = 0;
  store.put(testRecord({ namespace: 'n', name: 'a', labels: { tier: 'f' } }));
  store.addIndex('tier', (entry) => {
    runs += 1;
    return entry.labels['tier'] === undefined ? [] : [entry.labels['tier']];
  });
  store.put(testRecord({ namespace: 'n', name: 'b', labels: { tier: 'f' } }));
  expect(names(store, { index: { name: 'tier', value: 'f' } })).toEqual(['a', 'b']);
  store.put(testRecord({ namespace: 'n', name: 'a', version: '2', labels: { tier: 'g' } }));
  expect(names(store, { index: { name: 'tier', value: 'f' } })).toEqual(['b']);
  expect(names(store, { index: { name: 'tier', value: 'g' } })).toEqual(['a']);
  expect(runs).toBe(3);
  expect(() => store.addIndex('tier', () => [])).toThrow(StoreError);
});

test('an entry stays what it was when the store moves on', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { app: 'old' } }));
  const held = store.view.entry(at('a'));
  expect(held?.value.spec?.app).toBe('old');
  store.put(testRecord({ namespace: 'n', name: 'a', version: '2', spec: { app: 'new' } }));
  store.remove(at('a'), 'uid-a');
  expect(held?.value.spec?.app).toBe('old');
});

test('mutable gives a copy of its own each time', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { deep: { list: [1] } } }));
  const entry = store.view.entry(at('a'));
  const list = entry?.value.spec?.deep?.list as number[] | undefined;
  expect(() => list?.push(3)).toThrow(TypeError);
  const copy = entry?.mutable();
  copy?.spec?.deep?.list.push(2);
  expect(entry?.value.spec?.deep?.list).toEqual([1]);
  expect(entry?.mutable().spec?.deep?.list).toEqual([1]);
});

test('a snapshot shows what was there when it was taken', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { app: 'A' } }));
  const snapshot = store.view.snapshot();
  store.put(testRecord({ namespace: 'n', name: 'a', version: '2', spec: { app: 'B' } }));
  store.put(testRecord({ namespace: 'n', name: 'b', spec: { app: 'A' } }));
  expect([...snapshot.select({})].map((entry) => entry.value.spec?.app)).toEqual(['A']);
  expect([...snapshot.select({ index: { name: 'app', value: 'A' } })].map((entry) => entry.key.name)).toEqual(['a']);
  expect([snapshot.size, store.view.size]).toEqual([1, 2]);
  snapshot[Symbol.dispose]();
});

test('hostile names are names like all others', () => {
  const store = make();
  const hostile = ['__proto__', 'constructor', 'toString', 'a/b', 'x'.repeat(253), 'naïve-\u{1F600}', '\0'];
  for (const name of hostile)
    store.put(testRecord({ namespace: '__proto__', name, labels: { __proto__: 'x', constructor: name.slice(0, 5) }, spec: { app: name } }));
  expect(store.view.size).toBe(hostile.length);
  for (const name of hostile) {
    expect(store.view.get(at(name, '__proto__'))?.metadata.name).toBe(name);
    expect(names(store, { index: { name: 'app', value: name } })).toEqual([name]);
  }
  expect(names(store, { index: { name: 'app', value: 'hasOwnProperty' } })).toEqual([]);
});

test('what cannot be stored is refused with its place, and changes nothing', () => {
  const store = make();
  const put = (text: string): readonly Change<Thing>[] => store.put({ object: new TextEncoder().encode(text) });
  for (const bad of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{}',
    '{"metadata":1}',
    '{"metadata":{"uid":"u"}}',
    '{"metadata":{"name":"a"}}',
    '{"metadata":{"name":1,"uid":"u"}}',
    '{"metadata":{"name":"a","uid":"u"}}x',
  ]) {
    expect(() => put(bad)).toThrow(RecordError);
  }
  expect(() => store.put({ object: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) })).toThrow(RecordError);
  expect([store.view.size, store.view.sequence]).toEqual([0, 0n]);
});

test('the bytes put are borrowed: changing them later changes nothing', () => {
  const store = make();
  const record = testRecord({ namespace: 'n', name: 'a', spec: { app: 'A' } });
  store.put(record);
  record.object.fill(0x20);
  expect(store.view.get(at('a'))?.spec?.app).toBe('A');
});

test('paths of choice are dropped, and a transform changes what is kept', () => {
  const store = createObjectStore<Thing>({
    apiVersion: 'v1',
    kind: 'T',
    drop: [
      ['spec', 'deep'],
      ['metadata', 'labels', 'x'],
    ],
    transform: (object) => ({ ...object, spec: { ...(object['spec'] as object), app: 'made' } }),
  });
  store.put(testRecord({ name: 'a', labels: { x: '1', y: '2' }, spec: { models: ['m'], deep: { list: [1] } } }));
  const value = store.view.get({ cluster: '', namespace: '', name: 'a' });
  expect(value?.spec).toEqual({ models: ['m'], app: 'made' });
  expect(value?.metadata.labels).toEqual({ y: '2' });
  expect(value?.metadata.managedFields).toHaveLength(1);
});

test('an extractor that throws leaves the store as it was, also in the midst of a commit', () => {
  const store = createObjectStore<Thing>({
    apiVersion: 'v1',
    kind: 'T',
    compareVersions: compareResourceVersions,
    indexes: {
      app: (entry) => [entry.value.spec?.app ?? ''],
      strict: (entry) => {
        if (entry.value.spec?.app === 'bad') throw new Error('no');
        return [];
      },
    },
  });
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { app: 'good' } }));
  const sequence = store.view.sequence;
  expect(() => store.put(testRecord({ namespace: 'n', name: 'a', version: '2', spec: { app: 'bad' } }))).toThrow('no');
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'b', spec: { app: 'good' } }));
  relist.put(testRecord({ namespace: 'n', name: 'c', spec: { app: 'bad' } }));
  expect(() => relist.commit('3')).toThrow('no');
  expect(store.view.sequence).toBe(sequence);
  expect(names(store)).toEqual(['a']);
  expect(names(store, { index: { name: 'app', value: 'good' } })).toEqual(['a']);
});

test('an equal put and an equal relist run no extractor and keep no second copy', () => {
  let runs = 0;
  const store = createObjectStore<Thing>({
    apiVersion: 'v1',
    kind: 'T',
    compareVersions: compareResourceVersions,
    indexes: {
      x: () => {
        runs += 1;
        return ['v'];
      },
    },
  });
  const records = Array.from({ length: 2000 }, (_, i) => testRecord({ namespace: 'n', name: `o${i}`, spec: { app: 'x'.repeat(200) } }));
  for (const record of records) store.put(record);
  const before = store.counters;
  for (const record of records) store.put(record);
  const relist = store.replace('' as ScopeId);
  for (const record of records) relist.put(record);
  expect([...relist.commit('2')]).toEqual([]);
  expect(runs).toBe(2000);
  expect(store.counters).toEqual(before);
});

test('a record that a relist counts on survives its removal and its compaction meanwhile', () => {
  const store = make();
  const count = 3000;
  const record = (i: number, version = '1'): ReturnType<typeof testRecord> =>
    testRecord({ namespace: 'n', name: `o${i}`, version, spec: { app: `${i}`.padEnd(150, 'x') } });
  for (let i = 0; i < count; i += 1) store.put(record(i));
  const relists = [store.replace('' as ScopeId), store.replace('' as ScopeId)];
  for (const relist of relists) for (let i = 0; i < count; i += 1) relist.put(record(i));
  for (let i = 0; i < count; i += 1) if (i % 3) store.remove(at(`o${i}`), `uid-o${i}`);
  for (let i = 0; i < 1500; i += 1) store.put(record(count, String(i + 2)));
  expect(store.counters.movedRecords).toBeGreaterThan(0);
  for (const relist of relists) {
    relist.commit('9999');
    expect(store.view.size).toBe(count);
    for (let i = 0; i < count; i += 1) expect(store.view.get(at(`o${i}`))?.spec?.app).toBe(`${i}`.padEnd(150, 'x'));
  }
});

test('dead records give their memory back', () => {
  const store = make();
  for (let round = 0; round < 12; round += 1)
    for (let i = 0; i < 1000; i += 1)
      store.put(
        testRecord({ namespace: 'n', name: `o${i}`, version: String(round), spec: { app: 'x'.repeat(500 + ((i * round) % 300)) } }),
      );
  const { recordBytes, reservedBytes } = store.counters;
  expect(reservedBytes).toBeLessThan(recordBytes * 1.25 + 2 * 1024 * 1024);
  for (let i = 0; i < 1000; i += 1) expect(store.view.get(at(`o${i}`))?.metadata.resourceVersion).toBe('11');
});

test('what is read twice is kept parsed and frozen, until it changes or the budget is spent', () => {
  const store = createObjectStore<Thing>({ apiVersion: 'v1', kind: 'T', compareVersions: compareResourceVersions, hotBytes: 40_000 });
  store.put(testRecord({ namespace: 'n', name: 'a', spec: { deep: { list: [1] } } }));
  expect(store.view.get(at('a'))).not.toBe(store.view.get(at('a')));
  const hot = store.view.get(at('a'));
  expect(store.view.get(at('a'))).toBe(hot);
  expect(store.view.entry(at('a'))?.value).toBe(hot);
  expect(Object.isFrozen(hot?.spec?.deep?.list)).toBe(true);
  expect([store.counters.cacheRequests, store.counters.cacheHits, store.counters.promotions]).toEqual([5, 3, 1]);
  store.put(testRecord({ namespace: 'n', name: 'a', version: '2', spec: { deep: { list: [2] } } }));
  expect(store.counters.hotBytes).toBe(0);
  expect(store.view.get(at('a'))?.spec?.deep?.list).toEqual([2]);
  for (let i = 0; i < 300; i += 1) store.put(testRecord({ namespace: 'n', name: `o${i}` }));
  for (let round = 0; round < 3; round += 1) for (let i = 0; i < 300; i += 1) store.view.get(at(`o${i}`));
  expect(store.counters.hotBytes).toBeLessThanOrEqual(40_000);
  expect(store.counters.evictions).toBeGreaterThan(0);
});

test('an entry held over compaction and reuse of its memory still is what it was', () => {
  const store = make();
  for (let i = 0; i < 3000; i += 1) store.put(testRecord({ namespace: 'n', name: `o${i}`, spec: { app: `first ${i}`.padEnd(300) } }));
  const held = [...store.view.select()];
  for (let round = 2; round < 12; round += 1)
    for (let i = 0; i < 3000; i += 1)
      store.put(testRecord({ namespace: 'n', name: `o${(i * 7) % 3000}`, version: String(round), spec: { app: 'later' } }));
  for (const entry of held) expect(entry.value.spec?.app).toBe(`first ${entry.key.name.slice(1)}`.padEnd(300));
});

test('a select goes on in order while the store changes under it', () => {
  const store = make();
  for (let i = 0; i < 600; i += 1) store.put(testRecord({ namespace: 'n', name: `o${String(i).padStart(4, '0')}` }));
  const kept = (i: number): boolean => i < 50 || (i >= 130 && i < 140) || i >= 290;
  const seen: string[] = [];
  for (const entry of store.view.select()) {
    seen.push(entry.key.name);
    if (seen.length === 100) {
      // Some from before the cursor, which shifts what follows, and whole stretches after it.
      for (let i = 50; i < 300; i += 1) {
        if (kept(i)) continue;
        store.remove(at(`o${String(i).padStart(4, '0')}`), `uid-o${String(i).padStart(4, '0')}`);
      }
      store.put(testRecord({ namespace: 'n', name: 'o0000a' }));
      store.put(testRecord({ namespace: 'n', name: 'o0400a' }));
    }
  }
  const expected = Array.from({ length: 600 }, (_, i) => `o${String(i).padStart(4, '0')}`).filter((_, i) => i < 100 || kept(i));
  expected.splice(expected.indexOf('o0400') + 1, 0, 'o0400a');
  expect(seen).toEqual(expected);
});

test('a snapshot past its cap of changes expires aloud, a disposed one too', () => {
  const store = createObjectStore<Thing>({ apiVersion: 'v1', kind: 'T' });
  const snapshot = store.view.snapshot();
  const disposed = store.view.snapshot();
  disposed[Symbol.dispose]();
  for (let i = 0; i <= 65_536; i += 1) store.put(testRecord({ name: `o${i}` }));
  expect(() => snapshot.get(at('a'))).toThrow(SnapshotExpired);
  expect(() => [...snapshot.select()]).toThrow(SnapshotExpired);
  expect(() => disposed.size).toThrow(StoreError);
});

test('an old entry never reads the record that later got its very place', () => {
  const store = createObjectStore<Thing>({ apiVersion: 'v1', kind: 'T', compareVersions: compareResourceVersions, hotBytes: 0 });
  const write = (version: number): Change<Thing> | undefined =>
    store.put(testRecord({ namespace: 'n', name: 'a', version: String(version), spec: { app: 'x'.repeat(3000) } }))[0];
  // One object changed again and again goes round through the same places, of records of one size.
  const held = Array.from({ length: 3000 }, (_, i) => write(10_000 + i)?.entry);
  for (let i = 0; i < 20; i += 1) write(20_000 + i);
  held.forEach((entry, i) => expect(entry?.value.metadata.resourceVersion).toBe(String(10_000 + i)));
});

test('a record that takes the room of one that was taken back has nothing of it', () => {
  const store = make();
  const put = (json: string): readonly Change<Thing>[] => store.put({ object: new TextEncoder().encode(json) });
  const first =
    '{"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"5","labels":{"x":"y"},"deletionTimestamp":"2026-01-01T00:00:00Z"}}';
  put(first);
  put(first);
  put('{"metadata":{"name":"b","uid":"v"}}');
  const entry = store.view.entry({ cluster: '', namespace: '', name: 'b' });
  expect([entry?.uid, entry?.version, entry?.deleting, { ...entry?.labels }]).toEqual(['v', '', false, {}]);
});

test('a name is a name in a shared store and in its readers too: marks of byte order, line separators, NUL, normal forms, case', () => {
  const names = ['\uFEFF', '\uFEFFa', 'a', 'A', '\u2028', 'a\u0000', '\u0000', 'é', 'e\u0301', '\u202Ea', '__proto__', '..', '😀', 'a/b'];
  const clusters = ['', '\uFEFF', '\uFEFFx', 'x', '\u0000', '\ud800', '__proto__'];
  const store = createObjectStore<{ metadata: { name: string } }>({
    apiVersion: 'v1',
    kind: 'K',
    indexes: { name: (entry) => [entry.value.metadata.name] },
    shared: { recordBytes: 16 << 20, indexBytes: 4 << 20 },
  });
  for (const cluster of clusters)
    for (const name of names) store.put({ ...testRecord({ namespace: name, name, uid: `${clusters.indexOf(cluster)}|${name}` }), cluster });
  for (const view of [store.view, attach<{ metadata: { name: string } }>(store.share()), store.view.snapshot()]) {
    expect([...view.select()]).toHaveLength(clusters.length * names.length);
    for (const cluster of clusters)
      for (const name of names) {
        const entry = view.entry({ cluster, namespace: name, name });
        expect(entry?.key).toEqual({ cluster, namespace: name, name });
        expect(entry?.uid).toBe(`${clusters.indexOf(cluster)}|${name}`);
        expect([...view.select({ cluster, namespace: name, index: { name: 'name', value: name } })]).toHaveLength(1);
      }
  }
  // JSON may hold half of a surrogate pair, which has no bytes of its own: it is refused rather than become another name.
  expect(() => store.put({ object: new TextEncoder().encode('{"metadata":{"name":"\\ud800","uid":"u"}}') })).toThrow(
    'half of a surrogate pair',
  );
});
