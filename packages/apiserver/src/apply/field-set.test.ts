import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldSet, pathText } from './field-set.ts';

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:c', 'f:__proto__', 'f:constructor', 'f:.'),
  fc.constantFrom('k:{"name":"a"}', 'k:{"name":"b","proto":"TCP"}', 'v:"x"', 'v:1'),
);
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const set = fc.array(path, { maxLength: 12 }).map((paths) => FieldSet.of(...paths));

test('a set written as FieldsV1 and read again is the same set', () => {
  fc.assert(
    fc.property(set, (one) => {
      const text = JSON.stringify(one.toFieldsV1());
      expect(FieldSet.fromFieldsV1(JSON.parse(text))?.equals(one)).toBe(true);
    }),
  );
});

test('union, intersection and difference are those of the sets of paths', () => {
  fc.assert(
    fc.property(set, set, path, (a, b, probe) => {
      for (const at of [probe, ...a.paths(), ...b.paths()]) {
        expect(a.union(b).has(at)).toBe(a.has(at) || b.has(at));
        expect(a.intersection(b).has(at)).toBe(a.has(at) && b.has(at));
        expect(a.difference(b).has(at)).toBe(a.has(at) && !b.has(at));
      }
    }),
  );
});

test('what is taken from a set and put back makes the same set', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true);
      expect(a.difference(a).empty).toBe(true);
      expect(a.difference(a).toFieldsV1()).toEqual({});
    }),
  );
});

test('operations leave their operands alone', () => {
  fc.assert(
    fc.property(set, set, path, (a, b, extra) => {
      const before = JSON.stringify(a.toFieldsV1());
      a.union(b).insert(extra);
      a.intersection(a).insert(extra);
      a.filterTop(() => true).insert(extra);
      expect(JSON.stringify(a.toFieldsV1())).toBe(before);
    }),
  );
});

test('a member with members below it is marked with a dot, a member alone is an empty object', () => {
  const one = FieldSet.of(['f:spec'], ['f:spec', 'f:app'], ['f:items', 'k:{"name":"a"}']);
  expect(one.toFieldsV1()).toEqual({ 'f:items': { 'k:{"name":"a"}': {} }, 'f:spec': { '.': {}, 'f:app': {} } });
});

test('paths are named as the API server names them in conflicts', () => {
  expect(pathText(['f:spec', 'f:items', 'k:{"name":"a","proto":"TCP"}', 'f:value'])).toBe('.spec.items[name="a",proto="TCP"].value');
  expect(pathText(['f:metadata', 'f:finalizers', 'v:"a.b/c"'])).toBe('.metadata.finalizers[="a.b/c"]');
});

test('what is no FieldsV1 is refused, however deep it is', () => {
  for (const bad of [null, 1, 'f:a', [], { a: {} }, { 'f:a': 1 }, { 'k:{': {} }, { 'k:1': {} }, { 'v:x': {} }, { 'i:x': {} }]) {
    expect(FieldSet.fromFieldsV1(bad)).toBeUndefined();
  }
  let deep: unknown = {};
  for (let depth = 0; depth < 5000; depth++) deep = { 'f:a': deep };
  expect(FieldSet.fromFieldsV1(deep)).toBeUndefined();
});
