import { LazyPayload } from '../values/lazy-payload.ts';
import { readValue, type ValueForm } from '../values/read-value.ts';
import type { LoadFailureCode, Wanted } from './wanted.ts';

/** What an answer of Redis means to the one who wanted a version. */
export type Answer<P> =
  /** The announced value; `version` is its envelope's. */
  | { readonly kind: 'right'; readonly payload: LazyPayload<P>; readonly version: string | undefined }
  | {
      readonly kind: 'wrong';
      readonly code: LoadFailureCode;
      readonly message: string;
      /** A value of the owner's, of another version. */ readonly other?: { readonly payload: LazyPayload<P>; readonly version: string };
    };

/** Judges the bytes under a key; null: there are none. Never throws. */
export function judgeAnswer<P>(
  bytes: Buffer | null,
  form: ValueForm,
  wanted: Wanted,
  key: string,
  decode: ((payload: unknown, wanted: Wanted) => P) | undefined,
): Answer<P> {
  const place = `under the key ${JSON.stringify(key)}`;
  if (bytes === null) return { kind: 'wrong', code: 'Missing', message: `there is no string ${place}` };
  try {
    const reading = readValue(bytes, form, wanted.owner);
    if (reading.kind === 'foreign') {
      return { kind: 'wrong', code: 'Foreign', message: `${place}: ${reading.message}; a key template with {namespace} keeps them apart` };
    }
    // Without a decoder P is whatever JSON holds.
    const payload = decode === undefined ? (reading.payload as LazyPayload<P>) : LazyPayload.of(decode(reading.payload.read(), wanted));
    if (decode !== undefined && payload.read() instanceof Promise) {
      (payload.read() as Promise<unknown>).catch(() => {});
      throw new TypeError('decode gave a promise; it must be a function that is not async');
    }
    if (reading.kind === 'unverified') return { kind: 'right', payload, version: undefined };
    if (reading.version === wanted.version) return { kind: 'right', payload, version: reading.version };
    return {
      kind: 'wrong',
      code: 'OtherVersion',
      other: { payload, version: reading.version },
      message: `the value ${place} is of version ${JSON.stringify(reading.version)}, announced is ${JSON.stringify(wanted.version)}`,
    };
  } catch (error) {
    return { kind: 'wrong', code: 'Malformed', message: `${place}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
