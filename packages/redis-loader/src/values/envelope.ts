import { checkNames } from '../check-input.ts';
import { ValueError } from '../errors.ts';
import { isTooDeep, MAX_DEPTH } from './json-depth.ts';
import { findMember } from './json-member.ts';
import { sha256 } from './sha256.ts';

/** Who a value belongs to. */
export interface Owner {
  readonly namespace: string;
  readonly app: string;
  readonly model: string;
}

/** A value with its owner, version, number and digest: the form that a ValuePublisher writes. */
export interface Envelope extends Owner {
  /** Opaque; compared for equality with the announced one. */
  readonly version: string;
  /** Only grows under one key, whatever the versions do. A safe integer. */
  readonly number: number;
  /** `sha256:` and the hex digest of the payload's bytes as they stand in the envelope. */
  readonly digest: string;
  readonly payload: unknown;
}

/**
 * Writes an envelope: one JSON object with namespace, app, model, version, number, digest and, last, payload.
 *
 * @throws ValueError (BadEnvelope) if the payload is nothing that JSON can hold, or the number is no safe integer above 0; InputError if a
 * name or the version is no string.
 */
export function formatEnvelope(envelope: Owner & { readonly version: string; readonly number: number; readonly payload: unknown }): string {
  return envelopeOf(envelope, payloadText(envelope.payload, envelope));
}

/** The envelope of a payload that is text already. @throws ValueError (BadEnvelope), InputError */
export function envelopeOf(envelope: Owner & { readonly version: string; readonly number: number }, text: string): string {
  const { namespace, app, model, version, number } = envelope;
  checkNames('an envelope', envelope, version);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new ValueError(
      'BadEnvelope',
      `the number of ${describeOwner(envelope)} is ${number}; it must be a whole number from 1 to 2^53 - 1`,
    );
  const head = JSON.stringify({ namespace, app, model, version, number, digest: sha256(text) });
  return `${head.slice(0, -1)},"payload":${text}}`;
}

/** The digest that an envelope of this payload carries. */
export function payloadDigest(payload: unknown, owner: Owner): string {
  return textDigest(payloadText(payload, owner));
}

export function textDigest(text: string): string {
  return sha256(text);
}

/** The payload as JSON. What JSON would turn into something else is refused: null for NaN, {} for a Map. @throws ValueError (BadEnvelope) */
export function payloadText(payload: unknown, owner: Owner): string {
  let lost: string | undefined;
  const keep = function (this: unknown, name: string, value: unknown): unknown {
    const kind = lostAs(value, Array.isArray(this));
    if (kind !== undefined) lost ??= `${kind} at ${JSON.stringify(name)}`;
    return value;
  };
  let text: string | undefined;
  try {
    text = JSON.stringify(payload, keep) as string | undefined;
  } catch (error) {
    throw new ValueError('BadEnvelope', `the payload of ${describeOwner(owner)} cannot be written as JSON`, { cause: error });
  }
  if (text === undefined)
    throw new ValueError('BadEnvelope', `the payload of ${describeOwner(owner)} is ${typeof payload}, which JSON cannot hold`);
  if (lost !== undefined)
    throw new ValueError('BadEnvelope', `the payload of ${describeOwner(owner)} holds ${lost}, which JSON cannot hold`);
  if (isTooDeep(text))
    throw new ValueError('BadEnvelope', `the payload of ${describeOwner(owner)} has more than ${MAX_DEPTH} containers in each other`);
  return text;
}

/** What JSON.stringify would change without a word. A member that is undefined is left out, as everywhere in JavaScript. */
function lostAs(value: unknown, inList: boolean): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (value === undefined) return inList ? 'undefined' : undefined;
  if (value instanceof Map || value instanceof Set) return `a ${value instanceof Map ? 'Map' : 'Set'}`;
  return undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an envelope from its JSON text and the parsed value. Undefined if the value is no envelope: an envelope has all of
 * namespace, app, model, version and digest as strings, number as a safe integer, and payload.
 *
 * @throws ValueError (BadValue) if it is one whose payload does not have its digest: the value was changed by hand or cut.
 */
export function readEnvelope(text: string, parsed: unknown): Envelope | undefined {
  if (!isRecord(parsed)) return undefined;
  const head = Object.hasOwn(parsed, 'payload') ? readHead(parsed) : undefined;
  if (head === undefined) return undefined;
  if (!hasDigest(text, head.digest)) {
    throw new ValueError(
      'BadValue',
      `the envelope of ${describeOwner(head)} version ${JSON.stringify(head.version)} does not have its digest: it was changed or cut after it was written`,
    );
  }
  return { ...head, payload: parsed['payload'] };
}

function readHead(parsed: unknown): Omit<Envelope, 'payload'> | undefined {
  if (!isRecord(parsed)) return undefined;
  const own = (name: string): unknown => (Object.hasOwn(parsed, name) ? parsed[name] : undefined);
  const namespace = own('namespace'),
    app = own('app'),
    model = own('model'),
    version = own('version'),
    digest = own('digest'),
    number = own('number');
  if (typeof namespace !== 'string' || typeof app !== 'string' || typeof model !== 'string' || typeof version !== 'string')
    return undefined;
  if (typeof digest !== 'string' || !Number.isSafeInteger(number)) return undefined;
  return { namespace, app, model, version, number: number as number, digest };
}

/**
 * The fast path for envelopes that formatEnvelope wrote: payload is the last member, so its text is cut out and checked by its digest, and not
 * parsed. Undefined means only that the text has another layout; readEnvelope may still find an envelope in it.
 */
export function readOwnEnvelope(text: string): { readonly head: Omit<Envelope, 'payload'>; readonly payload: string } | undefined {
  // The mark cannot occur inside a string: JSON escapes quotation marks there.
  const mark = text.startsWith('{"namespace":') && text.endsWith('}') ? text.indexOf(MARK) : -1;
  if (mark < 0) return undefined;
  const payload = text.slice(mark + MARK.length, -1);
  try {
    const head = readHead(JSON.parse(`${text.slice(0, mark)}}`));
    return head !== undefined && sha256(payload) === head.digest ? { head, payload } : undefined;
  } catch {
    return undefined;
  }
}

const MARK = ',"payload":';

function hasDigest(text: string, digest: string): boolean {
  const member = findMember(text, 'payload');
  return member !== undefined && sha256(member) === digest;
}

export function isSameOwner(a: Owner, b: Owner): boolean {
  return a.namespace === b.namespace && a.app === b.app && a.model === b.model;
}

/** For messages. */
export function describeOwner({ namespace, app, model }: Owner): string {
  return `model ${JSON.stringify(model)} of app ${JSON.stringify(app)} in namespace ${JSON.stringify(namespace)}`;
}
