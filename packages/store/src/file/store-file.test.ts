import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ObjectStore, RawRecord, ScopeId, StoreFileSystem } from '../index.ts';
import { compareResourceVersions, createObjectStore, loadStore, nodeFileSystem, saveStore, StoreFileError } from '../index.ts';
import { createVirtualClock } from '@kubecast/clock/testing';
import { testRecord } from '../testing/index.ts';

interface Thing {
  metadata: { name: string; namespace?: string; resourceVersion: string };
  spec?: { app?: string };
}

const options = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  compareVersions: compareResourceVersions,
  indexes: {
    app: (entry: { value: { readonly spec?: { readonly app?: string } } }) =>
      entry.value.spec?.app === undefined ? [] : [entry.value.spec.app],
  },
};
const files = nodeFileSystem(fs);
const versions = new Map([
  ['s1' as ScopeId, '77'],
  ['s2' as ScopeId, '78'],
]);
const save = { identity: 'cluster things all', versions, clock: createVirtualClock({ wall: 5000 }) };
let folder = '';
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'kubecast-store-'));
});
afterAll(() => fs.rm(folder, { recursive: true }));

function filled(count: number): ObjectStore<Thing> {
  const store = createObjectStore<Thing>(options);
  for (let i = 0; i < count; i += 1) store.put(again(i, count));
  return store;
}
function again(i: number, count = i < 4 ? 4 : 50): RawRecord {
  return testRecord({
    cluster: i % 2 ? 'c' : '',
    namespace: `n${i % 5}`,
    name: `o${(i * 31) % count}-é`,
    uid: `u${i}`,
    version: String(i + 1),
    labels: { i: String(i % 3) },
    spec: { app: `app${i % 4}`.padEnd(i % 50, 'x') },
    scope: i % 3 ? 's1' : 's2',
  });
}
const rows = (store: ObjectStore<Thing>): unknown[] =>
  [...store.view.select()].map((entry) => [entry.key, entry.uid, entry.version, { ...entry.labels }, entry.created, entry.value]);
const load = (path: string, from: StoreFileSystem = files): ReturnType<typeof loadStore<Thing>> =>
  loadStore<Thing>(options, from, path, save.identity);

test('a saved store comes back whole, and goes on: keys, scopes, indexes, versions and time', async () => {
  const path = join(folder, 'whole');
  const store = filled(5000);
  for (let i = 0; i < 5000; i += 7)
    store.remove({ cluster: i % 2 ? 'c' : '', namespace: `n${i % 5}`, name: `o${(i * 31) % 5000}-é` }, `u${i}`);
  await saveStore(store, files, path, save);
  const loaded = await load(path);
  expect(loaded?.savedAt).toBe(5000);
  expect(loaded?.versions).toEqual(versions);
  const again = loaded?.store as ObjectStore<Thing>;
  expect(rows(again)).toEqual(rows(store));
  expect(again.view.size).toBe(store.view.size);
  for (const entry of store.view.select()) expect(again.view.get(entry.key)).toEqual(entry.value);
  expect([...again.view.select({ index: { name: 'app', value: 'app1'.padEnd(21, 'x') } })].map((entry) => entry.uid)).toEqual(
    [...store.view.select({ index: { name: 'app', value: 'app1'.padEnd(21, 'x') } })].map((entry) => entry.uid),
  );
  for (const each of [store, again]) {
    each.put(testRecord({ namespace: 'n1', name: 'new', version: '99999', scope: 's1' }));
    expect([...each.replace('s1' as ScopeId).commit('1')].length).toBeGreaterThan(1000);
  }
  expect(rows(again)).toEqual(rows(store));
});

test('writes that come while a store is saved are not in the file', async () => {
  const path = join(folder, 'meanwhile');
  const store = filled(2000);
  const before = rows(store);
  const saving = saveStore(store, files, path, save);
  for (let i = 0; i < 2000; i += 1)
    store.put(
      testRecord({
        cluster: i % 2 ? 'c' : '',
        namespace: `n${i % 5}`,
        name: `o${(i * 31) % 2000}-é`,
        uid: `u${i}`,
        version: String(90_000 + i),
      }),
    );
  await saving;
  expect(rows((await load(path))?.store as ObjectStore<Thing>)).toEqual(before);
});

test('an empty store is saved and loaded; where there is no file there is no store', async () => {
  const path = join(folder, 'empty');
  await saveStore(createObjectStore<Thing>(options), files, path, save);
  expect((await load(path))?.store.view.size).toBe(0);
  expect(await load(join(folder, 'nowhere'))).toBeUndefined();
});

const memory = (bytes: Uint8Array): StoreFileSystem => ({
  ...files,
  open: async () => ({
    size: bytes.length,
    read: async (into, position) => {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close: async () => undefined,
  }),
});

/** Where the records begin: behind the header and the rows. */
function recordsFrom(bytes: Uint8Array, count: number): number {
  return 16 + (new Int32Array(bytes.buffer.slice(8, 12))[0] as number) + count * 12;
}

test('a file that is cut at any byte, or has more behind it, or has a byte of its header or its rows changed, is refused', async () => {
  const path = join(folder, 'small');
  await saveStore(filled(4), files, path, save);
  const good = new Uint8Array(await fs.readFile(path));
  expect((await load('', memory(good)))?.store.view.size).toBe(4);
  const refused = async (bytes: Uint8Array): Promise<string> =>
    load('', memory(bytes)).then(
      () => 'loaded',
      (error: unknown) => (error instanceof StoreFileError ? error.code : String(error)),
    );
  for (let i = 0; i < good.length; i += 1) {
    const cut = await refused(good.slice(0, i));
    expect([i, cut]).toEqual([i, 'FILE_DAMAGED']);
  }
  for (let i = 0; i < recordsFrom(good, 4); i += 1) {
    for (const flip of [1, 0x80, 0xff]) {
      const bytes = good.slice();
      bytes[i] = (bytes[i] as number) ^ flip;
      expect([i, ['FILE_DAMAGED', 'FILE_FORMAT'].includes(await refused(bytes))]).toEqual([i, true]);
    }
  }
  expect(await refused(new Uint8Array([...good, 0]))).toBe('FILE_DAMAGED');
});

/** The rows of a store that is not written to any more, by key. */
const wantedOf = new WeakMap<ObjectStore<Thing>, ReadonlyMap<string, string>>();

/** What a store shows in every way that there is, as far as it is what was saved: the keys that are missing. */
function missing(store: ObjectStore<Thing>, original: ObjectStore<Thing>): number {
  let all = wantedOf.get(original);
  if (!all)
    wantedOf.set(original, (all = new Map(rows(original).map((row) => [JSON.stringify((row as unknown[])[0]), JSON.stringify(row)]))));
  const wanted = new Map(all);
  const wrong: unknown[] = [];
  for (const row of rows(store)) {
    const key = JSON.stringify((row as unknown[])[0]);
    if (JSON.stringify(row) !== wanted.get(key)) wrong.push(row);
    wanted.delete(key);
  }
  expect(wrong).toEqual([]);
  for (const key of wanted.keys()) {
    expect(store.view.get(JSON.parse(key) as never)).toBeUndefined();
    expect(store.view.entry(JSON.parse(key) as never)).toBeUndefined();
  }
  for (const app of ['app0', 'app1x', 'app2xx', 'app3xxx'])
    for (const entry of store.view.select({ index: { name: 'app', value: app } }))
      expect(wanted.has(JSON.stringify(entry.key))).toBe(false);
  expect(store.view.size).toBe(original.view.size - wanted.size);
  return wanted.size;
}

test('a record with any one byte changed reads as absent and is counted, or is whole; nothing is ever shown wrong', async () => {
  const path = join(folder, 'records');
  const original = filled(4);
  await saveStore(original, files, path, save);
  const good = new Uint8Array(await fs.readFile(path));
  for (const withIndexes of [true, false]) {
    for (let i = recordsFrom(good, 4); i < good.length; i += 1) {
      for (const flip of [1, 0x80, 0xff]) {
        const bytes = good.slice();
        bytes[i] = (bytes[i] as number) ^ flip;
        const loaded = await loadStore<Thing>(
          withIndexes ? options : { ...options, indexes: { app: () => [] } },
          memory(bytes),
          '',
          save.identity,
        );
        const store = loaded?.store as ObjectStore<Thing>;
        const lost = missing(store, original);
        expect([i, store.counters.damaged]).toEqual([i, lost]);
        expect(lost).toBeLessThan(2);
        // What the server lists then is new where it was damaged, and no change where it was not.
        if (i % 16 !== 0) continue;
        const relist = store.replace('s1' as ScopeId);
        for (let n = 0; n < 4; n += 1) relist.put({ ...again(n), scope: 's1' as ScopeId });
        expect([...relist.commit('1')].map(({ type }) => type)).toEqual(lost === 1 ? ['added'] : []);
        expect(rows(store)).toEqual(rows(original));
      }
    }
  }
});

test('a relist over a file that nobody has read yet brings what is damaged in it', async () => {
  const path = join(folder, 'unread');
  const original = filled(4);
  await saveStore(original, files, path, save);
  const good = new Uint8Array(await fs.readFile(path));
  for (let i = recordsFrom(good, 4); i < good.length; i += 1) {
    const bytes = good.slice();
    bytes[i] = (bytes[i] as number) ^ 0x80;
    // An index would read each as it is made.
    const store = (await loadStore<Thing>({ ...options, indexes: {} }, memory(bytes), '', save.identity))?.store as ObjectStore<Thing>;
    const relist = store.replace('s1' as ScopeId);
    for (let n = 0; n < 4; n += 1) relist.put({ ...again(n), scope: 's1' as ScopeId });
    relist.commit('1');
    expect([i, rows(store)]).toEqual([i, rows(original)]);
  }
});

test('damage is found by check before anybody reads, and writes go on over it', async () => {
  const path = join(folder, 'checked');
  const original = filled(50);
  await saveStore(original, files, path, save);
  const good = new Uint8Array(await fs.readFile(path));
  const from = recordsFrom(good, 50);
  const bytes = good.slice();
  for (const part of [0.1, 0.5, 0.9]) {
    const at = from + Math.floor((good.length - from) * part);
    bytes[at] = (bytes[at] as number) ^ 0x10;
  }
  const store = (await loadStore<Thing>({ ...options, indexes: { app: () => [] } }, memory(bytes), '', save.identity))
    ?.store as ObjectStore<Thing>;
  let rounds = 0;
  while (store.check(7)) rounds += 1;
  expect(rounds).toBe(7);
  expect(store.counters.damaged).toBe(3);
  expect(store.view.size).toBe(47);
  expect(missing(store, original)).toBe(3);
  for (let i = 0; i < 50; i += 1) store.put(again(i, 50));
  expect(rows(store)).toEqual(rows(original));
  const second = join(folder, 'second');
  await saveStore(store, files, second, save);
  expect(rows((await load(second))?.store as ObjectStore<Thing>)).toEqual(rows(original));
});

test('many places of a large file, changed or cut, are found', async () => {
  const path = join(folder, 'large');
  const original = filled(6000);
  await saveStore(original, files, path, save);
  const good = new Uint8Array(await fs.readFile(path));
  expect(good.length).toBeGreaterThan(1.5 * 1024 * 1024);
  const from = recordsFrom(good, 6000);
  // The header, the rows, and records of the first slab, the last and between.
  for (let i = 0; i < 12; i += 1) {
    const at = Math.floor((good.length - 1) * (i / 11));
    const bytes = good.slice();
    bytes[at] = (bytes[at] as number) ^ (1 << (i % 8));
    if (at < from) await expect(load('', memory(bytes))).rejects.toThrow(StoreFileError);
    else {
      const store = (await load('', memory(bytes)))?.store as ObjectStore<Thing>;
      expect(missing(store, original)).toBe(store.counters.damaged);
    }
    await expect(load('', memory(good.subarray(0, at)))).rejects.toThrow(StoreFileError);
  }
});

test('a file of another source or kind is refused with the reason', async () => {
  const path = join(folder, 'other');
  await saveStore(filled(3), files, path, save);
  await expect(loadStore(options, files, path, 'another cluster')).rejects.toThrow('it holds "cluster things all", not "another cluster"');
  await expect(loadStore({ ...options, kind: 'Other' }, files, path, save.identity)).rejects.toThrow(
    'it holds example.com/v1 Thing, not example.com/v1 Other',
  );
  await fs.writeFile(path, 'something else altogether');
  await expect(load(path)).rejects.toMatchObject({ code: 'FILE_FORMAT' });
});

test("a file is its owner's only, and a save that fails leaves the old one", async () => {
  const path = join(folder, 'mode');
  await saveStore(filled(3), files, path, save);
  expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
  const before = await fs.readFile(path);
  const failing: StoreFileSystem = { ...files, replace: () => Promise.reject(new Error('no space')) };
  await expect(saveStore(filled(5), failing, path, save)).rejects.toMatchObject({ code: 'FILE_WRITE' });
  expect(await fs.readFile(path)).toEqual(before);
  expect((await fs.readdir(folder)).filter((name) => name.startsWith('mode'))).toEqual(['mode']);
});

test('saves of one path wait for each other: each ends, the last one called stands, and nothing is left aside', async () => {
  const path = join(folder, 'twice');
  const store = filled(300);
  const saves = [1, 2, 3].map((each) => {
    store.put(again(each, 50 + each));
    return saveStore(store, files, path, { ...save, identity: `save ${each}` });
  });
  await Promise.all(saves);
  const loaded = await loadStore<Thing>(options, files, path, 'save 3');
  expect(rows(loaded?.store as ObjectStore<Thing>)).toEqual(rows(store));
  // One that fails is told to its caller alone.
  let fails = true;
  const failing: StoreFileSystem = {
    ...files,
    replace: (from, to) => {
      if (!fails) return files.replace(from, to);
      fails = false;
      return Promise.reject(new Error('no space'));
    },
  };
  const [first, second] = await Promise.allSettled([saveStore(store, failing, path, save), saveStore(store, failing, path, save)]);
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  expect((await fs.readdir(folder)).filter((name) => name.startsWith('twice'))).toEqual(['twice']);
});

test('Secrets are saved only when that is asked for', async () => {
  const path = join(folder, 'secrets');
  const store = createObjectStore<Thing>({ apiVersion: 'v1', kind: 'Secret' });
  store.put(testRecord({ name: 'a' }));
  await expect(saveStore(store, files, path, save)).rejects.toMatchObject({ code: 'FILE_SECRETS' });
  await saveStore(store, files, path, { ...save, secrets: true });
  expect((await loadStore<Thing>({ apiVersion: 'v1', kind: 'Secret' }, files, path, save.identity))?.store.view.size).toBe(1);
});
