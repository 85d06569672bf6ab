import { expect, test } from 'vitest';
import type { ObjectStoreOptions, ScopeId, StoreFileSystem } from '../index.ts';
import { attach, createObjectStore, isStoreError, saveStore } from '../index.ts';
import { testRecord } from '../testing/index.ts';

const options = { apiVersion: 'example.com/v1', kind: 'Thing' };

/** The code and the message of what is thrown. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return isStoreError(error) ? `${error.code}: ${error.message}` : `not of the store: ${String(error)}`;
  }
  return 'nothing was refused';
}

test('an option of the wrong kind is refused by its name when the store is made', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['apiVersion', { apiVersion: undefined }],
    ['apiVersion', { apiVersion: '' }],
    ['kind', { kind: 5 }],
    ['transform', { transform: 'spec' }],
    ['compareVersions', { compareVersions: true }],
    ['hotBytes', { hotBytes: Number.NaN }],
    ['hotBytes', { hotBytes: -1 }],
    ['hotBytes', { hotBytes: '32' }],
    ['indexes', { indexes: 'app' }],
    ['drop', { drop: 'metadata.managedFields' }],
    ['drop', { drop: ['metadata'] }],
    ['drop', { drop: [['metadata', 5]] }],
    ['extractor of the index "app" is no function', { indexes: { app: 'spec.app' } }],
  ];
  for (const [name, given] of wrong)
    expect(
      refusal(() => createObjectStore({ ...options, ...(given as object) })),
      JSON.stringify(given),
    ).toMatch(new RegExp(`^OPTIONS_INVALID: .*${name}`));
  for (const none of [undefined, null, 'Thing'])
    expect(refusal(() => createObjectStore(none as unknown as ObjectStoreOptions<unknown>))).toMatch(/^OPTIONS_INVALID: the options/);
  for (const good of [{ hotBytes: 0 }, { hotBytes: Infinity }, { drop: [] }, { transform: undefined }])
    expect(createObjectStore({ ...options, ...(good as object) }).view.size).toBe(0);
});

test('an extractor that gives anything but a list of texts is refused by the name of its index, and nothing is changed', () => {
  for (const shared of [undefined, { recordBytes: 4 << 20, indexBytes: 1 << 20 }])
    for (const given of [undefined, null, 'a text', 5, [1], ['a', null], Promise.resolve(['a']), new Set(['a'])]) {
      const broken = (): readonly string[] => given as unknown as readonly string[];
      const store = createObjectStore<unknown>({ ...options, indexes: { app: broken }, ...(shared ? { shared } : {}) });
      const wanted = /^INDEX_VALUES_INVALID: the extractor of the index "app"/;
      expect(refusal(() => store.put(testRecord({ name: 'a' })))).toMatch(wanted);
      expect(store.view.size).toBe(0);
      const plain = createObjectStore<unknown>({ ...options, ...(shared ? { shared } : {}) });
      plain.put(testRecord({ name: 'a' }));
      expect(refusal(() => plain.addIndex('app', broken))).toMatch(wanted);
      expect(refusal(() => [...plain.view.select({ index: { name: 'app', value: 'a' } })])).toMatch(/^INDEX_UNKNOWN/);
    }
});

test('a key without its namespace or name, and an object that is not given as bytes, are refused by what is missing', () => {
  const store = createObjectStore<unknown>({ ...options, shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 } });
  store.put(testRecord({ name: 'a' }));
  for (const view of [store.view, attach(store.share()), store.view.snapshot(), attach(store.share()).snapshot()])
    for (const key of [{ name: 'a' }, { namespace: 'n' }, { namespace: null, name: 'a' }, { namespace: 'n', name: 5 }])
      expect(refusal(() => view.get(key as unknown as { namespace: string; name: string }))).toMatch(/^KEY_INVALID: get: a key has a name/);
  for (const object of ['{"metadata":{"name":"a","uid":"u"}}', new ArrayBuffer(8), { metadata: {} }, undefined, new Uint16Array(4)])
    expect(refusal(() => store.put({ object: object as unknown as Uint8Array }))).toMatch(/^RECORD_INVALID: .*Uint8Array/);
  for (const handle of [null, undefined, {}, 'handle'])
    expect(refusal(() => attach(handle as unknown as ReturnType<typeof store.share>))).toMatch(/^HANDLE_INVALID/);
});

test('a call without what it takes is refused by the name of the method, on every view and writer', () => {
  const store = createObjectStore<unknown>({ ...options, shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 } });
  store.put(testRecord({ name: 'a' }));
  const list = store.replace('s' as ScopeId);
  const none = [undefined, null, 'a', 5, true];
  for (const view of [store.view, attach<unknown>(store.share()), store.view.snapshot(), attach<unknown>(store.share()).snapshot()])
    for (const method of ['get', 'entry'] as const) {
      for (const key of none) expect(refusal(() => view[method](key as never))).toMatch(new RegExp(`^KEY_INVALID: ${method} takes a key`));
      for (const cluster of [null, 5, {}])
        expect(refusal(() => view[method]({ cluster, namespace: 'n', name: 'a' } as never))).toMatch(/^KEY_INVALID: .*cluster/);
    }
  for (const writer of [store, list]) {
    for (const record of none) expect(refusal(() => writer.put(record as never))).toMatch(/^RECORD_INVALID: put takes a record/);
    for (const part of ['cluster', 'scope'])
      for (const value of [null, 5, {}])
        expect(refusal(() => writer.put({ ...testRecord({ name: 'b' }), [part]: value } as never))).toMatch(
          new RegExp(`^RECORD_INVALID: put: the ${part}`),
        );
    for (const key of none) expect(refusal(() => writer.remove(key as never, 'u'))).toMatch(/^KEY_INVALID: remove takes a key/);
    for (const uid of [undefined, null, 5])
      expect(refusal(() => writer.remove({ namespace: 'n', name: 'a' }, uid as never))).toMatch(/^KEY_INVALID: remove takes the UID/);
  }
  expect(refusal(() => store.remove({ namespace: 'n', name: 'a' }, 'u', null as never))).toMatch(/^RECORD_INVALID: remove takes a record/);
  for (const scope of [undefined, null, 5]) {
    expect(refusal(() => store.replace(scope as never))).toMatch(/^SCOPE_INVALID: replace takes a scope/);
    expect(refusal(() => store.move(scope as never, 's' as ScopeId, 'n'))).toMatch(/^SCOPE_INVALID: move takes a scope/);
    expect(refusal(() => store.move('s' as ScopeId, scope as never, 'n'))).toMatch(/^SCOPE_INVALID: move takes a scope/);
    expect(refusal(() => store.move('s' as ScopeId, 't' as ScopeId, scope as never))).toMatch(/^SCOPE_INVALID: move takes the namespace/);
    expect(refusal(() => store.addIndex(scope as never, () => []))).toMatch(/^OPTIONS_INVALID: addIndex takes the name/);
  }
  for (const records of [undefined, Number.NaN, -1, '5'])
    expect(refusal(() => store.check(records as never))).toMatch(/^OPTIONS_INVALID: check/);
  expect(store.scopes).toEqual(['']);
  expect(store.view.size).toBe(1);
});

test('a query with a misspelt part or a value of the wrong type is refused by its name before it is walked', () => {
  const store = createObjectStore<unknown>({ ...options, shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 } });
  store.put(testRecord({ name: 'a' }));
  const wrong: readonly (readonly [named: string, query: unknown])[] = [
    ['namespaces', { namespaces: 'a' }],
    ['label', { label: 'a=b' }],
    ['constructor', { constructor: 'a' }],
    ['namespace', { namespace: null }],
    ['namespace', { namespace: ['a'] }],
    ['cluster', { cluster: 5 }],
    ['namePrefix', { namePrefix: /a/ }],
    ['labels', { labels: 'app=a' }],
    ['labels', { labels: { app: 'a' } }],
    ['labels', { labels: null }],
    ['index', { index: 'app' }],
    ['index', { index: { name: 'app' } }],
    ['index', { index: { name: 'app', value: 5 } }],
    ['index', { index: null }],
    ['select takes a query', 'a'],
    ['select takes a query', null],
    ['select takes a query', 5],
  ];
  for (const view of [store.view, attach<unknown>(store.share()), store.view.snapshot(), attach<unknown>(store.share()).snapshot()]) {
    for (const [named, query] of wrong)
      expect(
        refusal(() => view.select(query as never)),
        JSON.stringify(query),
      ).toMatch(new RegExp(`^QUERY_INVALID: .*${named}`));
    for (const query of [undefined, {}, { namespace: undefined, labels: undefined, index: undefined }])
      expect([...view.select(query as never)]).toHaveLength(1);
  }
});

test('an option that is misspelt is refused by its name: of a store, its shared memory, an attached view and a file', async () => {
  for (const given of [{ index: {} }, { drops: [] }, { shared: { recordbytes: 5 } }])
    expect(refusal(() => createObjectStore({ ...options, ...(given as object) }))).toMatch(
      /^OPTIONS_INVALID: .*there is no "(index|drops|recordbytes)"/,
    );
  for (const shared of ['true', 5, null, []])
    expect(refusal(() => createObjectStore({ ...options, shared: shared as never }))).toMatch(/^OPTIONS_INVALID: shared/);
  const store = createObjectStore<unknown>({ ...options, shared: { recordBytes: 4 << 20, indexBytes: 1 << 20 } });
  for (const given of [{ hotbytes: 5 }, { hotBytes: Number.NaN }, { hotBytes: '5' }, null])
    expect(refusal(() => attach(store.share(), given as never))).toMatch(/^OPTIONS_INVALID: .*(hotbytes|hotBytes|options of attach)/);
  const files = {} as StoreFileSystem;
  for (const given of [
    undefined,
    null,
    {},
    { identity: 'x' },
    { identity: 'x', versions: {} },
    { identity: 'x', versions: new Map(), secret: true },
  ])
    await expect(saveStore(store, files, 'x', given as never)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});
