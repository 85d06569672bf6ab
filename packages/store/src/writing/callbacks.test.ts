import { expect, test } from 'vitest';
import type { IndexExtractor, ObjectStore, ObjectStoreOptions, ScopeId } from '../index.ts';
import { attach, compareResourceVersions, createObjectStore } from '../index.ts';
import { testRecord } from '../testing/index.ts';

interface Thing {
  readonly spec: { readonly app: string };
}
const DEFAULT = '' as ScopeId;
const record = (name: string, version: number, app = 'a'): ReturnType<typeof testRecord> =>
  testRecord({ namespace: 'n', name, uid: `uid-${name}`, version: String(version), spec: { app } });
const rows = (store: ObjectStore<Thing>): unknown => ({
  rows: [...store.view.select()].map(({ key, version, value }) => [key.name, version, value.spec.app]),
  a: [...store.view.select({ index: { name: 'app', value: 'a' } })].map(({ key }) => key.name),
  scopes: store.scopes,
  sequence: store.view.sequence,
  bytes: store.counters.recordBytes,
});
const shares = [['private', {}] as const, ['shared', { shared: { recordBytes: 16 << 20, indexBytes: 4 << 20 } }] as const];

/** A store whose callbacks throw when they are told to, over the object with this name. */
function make(options: Partial<ObjectStoreOptions<Thing>>): {
  readonly store: ObjectStore<Thing>;
  readonly fail: (what: string, name: string) => void;
} {
  let failing = '';
  const at = (what: string, name: string): void => {
    if (failing === `${what} ${name}`) throw new Error(`${what} failed`);
  };
  let compared = 0;
  const store = createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    indexes: { app: (entry) => (at('extract', entry.key.name), [entry.value.spec.app]) },
    transform: (object) => (at('transform', (object['metadata'] as { name: string }).name), object),
    compareVersions: (a, b) => {
      compared += 1;
      at('compare', String(compared));
      return compareResourceVersions(a, b);
    },
    ...options,
  });
  for (const name of ['p', 'q', 'r', 's']) store.put(record(name, 1));
  return {
    store,
    fail: (what, name) => {
      failing = `${what} ${name}`;
      compared = 0;
    },
  };
}

test.each(shares)('a callback that throws leaves a %s store as it was, in every operation and at every object', (_name, shared) => {
  const relist = (store: ObjectStore<Thing>): void => {
    const list = store.replace(DEFAULT);
    try {
      // One updated, one new, one equal, one under another UID; the fourth is missing.
      list.put(record('p', 2, 'b'));
      list.put(record('t', 1));
      list.put(record('q', 1));
      list.put(testRecord({ namespace: 'n', name: 'r', uid: 'again', version: '1', spec: { app: 'c' } }));
      for (const change of list.commit('2')) void change;
    } catch (error) {
      list.abort();
      throw error;
    }
  };
  const operations: readonly (readonly [string, readonly string[], (store: ObjectStore<Thing>) => unknown])[] = [
    ['extract', ['t'], (store) => store.put({ ...record('t', 1), scope: 'new' as ScopeId })],
    ['extract', ['p'], (store) => store.put(record('p', 2, 'b'))],
    ['transform', ['t'], (store) => store.put(record('t', 1))],
    ['compare', ['1'], (store) => store.put(record('p', 2, 'b'))],
    ['transform', ['p'], (store) => store.remove({ namespace: 'n', name: 'p' }, 'uid-p', record('p', 2))],
    ['extract', ['p', 't', 'r'], relist],
    ['transform', ['p', 't', 'q', 'r'], relist],
    ['compare', ['1'], relist],
    [
      'extract',
      [],
      (store) =>
        store.addIndex('late', () => {
          throw new Error('extract failed');
        }),
    ],
  ];
  for (const [what, names, operate] of operations) {
    for (const name of names.length === 0 ? ['any'] : names) {
      const { store, fail } = make(shared);
      const reader = 'shared' in shared ? attach<Thing>(store.share()) : store.view;
      const before = rows(store);
      fail(what, name);
      expect(() => operate(store), `${what} ${name}`).toThrow(`${what} failed`);
      expect(rows(store), `${what} ${name}`).toEqual(before);
      expect([...reader.select()].length).toBe(4);
      // It goes on as if nothing had been.
      fail('nothing', '');
      store.addIndex('after', (entry) => [entry.key.name]);
      relist(store);
      expect([...reader.select()].map(({ key }) => key.name)).toEqual(['p', 'q', 'r', 't']);
      expect([...reader.select({ index: { name: 'after', value: 't' } })]).toHaveLength(1);
      expect([...reader.select({ index: { name: 'app', value: 'a' } })].map(({ key }) => key.name)).toEqual(['q', 't']);
    }
  }
});

test('a callback that writes to the store that calls it is refused, and the write that called it fails whole', () => {
  const { store } = make({});
  const busy: IndexExtractor<Thing> = () => {
    store.put(record('x', 1));
    return [];
  };
  expect(() => store.addIndex('busy', busy)).toThrow('may not write to the store');
  expect(store.view.size).toBe(4);
  store.put(record('x', 1));
  expect(store.view.size).toBe(5);
});

test('an extractor cannot change what the next extractor reads', () => {
  const store = createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    indexes: {
      first: (entry) => {
        expect(() => {
          (entry.value.spec as { app: string }).app = 'changed';
        }).toThrow(TypeError);
        return [];
      },
      app: (entry) => [entry.value.spec.app],
    },
  });
  store.put(record('p', 1));
  expect([...store.view.select({ index: { name: 'app', value: 'a' } })]).toHaveLength(1);
});
