import { Optional } from '@marcbachmann/cel-js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { isObject } from '../../schema/own-property.ts';

/** Whether two values of CEL are equal. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof UnsignedInt || b instanceof UnsignedInt) return numberOf(a) === numberOf(b);
  if (typeof a === 'bigint' || typeof b === 'bigint')
    return typeof a === 'number' || typeof b === 'number' ? Number(a) === Number(b) : false;
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Duration) return b instanceof Duration && a.seconds === b.seconds && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]);
  if (a instanceof Optional || b instanceof Optional)
    return a instanceof Optional && b instanceof Optional && equalValues(a.orValue(undefined), b.orValue(undefined));
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index]));
  const [left, right] = [entriesOf(a), entriesOf(b)];
  if (left === undefined || right === undefined || left.size !== right.size) return false;
  return [...left].every(([key, item]) => right.has(key) && equalValues(item, right.get(key)));
}

/** The entries of a map, or of one that the expression itself wrote. */
function entriesOf(value: unknown): Map<unknown, unknown> | undefined {
  if (value instanceof Map) return value as Map<unknown, unknown>;
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype ? new Map(Object.entries(value)) : undefined;
}

function numberOf(value: unknown): unknown {
  return value instanceof UnsignedInt ? value.value : typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}
