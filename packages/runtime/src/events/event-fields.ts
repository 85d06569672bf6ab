import { qualifiedNameProblems, subdomainProblems, type Event, type ResourceType } from '@kubecast/crd';
import { EventError, RuntimeOptionsError } from '../errors.ts';
import { toMicroTime } from '../timing/micro-time.ts';
import type { EventNote, Regarded } from './event-contract.ts';

// The server's limits (pkg/apis/core/validation/events.go of Kubernetes), all in bytes of UTF-8.
const MOST_NOTE = 1024;
const MOST_FIELD = 128;
const MOST_NAME = 253;

/** Who reports, as it stands in every event. */
export interface Reporter {
  readonly controller: string;
  readonly instance: string;
}

/** @throws RuntimeOptionsError for names that the server refuses in every event */
export function checkReporter({ controller, instance }: Reporter): Reporter {
  const problems = typeof controller === 'string' ? qualifiedNameProblems(controller) : ['it must be a text'];
  if (problems.length > 0)
    throw new RuntimeOptionsError(`event recorder: the controller ${quoted(controller)} is refused by the server: ${problems.join('; ')}`);
  if (typeof instance !== 'string' || instance === '')
    throw new RuntimeOptionsError('event recorder: instance must be a text that names the process, such as the name of its pod');
  return { controller, instance: cutBytes(instance, MOST_FIELD) };
}

/** The texts of an event, as the server takes them. @throws EventError where one cannot be made right by cutting */
export function checkNote(event: EventNote): EventNote {
  const { type, reason, action, note } = event as { readonly [Field in keyof EventNote]: unknown };
  if (type !== 'Normal' && type !== 'Warning') throw new EventError(`an event has the type ${quoted(type)}; it must be Normal or Warning`);
  return { type, reason: field('reason', reason), action: field('action', action), note: cutBytes(noteText(note), MOST_NOTE) };
}

function field(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new EventError(`an event has no ${name}; the server requires one`);
  return cutBytes(value, MOST_FIELD);
}

function noteText(note: unknown): string {
  if (note === undefined || note === null) return '';
  return note instanceof Error ? note.message : String(note as string);
}

/** The Event (events.k8s.io/v1), within every rule of the server. `unique` tells it from all others about the object. */
export function makeEvent(
  reporter: Reporter,
  type: ResourceType,
  object: Regarded,
  event: EventNote,
  at: { readonly wall: number; readonly unique: string },
): Event {
  const { namespace = '', name = '', uid, resourceVersion } = object.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // An object without a namespace is told of in `default`: the only place, but kube-system, where the server takes such events.
    metadata: { name: eventName(name, at.unique), namespace: namespace === '' ? 'default' : namespace },
    eventTime: toMicroTime(at.wall),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
    action: event.action,
    reason: event.reason,
    type: event.type,
    note: event.note,
    regarding: {
      apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
      kind: type.kind,
      name: name.toWellFormed(),
      ...(namespace === '' ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

/** Names of some kinds (`system:node`) are no names for an Event, which must be a DNS subdomain. */
function eventName(object: string, unique: string): string {
  const room = MOST_NAME - unique.length - 1;
  const stem = object.slice(0, room).replace(/[-.]+$/u, '');
  return `${subdomainProblems(stem).length === 0 ? stem : 'event'}.${unique}`;
}

const encoder = new TextEncoder();

/** A text of at most so many bytes of UTF-8, the sign for what was cut included; never cut within a character. Half surrogates are replaced. */
export function cutBytes(text: string, most: number): string {
  // A character is three bytes at most for each of its code units.
  if (text.length * 3 <= most) return text.toWellFormed();
  const whole = text.slice(0, most + 1).toWellFormed();
  if (text.length <= most && encoder.encode(whole).length <= most) return whole;
  const buffer = new Uint8Array(most - 3);
  const { read } = encoder.encodeInto(whole, buffer);
  return `${whole.slice(0, read)}…`;
}

const quoted = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `of type ${typeof value}`);
