import { invalidError, isObject, requiredError, type FieldError } from '@kubecast/crd';
import { ageOf } from '../../table/age.ts';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { at, builtinResource, column, textAt } from '../builtin-resource.ts';

const lastSeen = (object: KubeObject): unknown =>
  at(object, 'series', 'lastObservedTime') ?? at(object, 'lastTimestamp') ?? at(object, 'firstTimestamp') ?? at(object, 'eventTime');
const target = (object: KubeObject): string =>
  `${textAt(object, 'involvedObject', 'kind').toLowerCase()}/${textAt(object, 'involvedObject', 'name')}`;

/** Columns of the core form. */
const columns = [
  column('Last Seen', (object, now) => ageOf(lastSeen(object), now)),
  column('Type', (object) => textAt(object, 'type')),
  column('Reason', (object) => textAt(object, 'reason')),
  column('Object', target),
  column('Subobject', (object) => textAt(object, 'involvedObject', 'fieldPath'), 1),
  column('Source', (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'), 1),
  column('Message', (object) => textAt(object, 'message').trim()),
  column('First Seen', (object, now) => ageOf(at(object, 'firstTimestamp') ?? at(object, 'eventTime'), now), 1),
  column('Count', (object) => Number(at(object, 'series', 'count') ?? at(object, 'count') ?? 1), 1),
  { ...column('Name', (object) => textAt(object, 'metadata', 'name'), 1), format: 'name' },
];

const referenceFields = (field: string, names: readonly string[]): Record<string, (object: KubeObject) => string> =>
  Object.fromEntries(names.map((name) => [`${field}.${name}`, (object: KubeObject) => textAt(object, 'involvedObject', name)]));

const referenceNames = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

export const eventResource: ServedResource = builtinResource({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns,
  type: 'io.k8s.api.core.v1.Event',
  behaviour: {
    unowned: () => ({
      involvedObject: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    }),
    prepare(object) {
      for (const [name, value] of Object.entries({ eventTime: null, reportingComponent: '', reportingInstance: '' }))
        object[name] ??= value;
      for (const name of ['firstTimestamp', 'lastTimestamp']) object[name] ??= null;
      object['source'] ??= {};
    },
    validate(object) {
      const errors: FieldError[] = [];
      const namespace = textAt(object, 'metadata', 'namespace');
      const involved = textAt(object, 'involvedObject', 'namespace');
      if (involved !== namespace && (involved !== '' || namespace !== 'default'))
        errors.push(invalidError('involvedObject.namespace', involved, 'does not match event.namespace'));
      return errors;
    },
    fields: {
      ...referenceFields('involvedObject', referenceNames),
      reason: (object) => textAt(object, 'reason'),
      type: (object) => textAt(object, 'type'),
      reportingComponent: (object) => textAt(object, 'reportingComponent'),
      source: (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'),
    },
  },
});

/** Names of the core form and of events.k8s.io, where they differ. */
const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['count', 'deprecatedCount'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['reportingComponent', 'reportingController'],
] as const;

function rename(object: KubeObject, toCore: boolean): KubeObject {
  const out: KubeObject = { ...object, apiVersion: toCore ? 'v1' : 'events.k8s.io/v1' };
  for (const [core, other] of renamed) {
    const [from, to] = toCore ? [other, core] : [core, other];
    delete out[from];
    if (object[from] !== undefined) out[to] = object[from];
  }
  // Empty texts are written by the core form alone.
  if (!toCore) for (const name of ['reportingController', 'reportingInstance']) if (out[name] === '') delete out[name];
  return out;
}

/** The same objects as the core kind's, under other names; stored in the core form. */
export const eventsEventResource: ServedResource = builtinResource({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns: columns.map((one) => ({ ...one, cell: (object: KubeObject, now: number) => one.cell?.(rename(object, true), now) })),
  type: 'io.k8s.api.events.v1.Event',
  behaviour: {
    storedAs: {
      table: '/events',
      version: 'v1',
      toStored: (object) => rename(object, true),
      fromStored: (object) => rename(object, false),
    },
    unowned: () => ({
      eventTime: null,
      regarding: {},
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
    }),
    prepare(object) {
      object['eventTime'] ??= null;
      for (const name of ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp']) object[name] ??= null;
      object['deprecatedSource'] = isObject(object['deprecatedSource']) ? object['deprecatedSource'] : {};
    },
    validate(object) {
      const errors: FieldError[] = [];
      const namespace = textAt(object, 'metadata', 'namespace');
      const regarding = textAt(object, 'regarding', 'namespace');
      if (regarding !== namespace && (regarding !== '' || namespace !== 'default'))
        errors.push(invalidError('involvedObject.namespace', regarding, 'does not match event.namespace'));
      if (typeof object['eventTime'] !== 'string') errors.push(requiredError('eventTime'));
      const type = textAt(object, 'type');
      if (type !== 'Normal' && type !== 'Warning') errors.push(invalidError('type', '', `has invalid value: ${type}`));
      return errors;
    },
    fields: {
      ...referenceFields('regarding', referenceNames),
      reason: (object) => textAt(object, 'reason'),
      type: (object) => textAt(object, 'type'),
    },
  },
  storage: 'v1/Event',
});
