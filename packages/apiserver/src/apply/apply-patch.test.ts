import { appModel, toManifest, type Schema } from '@kubecast/crd';
import { expect, test } from 'vitest';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { StatusError } from '../status/status-error.ts';
import { applyPatch, type ApplyResult } from './apply-patch.ts';
import { trackCreate, trackUpdate } from './track.ts';

const widgetSchema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        color: { type: 'string' },
        opt: { type: 'string' },
        replicas: { type: 'integer' },
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
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

function resource(kind: string, group: string, schema: Schema, status: boolean): ServedResource {
  return {
    group,
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope: 'Namespaced',
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    verbs: [],
    schema,
    columns: [],
    subresources: status ? { status: true } : {},
    generation: true,
    selectableFields: [],
    storage: `${group}/v1/${kind}`,
  };
}

const widget = resource('Widget', 't.example', widgetSchema, true);
const model = resource(
  'AppModel',
  'iidp.com',
  (toManifest(appModel) as unknown as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } }).spec.versions[0]?.schema
    .openAPIV3Schema as Schema,
  false,
);

const now = Date.parse('2026-01-02T03:04:05.678Z');
const later = now + 60_000;

function widgetOf(spec: unknown, metadata: KubeObject = {}): KubeObject {
  return {
    apiVersion: 't.example/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'ns', ...metadata },
    ...(spec === undefined ? {} : { spec }),
  };
}

function apply(
  live: KubeObject | undefined,
  patch: unknown,
  options: { manager?: string; force?: boolean; at?: number; subresource?: string; of?: ServedResource } = {},
): ApplyResult {
  return applyPatch({
    resource: options.of ?? widget,
    live,
    patch,
    manager: options.manager ?? 'm1',
    force: options.force ?? false,
    now: options.at ?? now,
    subresource: options.subresource,
  });
}

/** The object as it would be stored. */
function stored(result: ApplyResult): KubeObject {
  const metadata = { ...(result.object['metadata'] as KubeObject) };
  if (result.managedFields !== undefined) metadata['managedFields'] = result.managedFields;
  return { ...result.object, metadata: { uid: '1', ...metadata } };
}

function managersOf(object: KubeObject): Record<string, unknown>[] {
  return ((object['metadata'] as KubeObject)['managedFields'] ?? []) as Record<string, unknown>[];
}

function refused(action: () => unknown): StatusError {
  try {
    action();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('applying an AppModel makes one Apply entry that owns leaves, and its list of models as one', () => {
  const patch = {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: 'iiot', namespace: 'ns', labels: { iidp: 'iidp' } },
    spec: { app: 'iiot', version: 'v1', models: [{ name: 'a', version: '1' }] },
  };
  const result = apply(undefined, patch, { of: model });
  expect(result.object).toEqual(patch);
  expect(result.managedFields).toEqual([
    {
      manager: 'm1',
      operation: 'Apply',
      apiVersion: 'iidp.com/v1',
      time: '2026-01-02T03:04:05Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:iidp': {} } }, 'f:spec': { 'f:app': {}, 'f:models': {}, 'f:version': {} } },
    },
  ]);
});

test('a create of nothing but a name is owned by nobody', () => {
  expect(apply(undefined, widgetOf(undefined)).managedFields).toBeUndefined();
});

test('items of list-maps are owned by their keys, defaults filled in; items of sets by their value', () => {
  const result = apply(
    undefined,
    widgetOf({ items: [{ name: 'a', value: 1 }], tags: ['x'], plain: ['p'], free: { deep: { x: 1 }, list: [1], none: {} } }),
  );
  expect(result.managedFields?.[0]?.['fieldsV1']).toEqual({
    'f:spec': {
      'f:free': { 'f:deep': { '.': {}, 'f:x': {} }, 'f:list': {}, 'f:none': {} },
      'f:items': { 'k:{"name":"a","proto":"TCP"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
      'f:plain': {},
      'f:tags': { 'v:"x"': {} },
    },
  });
});

test('applying the same again changes neither object nor time', () => {
  const first = stored(apply(undefined, widgetOf({ color: 'red', items: [{ name: 'a' }] })));
  const again = apply(first, widgetOf({ color: 'red', items: [{ name: 'a' }] }), { at: later });
  expect(stored(again)).toEqual(first);
});

test('an equal value is shared without a conflict, in an entry without a time', () => {
  const first = stored(apply(undefined, widgetOf({ color: 'red' })));
  const second = apply(first, widgetOf({ color: 'red' }), { manager: 'm2', at: later });
  expect(second.managedFields?.map((entry) => [entry['manager'], entry['time']])).toEqual([
    ['m2', undefined],
    ['m1', '2026-01-02T03:04:05Z'],
  ]);
});

test('another value is a conflict that names the owner and the field', () => {
  const first = stored(apply(undefined, widgetOf({ color: 'red', items: [{ name: 'a', value: 1 }] })));
  const one = refused(() => apply(first, widgetOf({ color: 'blue' }), { manager: 'm2' }));
  expect(one.httpCode).toBe(409);
  expect(one.reason).toBe('Conflict');
  expect(one.message).toBe('Apply failed with 1 conflict: conflict with "m1": .spec.color');
  expect(one.details).toEqual({ causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.spec.color' }] });
  const two = refused(() => apply(first, widgetOf({ color: 'blue', items: [{ name: 'a', value: 2 }] }), { manager: 'm2' }));
  expect(two.message).toBe('Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.color\n- .spec.items[name="a",proto="TCP"].value');
});

test('conflicts of one level are named before those that lie deeper', () => {
  const first = stored(apply(undefined, widgetOf({ color: 'red', items: [{ name: 'a', value: 1 }], opt: 'x' })));
  const refusal = refused(() => apply(first, widgetOf({ color: 'blue', items: [{ name: 'a', value: 2 }], opt: 'y' }), { manager: 'm2' }));
  expect(refusal.details?.causes?.map((cause) => cause.field)).toEqual([
    '.spec.color',
    '.spec.opt',
    '.spec.items[name="a",proto="TCP"].value',
  ]);
});

test('a conflict with a manager that updates names its version', () => {
  const live = widgetOf({ opt: 'x' }, { uid: '1' });
  trackCreate({ resource: widget, manager: 'mytool', now }, live);
  expect(refused(() => apply(live, widgetOf({ opt: 'y' }))).message).toBe(
    'Apply failed with 1 conflict: conflict with "mytool" using t.example/v1: .spec.opt',
  );
});

test('force takes the field from its owner, who goes when nothing is left', () => {
  const first = stored(apply(undefined, widgetOf({ color: 'red' })));
  const forced = apply(first, widgetOf({ color: 'blue' }), { manager: 'm2', force: true, at: later });
  expect(forced.object['spec']).toEqual({ color: 'blue' });
  expect(forced.managedFields?.map((entry) => entry['manager'])).toEqual(['m2']);
});

test('what is no longer applied goes, unless another owns it', () => {
  const first = stored(
    apply(undefined, widgetOf({ color: 'red', opt: 'o', items: [{ name: 'a' }, { name: 'b' }] }, { labels: { x: '1', y: '2' } })),
  );
  const second = stored(apply(first, widgetOf({ opt: 'o' }), { manager: 'm2' }));
  const third = apply(second, widgetOf({ items: [{ name: 'b' }] }, { labels: { y: '2' } }));
  expect(third.object['spec']).toEqual({ opt: 'o', items: [{ name: 'b' }] });
  expect((third.object['metadata'] as KubeObject)['labels']).toEqual({ y: '2' });
  const fourth = apply(stored(third), widgetOf(undefined));
  expect(fourth.object['spec']).toEqual({ opt: 'o' });
  expect((fourth.object['metadata'] as KubeObject)['labels']).toBeUndefined();
  expect(fourth.managedFields?.map((entry) => entry['manager'])).toEqual(['m2']);
});

test('a parent that another owns and that an apply empties is left as a null, which validation refuses on the API server too', () => {
  const live = widgetOf({ free: {}, items: [] }, { uid: '1' });
  trackCreate({ resource: widget, manager: 'm0', now }, live);
  const first = stored(apply(live, widgetOf({ items: [{ name: 'a' }] })));
  expect(apply(first, widgetOf({ color: 'red' })).object['spec']).toEqual({ color: 'red', free: {}, items: null });
});

test('an unknown field, a wrong type and duplicate items fail without a reason, naming the place', () => {
  const refusal = (spec: unknown): StatusError => refused(() => apply(undefined, widgetOf(spec)));
  expect(refusal({ type: 'x' })).toMatchObject({ httpCode: 500, reason: '' });
  expect(refusal({ type: 'x' }).message).toBe(
    'failed to create typed patch object (ns/w; t.example/v1, Kind=Widget): .spec.type: field not declared in schema',
  );
  expect(refusal({ items: [{ name: 'q' }, { name: 'q' }] }).message).toBe(
    'failed to create typed patch object (ns/w; t.example/v1, Kind=Widget): .spec.items: duplicate entries for key [name="q",proto="TCP"]',
  );
  const { namespace: _, ...metadata } = widgetOf({})['metadata'] as KubeObject;
  expect(refused(() => apply(undefined, { ...widgetOf({ color: 5 }), metadata })).message).toBe(
    'failed to create typed patch object (/w; t.example/v1, Kind=Widget): .spec.color: expected string, got &value.valueUnstructured{Value:5}',
  );
});

test('another kind or version, and managedFields in the body, are refused', () => {
  expect(refused(() => apply(undefined, { ...widgetOf({}), apiVersion: 't.example/v7' }))).toMatchObject({
    httpCode: 400,
    message: 'invalid object type: t.example/v7, Kind=Widget',
  });
  expect(refused(() => apply(undefined, { metadata: {} })).message).toBe('invalid object type: /, Kind=');
  expect(refused(() => apply(undefined, 'text')).message).toBe('invalid object type: /, Kind=');
  expect(refused(() => apply(undefined, widgetOf({}, { managedFields: [] }))).message).toBe('metadata.managedFields must be nil');
});

test('the first apply to an untracked object gives what stands there to before-first-apply', () => {
  const result = apply(widgetOf({ color: 'red', opt: 'o' }, { uid: '1' }), widgetOf({ color: 'blue' }), { force: true });
  expect(result.managedFields?.map((entry) => [entry['manager'], entry['operation'], entry['fieldsV1']])).toEqual([
    ['m1', 'Apply', { 'f:spec': { 'f:color': {} } }],
    ['before-first-apply', 'Update', { 'f:spec': { '.': {}, 'f:opt': {} } }],
  ]);
});

test('the status has an entry of its own, and cannot be owned through the object', () => {
  const first = stored(apply(undefined, { ...widgetOf({ color: 'red' }), status: { phase: 'Ready' } }));
  expect(managersOf(first)[0]?.['fieldsV1']).toEqual({ 'f:spec': { 'f:color': {} } });
  const status = apply(first, { ...widgetOf(undefined), status: { phase: 'Done' } }, { subresource: 'status' });
  expect(status.managedFields?.map((entry) => [entry['subresource'], entry['fieldsV1']])).toEqual([
    [undefined, { 'f:spec': { 'f:color': {} } }],
    ['status', { 'f:status': { 'f:phase': {} } }],
  ]);
});

test('kubectl takes over what it applied from the client, but not what was changed since', () => {
  const config = widgetOf({ color: 'red', opt: 'o' });
  const live = widgetOf(
    { color: 'red', opt: 'o' },
    { uid: '1', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config) } },
  );
  trackCreate({ resource: widget, manager: 'kubectl-client-side-apply', now }, live);
  const applied = apply(live, widgetOf({ color: 'blue', opt: 'o' }), { manager: 'kubectl' });
  expect(applied.object['spec']).toEqual({ color: 'blue', opt: 'o' });
  const changed = structuredClone(live);
  (changed['spec'] as KubeObject)['color'] = 'green';
  trackUpdate({ resource: widget, manager: 'other', now: later }, live, changed);
  expect(refused(() => apply(changed, widgetOf({ color: 'blue' }), { manager: 'kubectl' })).message).toBe(
    'Apply failed with 1 conflict: conflict with "other" using t.example/v1: .spec.color',
  );
});
