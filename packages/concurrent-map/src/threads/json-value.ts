import { MapValueError } from '../errors.ts';
import { frozenCopy, NotKeptError, type DeepReadonly } from '../stateful/frozen-copy.ts';
import type { RecordCopy, SharedKey } from '../cells/shared-records.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws MapValueError for a value that JSON does not hold; what comes back from the map is what was given to it. */
export function keepable<V>(map: string, key: string, value: V): DeepReadonly<V> {
  if (value === undefined) throw new MapValueError(map, key, 'is undefined: delete() removes a key');
  try {
    return frozenCopy(value);
  } catch (error) {
    if (error instanceof NotKeptError) throw new MapValueError(map, key, error.message, { cause: error });
    throw error;
  }
}

/** Makes the record of a key and a value that was found keepable. */
export function encodeInto(made: RecordCopy, key: SharedKey, value: unknown): void {
  const text = JSON.stringify(value);
  // A UTF-16 code unit has at most three bytes of UTF-8.
  const at = made.begin(key, text.length * 3);
  const { written } = encoder.encodeInto(text, made.bytes.subarray(at));
  made.seal(written);
}

/** The value of a record that was found whole, frozen. */
export function decode<V>(record: RecordCopy): DeepReadonly<V> {
  const value: unknown = JSON.parse(decoder.decode(record.value));
  freeze(value);
  return value as DeepReadonly<V>;
}

/** Not deeper than what frozenCopy() takes. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) freeze(member);
  Object.freeze(value);
}
