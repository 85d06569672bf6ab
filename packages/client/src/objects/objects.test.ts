import { appModel, type AppModel, defineResource, integer, isValidationError, object, optional, string } from '@kubecast/crd';
import { parseJson, writeJson } from '@kubecast/exact-json';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonPatchOperation } from '../resources/resource-options.ts';
import { coerce } from './coerce.ts';
import { diff, jsonPatch, mergePatch, MergePatchError } from './diff.ts';
import { deepCopy, formatPath, getAt, PathError, removeAt, setAt } from './paths.ts';
import { SafeAs, viewAs } from './safe-as.ts';

const nested = { spec: { models: [{ name: 'a' }], none: null, count: 3, 'a.b/c': 'x' } };

test('nested get tells found, missing and wrong type apart, and where the wrong one stands', () => {
  expect(getAt(nested, ['spec', 'models', 0, 'name'], 'string')).toEqual({ state: 'found', value: 'a' });
  expect(getAt(nested, ['spec', 'a.b/c'], 'string')).toEqual({ state: 'found', value: 'x' });
  expect(getAt(nested, ['spec', 'count'], 'integer')).toEqual({ state: 'found', value: 3 });
  expect(getAt(nested, ['spec', 'models', 1, 'name'], 'string')).toEqual({ state: 'missing' });
  expect(getAt(nested, ['status', 'x', 'y'], 'string')).toEqual({ state: 'missing' });
  expect(getAt(nested, ['spec', 'count'], 'string')).toEqual({ state: 'wrong', at: ['spec', 'count'], expected: 'string', is: 'number' });
  expect(getAt(nested, ['spec', 'none', 'deep'], 'string')).toEqual({
    state: 'wrong',
    at: ['spec', 'none'],
    expected: 'object',
    is: 'null',
  });
  for (const name of ['constructor', '__proto__', 'toString', 'length'])
    expect(getAt(nested, [name], 'object')).toEqual({ state: 'missing' });
});

test('set and remove leave the original as it was and share what is not on the way', () => {
  const before = deepCopy(nested);
  const changed = setAt(nested, ['spec', 'models', 1], { name: 'b' });
  expect(getAt(changed, ['spec', 'models', 1, 'name'], 'string')).toEqual({ state: 'found', value: 'b' });
  expect(getAt(changed, ['spec', 'models', 0], 'object')).toMatchObject({ value: nested.spec.models[0] });
  expect(setAt({}, ['a', 0, 'b'], 1)).toEqual({ a: [{ b: 1 }] });
  expect(removeAt(changed, ['spec', 'models', 0]).spec.models).toEqual([{ name: 'b' }]);
  expect(removeAt(nested, ['spec', 'nothing'])).toBe(nested);
  expect(nested).toEqual(before);
  expect(() => setAt(nested, ['spec', 'models', 5], 1)).toThrow(PathError);
  expect(() => setAt(nested, ['spec', 'count', 'x'], 1)).toThrow('spec.count: expected an object, found number');
  const hostile = setAt({}, ['__proto__', 'polluted'], true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.keys(hostile)).toEqual(['__proto__']);
  expect(formatPath(['spec', 'models', 0, 'a.b'])).toBe('spec.models[0]["a.b"]');
});

const json = fc.jsonValue({ maxDepth: 3 });
const jsonObject = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a/b', 'c~d', 'constructor', '')), json, {
  maxKeys: 4,
});

test('a JSON patch of a diff, applied, gives exactly the second object', () => {
  fc.assert(
    fc.property(jsonObject, jsonObject, fc.boolean(), (before, after, withTest) => {
      expect(applyJsonPatch(deepCopy(before), jsonPatch(before, after, { test: withTest }))).toEqual(after);
      expect(diff(before, deepCopy(before))).toEqual([]);
    }),
  );
});

test('a merge patch of a diff, applied, gives exactly the second object, or is refused because of a null', () => {
  fc.assert(
    fc.property(jsonObject, jsonObject, (before, after) => {
      let patch: Record<string, unknown>;
      try {
        patch = mergePatch(before, after);
      } catch (error) {
        expect(error).toBeInstanceOf(MergePatchError);
        expect(JSON.stringify(after)).toContain('null');
        return;
      }
      expect(applyMergePatch(before, patch)).toEqual(after);
    }),
  );
});

test('a merge patch of very many long numbers, and of very deep objects, is made in time that grows with their size', () => {
  const numbers = (more: bigint): Record<string, unknown> =>
    parseJson(
      `{${Array.from({ length: 20_000 }, (_, i) => `"n${i}":${9_007_199_254_740_993n + BigInt(i) * 8n + more}`).join(',')}}`,
    ) as Record<string, unknown>;
  const deep = (leaf: number): Record<string, unknown> => {
    let object: Record<string, unknown> = { leaf };
    for (let level = 0; level < 2_000; level++) object = { object, same: { list: [1, 2, 3] } };
    return object;
  };
  const begun = process.cpuUsage();
  const patch = mergePatch(numbers(0n), numbers(2n));
  expect(Object.keys(patch)).toHaveLength(20_000);
  expect(writeJson(patch)).toContain(`"n19999":${9_007_199_254_740_993n + 19_999n * 8n + 2n}`);
  expect(mergePatch(numbers(0n), numbers(0n))).toEqual({});
  let at: unknown = mergePatch(deep(1), deep(2));
  for (let level = 0; level < 2_000; level++) at = (at as { readonly object: unknown }).object;
  expect(at).toEqual({ leaf: 2 });
  const { user, system } = process.cpuUsage(begun);
  // Number by number and level by level it took minutes and 14 s.
  expect((user + system) / 1_000_000).toBeLessThan(8);
});

test('a diff names what was added, removed and changed', () => {
  expect(diff({ a: 1, b: [1, 2, 3], c: 0 }, { a: 2, b: [1], d: 1 })).toEqual([
    { kind: 'changed', path: ['a'], before: 1, after: 2 },
    { kind: 'removed', path: ['b', 2], before: 3 },
    { kind: 'removed', path: ['b', 1], before: 2 },
    { kind: 'removed', path: ['c'], before: 0 },
    { kind: 'added', path: ['d'], after: 1 },
  ]);
});

test('strings become the numbers and booleans of the schema only where nothing is lost, each change reported', () => {
  const schema = {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      f: { type: 'number' },
      b: { type: 'boolean' },
      s: { type: 'string' },
      l: { type: 'array', items: { type: 'integer' } },
      p: { 'x-kubernetes-int-or-string': true },
    },
  } as const;
  const { value, changes } = coerce<Record<string, unknown>>(schema, {
    n: '5',
    f: '1.5',
    b: 'true',
    s: '7',
    l: ['1', 'x'],
    p: '80',
    other: '1',
  });
  expect(value).toEqual({ n: 5, f: 1.5, b: true, s: '7', l: [1, 'x'], p: '80', other: '1' });
  expect(changes.map((change) => [formatPath(change.path), change.from, change.to])).toEqual([
    ['n', '5', 5],
    ['f', '1.5', 1.5],
    ['b', 'true', true],
    ['l[0]', '1', 1],
  ]);
  for (const text of ['5.0', '0x5', ' 5', '05', '', '-0', '9007199254740993', '1e3'])
    expect(coerce<unknown>({ type: 'integer' }, text)).toEqual({ value: text, changes: [] });
});

const gear = defineResource({
  group: 't.example',
  version: 'v1',
  kind: 'Gear',
  plural: 'gears',
  scope: 'Namespaced',
  spec: object({ teeth: integer(), note: optional(string()) }),
});
const good = { apiVersion: 't.example/v1', kind: 'Gear', metadata: { name: 'g', namespace: 'n' }, spec: { teeth: 3, newer: true } };
const bad = { ...good, spec: { teeth: 'three' } };

test('a view is the same object, narrowed, or every error with its path', () => {
  const viewed = viewAs(gear, good);
  expect(viewed.ok && viewed.value).toBe(good);
  const misfit = viewAs(gear, bad);
  expect(!misfit.ok && misfit.errors.map((error) => error.field)).toEqual(['spec.teeth']);
  expect(viewAs(appModel, 'text').ok).toBe(false);
});

test('each fallback answers for an object that does not fit, and is counted', () => {
  expect(() => new SafeAs(gear).read(bad)).toThrow(expect.toSatisfy(isValidationError));
  expect(new SafeAs(gear, { use: 'default', value: good as never }).read(bad)).toBe(good);
  const called = new SafeAs<AppModel>(appModel, {
    use: 'callback',
    call: (_, errors) => {
      expect(errors.length).toBeGreaterThan(0);
      return undefined;
    },
  });
  expect(called.read({ metadata: { name: 'x' }, spec: { models: 1 } })).toBeUndefined();
  const last = new SafeAs(gear, { use: 'last-good', keep: 1 });
  expect(last.read(bad)).toBeUndefined();
  expect(last.read(good)).toBe(good);
  expect(last.read(bad)).toBe(good);
  last.forget(bad);
  expect(last.read(bad)).toBeUndefined();
  expect(last.counters).toEqual({ fitting: 1, misfits: 3, fromFallback: 1, unanswered: 2 });
});

function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const from = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const entries = new Map(Object.entries(from));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) entries.delete(name);
    else entries.set(name, applyMergePatch(entries.get(name), value));
  }
  return Object.fromEntries(entries);
}

function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  let root = document;
  for (const operation of operations) {
    const parts = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = parts.pop();
    if (last === undefined) {
      root = operation.value;
      continue;
    }
    const parent = parts.reduce<unknown>((value, part) => {
      expect(Object.hasOwn(value as object, part)).toBe(true);
      return (value as Record<string, unknown>)[part];
    }, root) as Record<string, unknown> | unknown[];
    if (operation.op === 'test') expect((parent as Record<string, unknown>)[last]).toEqual(operation.value);
    else if (Array.isArray(parent))
      parent.splice(Number(last), operation.op === 'add' ? 0 : 1, ...(operation.op === 'remove' ? [] : [operation.value]));
    else if (operation.op === 'remove') delete parent[last];
    else Object.defineProperty(parent, last, { value: operation.value, enumerable: true, configurable: true, writable: true });
  }
  return root;
}
