import { describeOwner, readEnvelope, readOwnEnvelope, type Envelope, type Owner } from './envelope.ts';
import { ValueError } from '../errors.ts';
import { isTooDeep, MAX_DEPTH } from './json-depth.ts';
import { LazyPayload } from './lazy-payload.ts';

/**
 * The form of the values in Redis. 'envelope': envelopes of a ValuePublisher; other JSON is served as unverified. 'json': the JSON value is the
 * payload. 'raw': the bytes are the payload. A value without an envelope has no version, so it can only be unverified.
 */
export type ValueForm = 'envelope' | 'json' | 'raw';

/** What a value was found to be. */
export type ValueReading =
  | {
      readonly kind: 'envelope';
      readonly version: string;
      readonly number: number;
      readonly digest: string;
      readonly payload: LazyPayload<unknown>;
    }
  | { readonly kind: 'unverified'; readonly payload: LazyPayload<unknown> }
  | { readonly kind: 'foreign'; readonly owner: Owner; readonly message: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the bytes under a key and checks that they belong to `owner`.
 *
 * @throws ValueError (BadValue): not UTF-8, not JSON, nested too deep, or an envelope whose payload does not have its digest.
 */
export function readValue(bytes: Uint8Array, form: ValueForm, owner: Owner): ValueReading {
  if (form === 'raw') return { kind: 'unverified', payload: LazyPayload.of(new Uint8Array(bytes)) };
  const text = decodeText(bytes);
  if (isTooDeep(text))
    throw new ValueError('BadValue', `the value of ${bytes.byteLength} bytes has more than ${MAX_DEPTH} containers in each other`);
  const own = form === 'envelope' ? readOwnEnvelope(text) : undefined;
  if (own !== undefined) return forOwner(own.head, LazyPayload.parse(own.payload), owner);
  const parsed = parseText(text, bytes);
  const envelope = form === 'envelope' ? readEnvelope(text, parsed) : undefined;
  if (envelope === undefined) return { kind: 'unverified', payload: LazyPayload.parse(text) };
  return forOwner(envelope, LazyPayload.of(envelope.payload), owner);
}

function forOwner(
  { namespace, app, model, version, number, digest }: Omit<Envelope, 'payload'>,
  payload: LazyPayload<unknown>,
  owner: Owner,
): ValueReading {
  if (namespace !== owner.namespace || app !== owner.app || model !== owner.model) {
    return {
      kind: 'foreign',
      owner: { namespace, app, model },
      message: `the value belongs to ${describeOwner({ namespace, app, model })}`,
    };
  }
  return { kind: 'envelope', version, number, digest, payload };
}

/** @throws ValueError (BadValue) */
export function parseJson(bytes: Uint8Array): { readonly text: string; readonly parsed: unknown } {
  const text = decodeText(bytes);
  return { text, parsed: parseText(text, bytes) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ValueError('BadValue', `the value of ${bytes.byteLength} bytes is not UTF-8`);
  }
}

function parseText(text: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The runtime's own message quotes the value.
    throw new ValueError('BadValue', text === '' ? 'the value is empty' : `the value of ${bytes.byteLength} bytes is not JSON`);
  }
}
