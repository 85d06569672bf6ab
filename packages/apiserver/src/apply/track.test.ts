import type { Schema } from '@kubecast/crd';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { StatusError } from '../status/status-error.ts';
import { applyPatch } from './apply-patch.ts';
import { FieldSet } from './field-set.ts';
import { trackCreate, trackUpdate } from './track.ts';
import { typedRoot } from './typed-schema.ts';
import { toFieldSet } from './typed-value.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: { type: 'string' },
        b: { type: 'string' },
        list: { type: 'array', items: { type: 'string' } },
        map: { type: 'object', additionalProperties: { type: 'string' } },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
        },
      },
    },
  },
};

const widget: ServedResource = {
  group: 't.example',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
  singular: 'widget',
  listKind: 'WidgetList',
  shortNames: [],
  categories: [],
  verbs: [],
  schema,
  columns: [],
  subresources: {},
  generation: true,
  selectableFields: [],
  storage: 't.example/v1/Widget',
};

const start = Date.parse('2026-01-02T03:04:05Z');

function object(spec: unknown): KubeObject {
  return { apiVersion: 't.example/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'ns', uid: '1' }, spec };
}

function entries(of: KubeObject): Record<string, unknown>[] {
  return ((of['metadata'] as KubeObject)['managedFields'] ?? []) as Record<string, unknown>[];
}

test('a create is owned by its manager, parents included', () => {
  const one = object({ a: 'x', items: [{ name: 'i' }] });
  trackCreate({ resource: widget, manager: 'curl', now: start }, one);
  expect(entries(one)).toEqual([
    {
      manager: 'curl',
      operation: 'Update',
      apiVersion: 't.example/v1',
      time: '2026-01-02T03:04:05Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { '.': {}, 'f:a': {}, 'f:items': { '.': {}, 'k:{"name":"i"}': { '.': {}, 'f:name': {} } } } },
    },
  ]);
});

test('a change moves the field to who made it, and leaves the rest and its time', () => {
  const one = object({ a: 'x', b: 'y' });
  trackCreate({ resource: widget, manager: 'first', now: start }, one);
  const next = structuredClone(one);
  (next['spec'] as KubeObject)['b'] = 'z';
  trackUpdate({ resource: widget, manager: 'second', now: start + 5000 }, one, next);
  expect(entries(next).map((entry) => [entry['manager'], entry['time'], entry['fieldsV1']])).toEqual([
    ['first', '2026-01-02T03:04:05Z', { 'f:spec': { '.': {}, 'f:a': {} } }],
    ['second', '2026-01-02T03:04:10Z', { 'f:spec': { 'f:b': {} } }],
  ]);
});

test('a write that changes nothing books nothing', () => {
  const one = object({ a: 'x' });
  trackCreate({ resource: widget, manager: 'first', now: start }, one);
  const next = structuredClone(one);
  trackUpdate({ resource: widget, manager: 'second', now: start + 5000 }, one, next);
  expect(next).toEqual(one);
});

test('one empty entry clears the list, and the object stays untracked', () => {
  const one = object({ a: 'x' });
  trackCreate({ resource: widget, manager: 'first', now: start }, one);
  const cleared = structuredClone(one);
  (cleared['metadata'] as KubeObject)['managedFields'] = [{}];
  trackUpdate({ resource: widget, manager: 'first', now: start }, one, cleared);
  expect(entries(cleared)).toEqual([]);
  const next = object({ a: 'y' });
  trackUpdate({ resource: widget, manager: 'first', now: start }, cleared, next);
  expect(entries(next)).toEqual([]);
});

test('a list that cannot be read leaves the list that was there', () => {
  const one = object({ a: 'x' });
  trackCreate({ resource: widget, manager: 'first', now: start }, one);
  const next = structuredClone(one);
  (next['metadata'] as KubeObject)['managedFields'] = [
    { manager: 'x', operation: 'Steal', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
  ];
  trackUpdate({ resource: widget, manager: 'second', now: start }, one, next);
  expect(entries(next)).toEqual(entries(one));
});

test('eleven managers that update are ten, the oldest ones joined', () => {
  let one = object({ map: { m0: 'x' } });
  trackCreate({ resource: widget, manager: 'm0', now: start }, one);
  for (let index = 1; index <= 12; index++) {
    const next = structuredClone(one);
    ((next['spec'] as KubeObject)['map'] as KubeObject)[`m${index}`] = 'x';
    trackUpdate({ resource: widget, manager: `m${index}`, now: start + index * 1000 }, one, next);
    one = next;
  }
  const names = entries(one).map((entry) => entry['manager']);
  expect(names).toHaveLength(10);
  expect(names[0]).toBe('ancient-changes');
});

/** Whether something stands at the path. */
function present(value: unknown, path: readonly string[]): boolean {
  let at: unknown = value;
  for (const element of path) {
    const rest = element.slice(2);
    if (element.startsWith('f:')) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, rest)) return false;
      at = (at as Record<string, unknown>)[rest];
    } else {
      const { name } = JSON.parse(rest) as { name: string };
      at = (at as { name: string }[]).find((item) => item.name === name);
      if (at === undefined) return false;
    }
  }
  return true;
}

const spec = fc.record(
  {
    a: fc.constantFrom('1', '2'),
    b: fc.constantFrom('1', '2'),
    list: fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 2 }),
    map: fc.dictionary(fc.constantFrom('p', 'q', '__proto__'), fc.constantFrom('1', '2'), { maxKeys: 2 }),
    items: fc.uniqueArray(fc.record({ name: fc.constantFrom('i', 'j'), value: fc.constantFrom('1', '2') }), {
      minLength: 1,
      maxLength: 2,
      selector: (item) => item.name,
    }),
  },
  { requiredKeys: [] },
);

const write = fc.record({ type: fc.constantFrom('put', 'apply', 'force'), manager: fc.constantFrom('m1', 'm2', 'm3'), spec });

test('whatever writes come: all that is owned is there, every apply holds what it applied, and a refused one changes nothing', () => {
  fc.assert(
    fc.property(fc.array(write, { minLength: 1, maxLength: 12 }), (writes) => {
      let live = object({});
      trackCreate({ resource: widget, manager: 'm0', now: start }, live);
      for (const [index, one] of writes.entries()) {
        const now = start + index * 1000;
        if (one.type === 'put') {
          const next = object(structuredClone(one.spec));
          trackUpdate({ resource: widget, manager: one.manager, now }, live, next);
          live = next;
        } else {
          const before = JSON.stringify(live);
          let result;
          try {
            result = applyPatch({
              resource: widget,
              live,
              patch: object(one.spec),
              manager: one.manager,
              force: one.type === 'force',
              now,
            });
          } catch (error) {
            if (!(error instanceof StatusError) || error.httpCode !== 409 || one.type === 'force') throw error;
            expect(JSON.stringify(live)).toBe(before);
            continue;
          }
          for (const path of toFieldSet(typedRoot(widget), object(one.spec)).paths()) expect(present(result.object, path)).toBe(true);
          // The API server then refuses such an object, since its schema wants no null there.
          if (JSON.stringify(result.object['spec']).includes('null')) continue;
          const metadata = { ...(result.object['metadata'] as KubeObject) };
          if (result.managedFields !== undefined) metadata['managedFields'] = result.managedFields;
          live = { ...result.object, metadata };
          // The same again is nothing at all.
          const again = applyPatch({ resource: widget, live, patch: object(one.spec), manager: one.manager, force: false, now: now + 500 });
          expect(again.object['spec']).toEqual(live['spec']);
          expect(again.managedFields).toEqual(result.managedFields);
        }
        for (const entry of entries(live)) {
          const fields = FieldSet.fromFieldsV1(entry['fieldsV1']) as FieldSet;
          expect(fields.empty).toBe(false);
          for (const path of fields.paths()) expect(present(live, path)).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});
