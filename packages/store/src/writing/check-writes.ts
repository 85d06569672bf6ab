import { kindOf } from '../contract/check-input.ts';
import type { RawRecord, ScopeId } from '../contract/record.ts';
import { checkKey } from '../keys/key-order.ts';
import { RecordError, StoreError } from '../store-error.ts';

/**
 * What a program in JavaScript may hand to a writer. The bytes of the object are looked at by who reads them. `method`: the one that was called.
 *
 * @throws RecordError that names what is wrong
 */
export function checkRecord(record: unknown, method: string): asserts record is RawRecord {
  if (typeof record !== 'object' || record === null)
    throw new RecordError(
      `${method} takes a record { object }, whose object is its JSON in bytes, a Uint8Array, and was given ${kindOf(record)}`,
    );
  for (const part of ['cluster', 'scope'] as const) {
    const value = (record as { readonly [part]?: unknown })[part];
    if (value !== undefined && typeof value !== 'string')
      throw new RecordError(`${method}: the ${part} of a record is a text or left out, and is ${kindOf(value)}`);
  }
}

/** @throws StoreError KEY_INVALID; without the UID an object of another life would be removed */
export function checkRemoval(key: unknown, uid: unknown, method: string): void {
  checkKey(key, method);
  if (typeof uid !== 'string')
    throw new StoreError('KEY_INVALID', `${method} takes the UID of the object that it removes, a text, and was given ${kindOf(uid)}`);
}

/** @throws StoreError SCOPE_INVALID */
export function checkScope(scope: unknown, method: string): asserts scope is ScopeId {
  if (typeof scope !== 'string') throw new StoreError('SCOPE_INVALID', `${method} takes a scope, a text, and was given ${kindOf(scope)}`);
}
