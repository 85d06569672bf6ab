import { equalJson, invalidError, isObject, qualifiedNameProblems, requiredError, type FieldError } from '@kubecast/crd';
import type { KubeObject } from '../../served-resource.ts';
import { at, textAt } from '../builtin-resource.ts';

// The rules of k8s.io/kubernetes/pkg/apis/core/validation/events.go, for Events in the form of the core group.

const TEXT_LIMIT = 128;
const NOTE_LIMIT = 1024;

const bytes = (text: string): number => Buffer.byteLength(text);
const unset = (object: KubeObject, name: string): boolean => (object[name] ?? null) === null;

/** What every Event is held to, in both groups. `reporter` is the name of reportingController in the group of the request. */
export function eventErrors(event: KubeObject, reporter: string): FieldError[] {
  const namespace = textAt(event, 'metadata', 'namespace');
  const involved = textAt(event, 'involvedObject', 'namespace');
  const elsewhere = invalidError('involvedObject.namespace', involved, 'does not match event.namespace');
  // An Event without eventTime is of the old form.
  if (unset(event, 'eventTime')) {
    const matches = involved === '' ? namespace === 'default' : involved === namespace;
    return matches ? [] : [elsewhere];
  }
  const errors: FieldError[] = [];
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(elsewhere);
  const controller = textAt(event, 'reportingComponent');
  if (controller === '') errors.push(requiredError(reporter));
  errors.push(...qualifiedNameProblems(controller).map((problem) => invalidError(reporter, controller, problem)));
  for (const name of ['reportingInstance', 'action', 'reason']) {
    const text = textAt(event, name);
    if (text === '') errors.push(requiredError(name));
    if (bytes(text) > TEXT_LIMIT) errors.push(tooManyCharacters(name, TEXT_LIMIT));
  }
  if (bytes(textAt(event, 'message')) > NOTE_LIMIT) errors.push(tooManyCharacters('message', NOTE_LIMIT));
  return errors;
}

/** The server says characters, counts bytes, and does not show the text. */
function tooManyCharacters(field: string, limit: number): FieldError {
  return invalidError(field, '', `can have at most ${limit} characters`);
}

/** What a new Event of events.k8s.io is held to beside `eventErrors`. */
export function newEventErrors(event: KubeObject): FieldError[] {
  const errors = seriesErrors(event);
  if (unset(event, 'eventTime')) errors.push(requiredError('eventTime'));
  const type = textAt(event, 'type');
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidError('type', '', `has invalid value: ${type}`));
  const { component, host } = sourceOf(event);
  const given: Readonly<Record<string, boolean>> = {
    firstTimestamp: !unset(event, 'firstTimestamp'),
    lastTimestamp: !unset(event, 'lastTimestamp'),
    count: countOf(event) !== 0,
    source: component !== '' || host !== '',
  };
  for (const name of Object.keys(given)) if (given[name] === true) errors.push(invalidError(name, '', 'needs to be unset'));
  return errors;
}

function seriesErrors(event: KubeObject): FieldError[] {
  const series = event['series'];
  if (!isObject(series)) return [];
  const errors: FieldError[] = [];
  if (Number(series['count'] ?? 0) < 2) errors.push(invalidError('series.count', '', 'should be at least 2'));
  if (unset(series, 'lastObservedTime')) errors.push(requiredError('series.lastObservedTime'));
  return errors;
}

const countOf = (event: KubeObject): number => Number(event['count'] ?? 0);

function sourceOf(event: KubeObject): { readonly component: string; readonly host: string } {
  return { component: textAt(event, 'source', 'component'), host: textAt(event, 'source', 'host') };
}

/** A reference as the server shows it: its struct, not its JSON. */
function shownReference(event: KubeObject, name: string): unknown {
  if (name === 'related' && !isObject(event[name])) return null;
  const part = (field: string): string => textAt(event, name, field);
  return {
    Kind: part('kind'),
    Namespace: part('namespace'),
    Name: part('name'),
    UID: part('uid'),
    APIVersion: part('apiVersion'),
    ResourceVersion: part('resourceVersion'),
    FieldPath: part('fieldPath'),
  };
}

function shownSource(event: KubeObject): unknown {
  const { component, host } = sourceOf(event);
  return { Component: component, Host: host };
}

const text =
  (name: string) =>
  (event: KubeObject): unknown =>
    textAt(event, name);
const time =
  (name: string) =>
  (event: KubeObject): unknown =>
    at(event, name) ?? null;

/** What an update by events.k8s.io leaves as it is, in the server's order; [!] it looks at the reason twice. */
const immutable: readonly (readonly [field: string, shown: (event: KubeObject) => unknown])[] = [
  ['involvedObject', (event) => shownReference(event, 'involvedObject')],
  ['reason', text('reason')],
  ['message', text('message')],
  ['source', shownSource],
  ['firstTimestamp', time('firstTimestamp')],
  ['lastTimestamp', time('lastTimestamp')],
  ['count', countOf],
  ['reason', text('reason')],
  ['type', text('type')],
  ['eventTime', time('eventTime')],
  ['action', text('action')],
  ['related', (event) => shownReference(event, 'related')],
  ['reportingController', text('reportingComponent')],
  ['reportingInstance', text('reportingInstance')],
];

/** What a changed Event of events.k8s.io is held to beside `eventErrors`. */
export function changedEventErrors(event: KubeObject, old: KubeObject): FieldError[] {
  const errors = equalJson(event['series'] ?? null, old['series'] ?? null) ? [] : seriesErrors(event);
  for (const [field, shown] of immutable) {
    const value = shown(event);
    if (!equalJson(value, shown(old))) errors.push(invalidError(field, value, 'field is immutable'));
  }
  return errors;
}
