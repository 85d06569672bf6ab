import { CodedError } from '@kubecast/errors';
import { exactTextOf } from './exact-texts.ts';

/** A value that JSON cannot say, or that would be written as another one. `path` is where it stands: `spec.limits[0]`; `''` is the value itself. */
export class JsonWriteError extends CodedError<'JSON_WRITE'> {
  override readonly name = 'JsonWriteError';
  readonly path: string;

  constructor(path: string, problem: string, options?: { readonly cause?: unknown }) {
    super('JSON_WRITE', `${path === '' ? 'the value' : path} ${problem}`, options);
    this.path = path;
  }
}

/** Up to here an int64 can be meant; above it a number is a double's, and its text says all of it. */
const INT64 = 2 ** 63;

class Refused extends Error {
  readonly holder: object;
  readonly member: string;

  constructor(holder: object, member: string, problem: string) {
    super(problem);
    this.holder = holder;
    this.member = member;
  }
}

// TypeScript 6 has no types for it yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(this: void, text: string): unknown;
  isRawJSON(this: void, value: unknown): boolean;
};

/**
 * JSON.stringify that loses nothing: BigInt is written as its digits, a number that `parseJson` read is written as it was read, and what
 * JSON.stringify drops or turns into null or {} is refused with JsonWriteError: undefined itself and in lists, NaN and Infinity, functions,
 * symbols, streams, Map, Set, bytes, cycles, half surrogates, and integers beyond 2^53 of which the digits are not known. Members that are
 * undefined are left out, as JSON.stringify does.
 */
export function writeJson(value: unknown): string {
  try {
    const text = JSON.stringify(value, replace) as string | undefined;
    if (text === undefined) throw new JsonWriteError('', 'is nothing that JSON has');
    return text;
  } catch (error) {
    if (error instanceof JsonWriteError) throw error;
    if (error instanceof Refused) throw new JsonWriteError(pathOf(value, error.holder, error.member), error.message);
    if (error instanceof RangeError) throw new JsonWriteError('', 'is nested too deeply to be written', { cause: error });
    if (error instanceof TypeError && /circular|cyclic/i.test(error.message))
      throw new JsonWriteError('', 'holds itself: it has a cycle', { cause: error });
    throw new JsonWriteError('', `cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function replace(this: object, name: string, value: unknown): unknown {
  if (!name.isWellFormed()) throw new Refused(this, name, 'has a name with half of a surrogate pair in it');
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new Refused(this, name, 'has half of a surrogate pair in it, which is no text in UTF-8');
      return value;
    case 'number':
      return numberOf(this, name, value);
    case 'bigint':
      return rawJSON(String(value));
    case 'undefined':
      if (Array.isArray(this)) throw new Refused(this, name, 'is undefined, which a list cannot hold');
      return value;
    case 'function':
    case 'symbol':
      throw new Refused(this, name, `is a ${typeof value}, which JSON has not`);
    case 'boolean':
      return value;
    case 'object':
      if (value !== null) checkObject(this, name, value);
      else if (isInvalidDate((this as Record<string, unknown>)[name])) throw new Refused(this, name, 'is an invalid Date');
  }
  return value;
}

function numberOf(holder: object, name: string, value: number): unknown {
  const text = exactTextOf(holder, name);
  if (text !== undefined) return rawJSON(text);
  if (!Number.isFinite(value)) throw new Refused(holder, name, `is ${value}, which JSON has not`);
  if (Object.is(value, -0)) return rawJSON('-0');
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= INT64) {
    const problem = `is ${value}: beyond 2^53 a number does not tell which integer is meant. Give it as BigInt (${value}n), or leave it out of what is written`;
    throw new Refused(holder, name, problem);
  }
  return value;
}

function checkObject(holder: object, name: string, value: object): void {
  if (Array.isArray(value) || isRawJSON(value)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  // Boxed ones are written as what is in them.
  if (/^\[object (?:Number|String|Boolean)\]$/.test(Object.prototype.toString.call(value))) return;
  const iterable = Symbol.iterator in value || Symbol.asyncIterator in value || ArrayBuffer.isView(value);
  if (iterable || value instanceof Error || Object.keys(value).length === 0) {
    const kind = (value.constructor as { readonly name?: unknown } | undefined)?.name;
    throw new Refused(holder, name, `is a ${typeof kind === 'string' && kind !== '' ? kind : 'thing'}, which JSON has not`);
  }
}

function isInvalidDate(value: unknown): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}

/** Where a holder stands below the root; what toJSON made stands nowhere, and is named alone. Without recursion, for a value may be deep. */
function pathOf(root: unknown, holder: object, member: string): string {
  const seen = new Set<object>();
  const open: { readonly value: unknown; readonly path: string }[] = [{ value: root, path: '' }];
  if (!(holder instanceof Object && Object.is((holder as Record<string, unknown>)[''], root) && member === '')) {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value, path } = next;
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      if (value === holder) return step(path, value, member);
      for (const [name, item] of Object.entries(value))
        if (typeof item === 'object' && item !== null) open.push({ value: item, path: step(path, value, name) });
    }
    return member;
  }
  return '';
}

function step(path: string, holder: object, name: string): string {
  if (Array.isArray(holder)) return `${path}[${name}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
