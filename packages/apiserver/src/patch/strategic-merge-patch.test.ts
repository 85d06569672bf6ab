import type { Schema } from '@kubecast/crd';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergePatch } from './merge-patch.ts';
import { strategicMergePatch, StrategicPatchError } from './strategic-merge-patch.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    ports: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'port',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: { type: 'object', properties: { port: { type: 'integer' }, name: { type: 'string' }, protocol: { type: 'string' } } },
    },
    finalizers: { type: 'array', 'x-kubernetes-patch-strategy': 'merge', items: { type: 'string' } },
    args: { type: 'array', items: { type: 'string' } },
    strategy: { type: 'object' },
    data: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

const patch = (target: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> =>
  strategicMergePatch(schema, target, change);

test('maps merge, null removes, lists without a strategy are replaced', () => {
  expect(patch({ data: { a: '1', b: '2' }, args: ['x'] }, { data: { a: null, c: '3' }, args: ['y', 'z'] })).toEqual({
    data: { b: '2', c: '3' },
    args: ['y', 'z'],
  });
});

test('items merge by their key, new ones come first', () => {
  const merged = patch(
    { ports: [{ port: 80, name: 'http' }] },
    {
      ports: [
        { port: 443, name: 'https' },
        { port: 80, protocol: 'TCP' },
      ],
    },
  );
  expect(merged).toEqual({
    ports: [
      { port: 443, name: 'https' },
      { port: 80, name: 'http', protocol: 'TCP' },
    ],
  });
});

test('a list of scalars merges as a set, new ones first', () => {
  expect(patch({ finalizers: ['a.b/c'] }, { finalizers: ['a.b/d'] })).toEqual({ finalizers: ['a.b/d', 'a.b/c'] });
  expect(patch({ finalizers: ['a.b/c', 'a.b/d'] }, { '$deleteFromPrimitiveList/finalizers': ['a.b/c'] })).toEqual({
    finalizers: ['a.b/d'],
  });
});

test('what kubectl apply sends when a port changes its number: the old item is deleted, the order is set', () => {
  const live = { ports: [{ port: 80, name: 'http', protocol: 'TCP' }] };
  const change = {
    '$setElementOrder/ports': [{ port: 81 }],
    ports: [
      { name: 'http', port: 81 },
      { $patch: 'delete', port: 80 },
    ],
  };
  expect(patch(live, change)).toEqual({ ports: [{ name: 'http', port: 81 }] });
});

test('an order alone moves items, and items that it does not name keep their place', () => {
  const list = (...ports: number[]): Record<string, unknown> => ({ ports: ports.map((port) => ({ port })) });
  expect(patch(list(1, 2, 3), { '$setElementOrder/ports': [{ port: 3 }, { port: 1 }] })).toEqual(list(2, 3, 1));
  expect(patch(list(1, 2, 3), { '$setElementOrder/ports': [{ port: 1 }, { port: 3 }] })).toEqual(list(1, 2, 3));
});

test('directives replace and delete whole maps and lists', () => {
  expect(
    patch({ strategy: { type: 'RollingUpdate', rollingUpdate: {} } }, { strategy: { $retainKeys: ['type'], type: 'Recreate' } }),
  ).toEqual({ strategy: { type: 'Recreate' } });
  expect(patch({ strategy: { a: 1 } }, { strategy: { $patch: 'replace', b: 2 } })).toEqual({ strategy: { b: 2 } });
  expect(patch({ ports: [{ port: 1 }, { port: 2 }] }, { ports: [{ $patch: 'replace' }, { port: 3 }] })).toEqual({ ports: [{ port: 3 }] });
});

test('an item without its key and an unknown directive are refused by name', () => {
  expect(() => patch({ ports: [{ port: 1 }] }, { ports: [{ name: 'x' }] })).toThrow(StrategicPatchError);
  expect(() => patch({ ports: [{ port: 1 }] }, { ports: [{ name: 'x' }] })).toThrow('does not contain declared merge key: port');
  expect(() => patch({ strategy: {} }, { strategy: { $patch: 'twist' } })).toThrow('Unknown patch type: twist');
});

test('without mergeable lists and directives it is a merge patch, and changes neither argument', () => {
  const value = fc.record(
    {
      data: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.constantFrom('1', '2'), { maxKeys: 3 }),
      args: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(value, value, (target, change) => {
      const before = JSON.stringify([target, change]);
      expect(patch(target, change)).toEqual(mergePatch(target, change));
      expect(JSON.stringify([target, change])).toBe(before);
    }),
  );
});
