import { expect, test } from 'vitest';
import type { ObjectStoreOptions } from '../index.ts';
import { attach, createObjectStore, isStoreError } from '../index.ts';
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
      expect(refusal(() => view.get(key as unknown as { namespace: string; name: string }))).toMatch(/^KEY_INVALID: a key has a name/);
  for (const object of ['{"metadata":{"name":"a","uid":"u"}}', new ArrayBuffer(8), { metadata: {} }, undefined, new Uint16Array(4)])
    expect(refusal(() => store.put({ object: object as unknown as Uint8Array }))).toMatch(/^RECORD_INVALID: .*Uint8Array/);
  for (const handle of [null, undefined, {}, 'handle'])
    expect(refusal(() => attach(handle as unknown as ReturnType<typeof store.share>))).toMatch(/^HANDLE_INVALID/);
});
