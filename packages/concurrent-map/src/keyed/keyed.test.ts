import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ConcurrentMapError,
  DeletedFinalStateUnknown,
  formatCompositeKey,
  Indexer,
  MapOptionsError,
  metaNamespaceKey,
  parseCompositeKey,
  splitMetaNamespaceKey,
  VersionCache,
  type NamedObject,
} from '../index.ts';

interface Thing extends NamedObject {
  readonly tags: readonly string[];
}
const thing = (name: string, ...tags: string[]): Thing => ({ metadata: { namespace: 'n', name }, tags });

test('keys of objects are made and cut as client-go does, and what has no name has no key', () => {
  expect(metaNamespaceKey({ metadata: { name: 'a', namespace: 'n' } })).toBe('n/a');
  expect(metaNamespaceKey({ metadata: { name: 'a' } })).toBe('a');
  expect(splitMetaNamespaceKey('n/a')).toEqual({ namespace: 'n', name: 'a' });
  expect(splitMetaNamespaceKey('a')).toEqual({ namespace: '', name: 'a' });
  expect(() => splitMetaNamespaceKey('a/b/c')).toThrow(ConcurrentMapError);
  for (const bad of [undefined, null, {}, { metadata: {} }, { metadata: { name: '' } }, { metadata: { name: 5 } }])
    expect(() => metaNamespaceKey(bad as unknown as NamedObject)).toThrow('without metadata.name');
});

test('two composite keys never have one text, and each is read back', () => {
  const part = fc.oneof(fc.constantFrom('', '/', '%', '%2F', '%25', 'a/b', '__proto__'), fc.string());
  const key = fc.record(
    { group: part, version: part, kind: part, namespace: part, name: part },
    { requiredKeys: ['group', 'version', 'kind', 'namespace', 'name'] },
  );
  fc.assert(
    fc.property(key, key, fc.option(part, { nil: undefined }), (one, two, resourceVersion) => {
      const whole = resourceVersion === undefined ? one : { ...one, resourceVersion };
      expect(parseCompositeKey(formatCompositeKey(whole))).toEqual(whole);
      if (JSON.stringify(one) !== JSON.stringify(two)) expect(formatCompositeKey(one)).not.toBe(formatCompositeKey(two));
    }),
  );
  expect(() => formatCompositeKey({ group: '', version: 'v1', kind: 'Pod', namespace: undefined as unknown as string, name: 'a' })).toThrow(
    'the part "namespace"',
  );
  expect(() => parseCompositeKey('a/b')).toThrow('is no composite key');
});

test('an index function that throws changes nothing: add, replace and addIndexers leave all as it was', () => {
  const indexer = new Indexer<Thing>(metaNamespaceKey, {
    tag: (object) => {
      if (object.tags.includes('bad')) throw new Error('mine');
      return object.tags;
    },
  });
  indexer.add(thing('a', 'x'));
  expect(() => indexer.add(thing('a', 'bad'))).toThrow('the index "tag" failed: mine');
  expect(() => indexer.replace([thing('b', 'y'), thing('c', 'bad')])).toThrow('the index "tag" failed');
  expect(() =>
    indexer.addIndexers({
      other: () => {
        throw new Error('mine');
      },
    }),
  ).toThrow('the index "other" failed');
  expect(indexer.list()).toEqual([thing('a', 'x')]);
  expect(indexer.indexKeys('tag', 'x')).toEqual(['n/a']);
  expect(indexer.listIndexFuncValues('tag')).toEqual(['x']);
  expect(Object.keys(indexer.getIndexers())).toEqual(['tag']);
  expect(() => indexer.byIndex('other', 'x')).toThrow('there is no index "other"; there are tag');
});

test('an object that is changed by its owner after it was added is still taken out of the indexes', () => {
  const tags = ['x'];
  const indexer = new Indexer<Thing>(metaNamespaceKey, { tag: (object) => object.tags });
  const object = { ...thing('a'), tags };
  indexer.add(object);
  tags[0] = 'y';
  indexer.delete(new DeletedFinalStateUnknown<Thing>('n/a', undefined));
  expect(indexer.size).toBe(0);
  expect(indexer.listIndexFuncValues('tag')).toEqual([]);
  indexer.delete(object);
  indexer.resync();
});

test('of an object no more versions are held than asked for, whatever the order in which they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 200 }))),
      fc.integer({ min: 1, max: 3 }),
      (puts, keep) => {
        const cache = new VersionCache<number>({ keep });
        const held = new Map<string, Set<number>>();
        for (const [name, version] of puts) {
          const id = { group: 'g', version: 'v1', kind: 'K', namespace: 'n', name };
          const all = held.get(name) ?? new Set();
          held.set(name, all.add(version));
          const newest = [...all].sort((x, y) => y - x).slice(0, keep);
          expect(cache.put({ ...id, resourceVersion: String(version) }, version)).toBe(newest.includes(version));
          held.set(name, new Set(newest));
          expect(cache.get(id)).toBe(newest[0]);
          for (const kept of newest) expect(cache.get({ ...id, resourceVersion: String(kept) })).toBe(kept);
        }
        expect(cache.size).toBe([...held.values()].reduce((sum, versions) => sum + versions.size, 0));
        expect(cache.objects).toBe(held.size);
        for (const name of held.keys()) expect(cache.delete({ group: 'g', version: 'v1', kind: 'K', namespace: 'n', name })).toBe(true);
        expect(cache.size).toBe(0);
      },
    ),
  );
  const id = { group: '', version: 'v1', kind: 'Pod', namespace: '', name: 'a' };
  for (const resourceVersion of ['', '0', '01', '-1', '1.5', 'x', undefined as unknown as string])
    expect(() => new VersionCache<number>().put({ ...id, resourceVersion }, 1)).toThrow('is no resourceVersion');
  expect(() => new VersionCache({ keep: 0 })).toThrow(MapOptionsError);
});

test('a key that is no string, and an index function that gives no list of strings, change nothing', () => {
  const indexer = new Indexer<{ readonly key: unknown; readonly values: unknown }>((object) => object.key as string, {
    values: (object) => object.values as string[],
  });
  const held = { key: 'a', values: ['x'] };
  indexer.add(held);
  expect(() =>
    indexer.replace([
      { key: 'b', values: ['x'] },
      { key: 5, values: ['x'] },
    ]),
  ).toThrow(/takes strings as keys, not 5/);
  for (const values of ['n1', [5], undefined]) expect(() => indexer.add({ key: 'c', values })).toThrow(/the index "values" failed: it/);
  expect([indexer.listKeys(), indexer.byIndex('values', 'x'), indexer.listIndexFuncValues('values')]).toEqual([['a'], [held], ['x']]);
});

test('an object that changed, and one that a replace removed, is found under its old index values no more', () => {
  const indexer = new Indexer<Thing>(metaNamespaceKey, { tag: (object) => object.tags });
  indexer.add(thing('a', 'x', 'both'));
  indexer.update(thing('a', 'y', 'both'));
  expect([indexer.indexKeys('tag', 'x'), indexer.indexKeys('tag', 'y'), indexer.listIndexFuncValues('tag').sort()]).toEqual([
    [],
    ['n/a'],
    ['both', 'y'],
  ]);
  indexer.replace([thing('b', 'y')]);
  expect([indexer.byIndex('tag', 'y'), indexer.listIndexFuncValues('tag')]).toEqual([[thing('b', 'y')], ['y']]);
});

test('what is no function, no options, no index and no key is refused by name when it is given', () => {
  const any = (value: unknown): never => value as never;
  expect(() => new Indexer(any(undefined))).toThrow('the key function of an Indexer is a function');
  expect(() => new Indexer(metaNamespaceKey, any(null))).toThrow('indexes are an object of functions, not null');
  expect(() => new Indexer(metaNamespaceKey, {}, any({ nam: 'x' }))).toThrow('no option "nam" of an Indexer');
  expect(() => new VersionCache(any({ kep: 2 }))).toThrow('no option "kep" of a VersionCache');
  for (const call of [() => splitMetaNamespaceKey(any(5)), () => parseCompositeKey(any(undefined)), () => formatCompositeKey(any(null))])
    expect(call).toThrow(ConcurrentMapError);
});
