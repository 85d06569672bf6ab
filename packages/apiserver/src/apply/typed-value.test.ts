import type { Schema } from '@kubecast/crd';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTyped, mergeTyped, removePaths, toFieldSet, typeProblems } from './typed-value.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    color: { type: 'string' },
    size: { type: 'integer' },
    on: { type: 'boolean', nullable: true },
    port: { 'x-kubernetes-int-or-string': true },
    plain: { type: 'array', items: { type: 'string' } },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    items: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'proto'],
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, proto: { type: 'string', default: 'TCP' }, value: { type: 'integer' } },
      },
    },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { x: { type: 'integer' }, y: { type: 'integer' } } },
    free: { 'x-kubernetes-preserve-unknown-fields': true },
    inner: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
  },
};

const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const free = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.integer({ min: 0, max: 3 }),
    fc.constant('s'),
    fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('p', 'q'), tie('value'), { maxKeys: 2 }),
  ),
})).value;
const value = fc.record(
  {
    color: fc.constantFrom('red', 'blue'),
    size: fc.integer({ min: 0, max: 2 }),
    port: fc.constantFrom(80, 'http'),
    on: fc.constantFrom(true, null),
    plain: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
    tags: fc.uniqueArray(name, { maxLength: 4 }),
    items: fc.uniqueArray(
      fc.record({ name, proto: fc.constantFrom('TCP', 'UDP'), value: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: ['name'] }),
      { maxLength: 4, selector: (item) => `${item.name}/${item.proto ?? 'TCP'}` },
    ),
    map: fc.dictionary(name, fc.constantFrom('1', '2'), { maxKeys: 3 }),
    whole: fc.record({ x: fc.integer({ min: 0, max: 1 }), y: fc.integer({ min: 0, max: 1 }) }, { requiredKeys: [] }),
    free,
    inner: fc.record({ a: fc.constantFrom('1', '2'), b: fc.constantFrom('1', '2') }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

test('values of the schema have no problems, and every leaf of a merge comes from one of the two', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(typeProblems(schema, left)).toEqual([]);
      const merged = mergeTyped(schema, left, right);
      const all = toFieldSet(schema, left).union(toFieldSet(schema, right));
      expect([...toFieldSet(schema, merged).difference(all).paths()]).toEqual([]);
    }),
  );
});

test('merging a value over itself, or over nothing, changes nothing', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(mergeTyped(schema, one, one)).toEqual(one);
      expect(mergeTyped(schema, {}, one)).toEqual(one);
      expect(mergeTyped(schema, one, {})).toEqual(one);
    }),
  );
});

test('merging twice is merging once', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      const once = mergeTyped(schema, left, right);
      expect(mergeTyped(schema, once, right)).toEqual(once);
    }),
  );
});

test('a comparison is empty exactly for equal values, and no path is in two of its sets', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      const { added, modified, removed } = compareTyped(schema, left, right);
      expect(added.intersection(modified).empty && added.intersection(removed).empty && modified.intersection(removed).empty).toBe(true);
      const same = compareTyped(schema, left, structuredClone(left));
      expect(same.added.empty && same.modified.empty && same.removed.empty).toBe(true);
      const back = compareTyped(schema, right, left);
      expect(back.added.equals(removed) && back.removed.equals(added)).toBe(true);
    }),
  );
});

test('everything that a comparison with nothing adds is what the value holds, parents included', () => {
  fc.assert(
    fc.property(value, (one) => {
      const { added } = compareTyped(schema, {}, one);
      expect(toFieldSet(schema, one).difference(added).empty).toBe(true);
    }),
  );
});

test('removing all that a value holds leaves nothing of it', () => {
  fc.assert(
    fc.property(value, (one) => {
      const { added } = compareTyped(schema, {}, one);
      expect(removePaths(schema, one, added) ?? {}).toEqual({});
    }),
  );
});

test('shared items of a list take the order of the newer list, the others keep their place', () => {
  const items = (...names: string[]): unknown => ({ items: names.map((one) => ({ name: one })) });
  const merged = mergeTyped(schema, items('a', 'b', 'c', 'd'), items('d', 'x', 'b')) as { items: { name: string }[] };
  expect(merged.items.map((item) => item.name)).toEqual(['a', 'c', 'd', 'x', 'b']);
});

test('an item without a key that has a default is the item with the default', () => {
  const merged = mergeTyped(schema, { items: [{ name: 'a', proto: 'TCP', value: 1 }] }, { items: [{ name: 'a', value: 2 }] });
  expect(merged).toEqual({ items: [{ name: 'a', proto: 'TCP', value: 2 }] });
});

test('problems are told as the API server tells them', () => {
  expect(typeProblems(schema, { type: 'x' })).toEqual(['.type: field not declared in schema']);
  expect(typeProblems(schema, { color: 5 })).toEqual(['.color: expected string, got &value.valueUnstructured{Value:5}']);
  expect(typeProblems(schema, { size: 'x' })).toEqual(['.size: expected numeric (int or float), got string']);
  expect(typeProblems(schema, { on: 1 })).toEqual(['.on: expected boolean, got &{1}']);
  expect(typeProblems(schema, { plain: 'x' })).toEqual(['.plain: expected list, got &{x}']);
  expect(typeProblems(schema, { inner: ['a', 1] })).toEqual(['.inner: expected map, got &{[a 1]}']);
  expect(typeProblems(schema, { port: {} })).toEqual(['.port: expected any scalar, got &{map[]}']);
  expect(typeProblems(schema, { items: [{ name: 'q' }, { name: 'q', proto: 'TCP' }] })).toEqual([
    '.items: duplicate entries for key [name="q",proto="TCP"]',
  ]);
  expect(typeProblems(schema, { tags: [{}] })).toEqual([
    ".tags: element 0: associative list without keys has an element that's a map type",
  ]);
});

test('an explicit null in a key is a key of its own, though a default stands ready', () => {
  expect(
    [...toFieldSet(schema, { items: [{ name: 'a', proto: null }] }).paths()]
      .map((path) => path.at(1))
      .filter((element) => element?.startsWith('k:')),
  ).toContain('k:{"name":"a","proto":null}');
});
