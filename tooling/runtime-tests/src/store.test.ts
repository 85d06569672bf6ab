import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Backoff, systemClock } from '@kubecast/clock';
import { writeJson } from '@kubecast/exact-json';
import {
  attach,
  compareKeys,
  compareResourceVersions,
  createObjectStore,
  encodeKey,
  isStoreError,
  loadStore,
  matchesLabels,
  nodeFileSystem,
  parseLabelSelector,
  saveStore,
} from '@kubecast/store';
import type { Key, ScopeId, Writer } from '@kubecast/store';
import { createVirtualClock } from '@kubecast/clock/testing';
import { testRecord } from '@kubecast/store/testing';

interface Thing {
  metadata: { name: string; resourceVersion: string };
  spec?: { app?: string };
}

const make = (): Writer<Thing> =>
  createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    compareVersions: compareResourceVersions,
    indexes: { app: (entry) => (entry.value.spec?.app === undefined ? [] : [entry.value.spec.app]) },
  });
const at = (name: string): Key => ({ cluster: '', namespace: 'n', name });

test('store: what was put is read back, an older version is not', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a', version: '10', spec: { app: 'naïve-\u{1F600}' } }));
  assert.deepEqual(store.put(testRecord({ namespace: 'n', name: 'a', version: '9' })), []);
  assert.equal(store.view.get(at('a'))?.spec?.app, 'naïve-\u{1F600}');
  assert.equal(store.view.get(at('b')), undefined);
});

test('store: thousands of objects are listed in the order of the server, by namespace and by index', () => {
  const store = make();
  const keys: Key[] = [];
  for (let i = 0; i < 3000; i += 1) {
    const key = { cluster: '', namespace: `ns${i % 7}${i % 2 ? '-x' : ''}`, name: `o${(i * 7919) % 3001}` };
    keys.push(key);
    store.put(testRecord({ ...key, uid: `u${i}`, spec: { app: `app${i % 11}` } }));
  }
  assert.deepEqual(
    [...store.view.select()].map((entry) => entry.key),
    [...keys].sort(compareKeys),
  );
  assert.equal([...store.view.select({ index: { name: 'app', value: 'app3' } })].length, keys.filter((_, i) => i % 11 === 3).length);
  assert.equal([...store.view.select({ namespace: 'ns1-x' })].length, keys.filter((key) => key.namespace === 'ns1-x').length);
});

test('store: thousands of updates and removes leave what a Map holds', () => {
  const store = make();
  const model = new Map<string, number>();
  const clock = createVirtualClock({ seed: 5 });
  for (let i = 1; i <= 8000; i += 1) {
    const name = `o${Math.floor(clock.random() * 400)}`;
    if (clock.random() < 0.3) {
      store.remove(at(name), `uid-${name}`);
      model.delete(name);
    } else {
      store.put(testRecord({ namespace: 'n', name, version: String(i), spec: { app: 'x'.repeat(i % 300) } }));
      model.set(name, i);
    }
  }
  assert.equal(store.view.size, model.size);
  for (const [name, version] of model) assert.equal(store.view.get(at(name))?.metadata.resourceVersion, String(version));
});

test('store: a relist gives the exact difference and is seen at once', () => {
  const store = make();
  for (const name of ['a', 'b', 'c']) store.put(testRecord({ namespace: 'n', name }));
  const relist = store.replace('' as ScopeId);
  relist.put(testRecord({ namespace: 'n', name: 'a' }));
  relist.put(testRecord({ namespace: 'n', name: 'b', version: '2' }));
  relist.put(testRecord({ namespace: 'n', name: 'd' }));
  assert.equal(store.view.size, 3);
  assert.deepEqual([...relist.commit('3')].map((change) => `${change.type} ${change.entry.key.name}`).sort(), [
    'added d',
    'deleted c',
    'updated b',
  ]);
  assert.equal(store.view.get(at('b'))?.metadata.resourceVersion, '2');
});

test('store: a snapshot stands still', () => {
  const store = make();
  store.put(testRecord({ namespace: 'n', name: 'a' }));
  const snapshot = store.view.snapshot();
  store.remove(at('a'), 'uid-a');
  assert.equal(snapshot.get(at('a'))?.metadata.name, 'a');
  assert.equal(store.view.size, 0);
  snapshot[Symbol.dispose]();
});

test('store: what is no object is refused as a StoreError', () => {
  const store = make();
  for (const bad of ['', '[]', '{"metadata":{"name":"a"}}', '{"metadata":{"name":"a","uid":"u"}']) {
    assert.throws(
      () => store.put({ object: new TextEncoder().encode(bad) }),
      (error) => isStoreError(error) && error.code === 'RECORD_INVALID',
    );
  }
});

test('store: hostile names are names', () => {
  const store = make();
  for (const name of ['__proto__', 'constructor', 'a/b', '\0']) store.put(testRecord({ namespace: 'n', name }));
  for (const name of ['__proto__', 'constructor', 'a/b', '\0']) assert.equal(store.view.get(at(name))?.metadata.name, name);
  assert.notEqual(encodeKey({ cluster: '', namespace: 'a/b', name: 'c' }), encodeKey({ cluster: '', namespace: 'a', name: 'b/c' }));
});

test('store: selectors decide as the API server does', () => {
  assert.equal(matchesLabels(parseLabelSelector('app in (a,b),tier!=x,!gone'), { app: 'b' }), true);
  assert.equal(matchesLabels(parseLabelSelector('app'), {}), false);
});

test('store: clocks sleep, abort, and back off', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(sleep, /enough/);
  await systemClock.sleep(1);
  const clock = createVirtualClock();
  let woke = 0;
  void clock.sleep(10).then(() => (woke = clock.now()));
  await clock.advance(20);
  assert.equal(woke, 10);
  assert.ok(new Backoff(clock).next() <= 800);
});

test('store: a saved store comes back whole, and a damaged file is refused', async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'kubecast-store-'));
  try {
    const files = nodeFileSystem(fs);
    const path = join(folder, 'things');
    const store = make();
    for (let i = 0; i < 3000; i += 1) store.put(testRecord({ namespace: `n${i % 3}`, name: `o${i}`, spec: { app: 'x'.repeat(i % 500) } }));
    await saveStore(store, files, path, { identity: 'here', versions: new Map() });
    const options = { apiVersion: 'example.com/v1', kind: 'Thing' };
    const loaded = await loadStore<Thing>(options, files, path, 'here');
    assert.deepEqual(
      [...(loaded?.store.view.select() ?? [])].map((entry) => entry.value),
      [...store.view.select()].map((entry) => entry.value),
    );
    await assert.rejects(loadStore(options, files, path, 'there'), (error) => isStoreError(error) && error.code === 'FILE_OTHER');
    const bytes = await fs.readFile(path);
    // One record is damaged: it reads as absent and is counted, and the others are there.
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 4;
    await fs.writeFile(path, bytes);
    const without = await loadStore<Thing>(options, files, path, 'here');
    assert.equal([...(without?.store.view.select() ?? [])].length, 2999);
    assert.equal(without?.store.counters.damaged, 1);
    // The header is damaged: nothing of the file is used.
    bytes[100] = (bytes[100] ?? 0) ^ 4;
    await fs.writeFile(path, bytes);
    await assert.rejects(loadStore(options, files, path, 'here'), (error) => isStoreError(error) && error.code === 'FILE_DAMAGED');
  } finally {
    await fs.rm(folder, { recursive: true });
  }
});

test('store: leases past their time are taken over by a reader while the writer writes nothing, and not before', async () => {
  const clock = createVirtualClock();
  const store = createObjectStore<Record<string, unknown>>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    shared: { recordBytes: 8 << 20, indexBytes: 1 << 20 },
  });
  store.put(testRecord({ name: 'a' }));
  const handle = store.share();
  const held = Array.from({ length: 256 }, () => attach(handle, { clock }).snapshot());
  const view = attach(handle, { clock });
  await clock.advance(10_000);
  assert.throws(() => [...view.select()], /256 readers/);
  await clock.advance(3_000);
  assert.equal([...view.select()].length, 1);
  assert.throws(() => held[0]?.size, { code: 'ITERATION_EXPIRED' });
});

test('store: integers beyond 2^53 are written back as they were put', () => {
  const store = createObjectStore<Record<string, unknown>>({ apiVersion: 'example.com/v1', kind: 'Thing' });
  const json = '{"metadata":{"name":"a","uid":"u","resourceVersion":"1"},"spec":{"nanos":1764468000000000001,"list":[9007199254740993]}}';
  store.put({ object: new TextEncoder().encode(json) });
  const value = store.view.get({ namespace: '', name: 'a' });
  assert.equal(writeJson(value), `{"apiVersion":"example.com/v1","kind":"Thing",${json.slice(1)}`);
});
