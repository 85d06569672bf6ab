import { isObject } from '@kubecast/crd';
import { ageOf } from '../../table/age.ts';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { at, builtinResource, column, textAt } from '../builtin-resource.ts';
import { readMicroTimes, readTimes } from '../go-times.ts';
import { renameEvent } from './event-form.ts';
import { changedEventErrors, eventErrors, newEventErrors } from './event-rules.ts';

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

/** Fields that are not written where they are empty. */
function dropEmpty(object: unknown, names: readonly string[]): void {
  if (!isObject(object)) return;
  for (const name of names) if (object[name] === '' || object[name] === 0 || object[name] === null) delete object[name];
}

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
      readMicroTimes(object, 'Event', ['eventTime'], ['series', 'lastObservedTime']);
      readTimes(object, 'Event', ['firstTimestamp'], ['lastTimestamp']);
      dropEmpty(object, ['reason', 'message', 'type', 'action', 'count', 'related', 'series']);
      dropEmpty(object['series'], ['count']);
      for (const [name, value] of Object.entries({ eventTime: null, reportingComponent: '', reportingInstance: '' }))
        object[name] ??= value;
      for (const name of ['firstTimestamp', 'lastTimestamp']) object[name] ??= null;
      for (const name of ['source', 'involvedObject']) object[name] ??= {};
      if (isObject(object['series'])) object['series']['lastObservedTime'] ??= null;
    },
    metadata: { create: false, update: [] },
    putCreates: true,
    validate: (object) => eventErrors(object, 'reportingComponent'),
    fields: {
      ...referenceFields('involvedObject', referenceNames),
      reason: (object) => textAt(object, 'reason'),
      type: (object) => textAt(object, 'type'),
      reportingComponent: (object) => textAt(object, 'reportingComponent'),
      source: (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'),
    },
  },
});

/** The same objects as the core kind's, under other names; stored in the core form. */
export const eventsEventResource: ServedResource = builtinResource({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  columns: columns.map((one) => ({ ...one, cell: (object: KubeObject, now: number) => one.cell?.(renameEvent(object, true), now) })),
  type: 'io.k8s.api.events.v1.Event',
  behaviour: {
    storedAs: {
      table: '/events',
      version: 'v1',
      toStored: (object) => renameEvent(object, true),
      fromStored: (object) => renameEvent(object, false),
    },
    unowned: () => ({
      eventTime: null,
      regarding: {},
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
    }),
    prepare(object) {
      readMicroTimes(object, 'Event', ['eventTime'], ['series', 'lastObservedTime']);
      readTimes(object, 'Event', ['deprecatedFirstTimestamp'], ['deprecatedLastTimestamp']);
      dropEmpty(object, [
        'note',
        'reason',
        'type',
        'action',
        'reportingController',
        'reportingInstance',
        'deprecatedCount',
        'related',
        'series',
      ]);
      object['eventTime'] ??= null;
      for (const name of ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp']) object[name] ??= null;
      for (const name of ['deprecatedSource', 'regarding']) object[name] = isObject(object[name]) ? object[name] : {};
      if (isObject(object['series'])) object['series'] = { count: 0, lastObservedTime: null, ...object['series'] };
    },
    metadata: { update: ['update'] },
    putCreates: true,
    validate(object, old) {
      const now = renameEvent(object, true);
      const legacy = eventErrors(now, 'reportingController');
      return [...legacy, ...(old === undefined ? newEventErrors(now) : changedEventErrors(now, renameEvent(old, true)))];
    },
    fields: {
      ...referenceFields('regarding', referenceNames),
      reason: (object) => textAt(object, 'reason'),
      type: (object) => textAt(object, 'type'),
      reportingController: (object) => textAt(object, 'reportingComponent') || textAt(object, 'reportingController'),
    },
  },
  storage: 'v1/Event',
});
