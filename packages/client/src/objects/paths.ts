import { shareExactTexts } from '@kubecast/exact-json';
import { ClientError } from '../errors.ts';

/** A path into JSON: names of members and indexes of items. A list, so that names may hold dots and slashes. */
export type Path = readonly (string | number)[];

/** What stands at a path. `wrong`: something else than asked for, there or on the way; `at` says where and `is` what. */
export type Found<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'missing' }
  | { readonly state: 'wrong'; readonly at: Path; readonly expected: JsonType; readonly is: JsonType };

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null' | 'other';

interface TypeOf {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly object: Record<string, unknown>;
  readonly array: unknown[];
}

/** A path that cannot be followed: a member of a list, an index of an object, an index beyond the end. Nothing was changed. */
export class PathError extends ClientError {
  override readonly name = 'PathError';
  readonly at: Path;

  constructor(message: string, at: Path) {
    super('CLIENT_PATH', `${formatPath(at)}: ${message}`);
    this.at = at;
  }
}

/** `spec.models[0]["a.b"]`, for people. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** What stands at the path, of the type asked for. Only own members count: `constructor` is missing unless the object has it. Null is a value of its own type. */
export function getAt<K extends keyof TypeOf>(object: unknown, path: Path, type: K): Found<TypeOf[K]> {
  let value = object;
  for (const [depth, part] of path.entries()) {
    const container: JsonType = typeof part === 'number' ? 'array' : 'object';
    const is = jsonType(value);
    if (is !== container) return { state: 'wrong', at: path.slice(0, depth), expected: container, is };
    if (!Object.hasOwn(value as object, part)) return { state: 'missing' };
    value = (value as Record<string | number, unknown>)[part];
    if (value === undefined) return { state: 'missing' };
  }
  const is = jsonType(value);
  const fits = is === type || (type === 'integer' && is === 'number' && Number.isInteger(value));
  return fits ? { state: 'found', value: value as TypeOf[K] } : { state: 'wrong', at: path, expected: type, is };
}

/**
 * A copy in which `value` stands at the path; objects on the way are made where they are missing. What is not on the way is shared with
 * the original, which is not changed. An index may be one past the end. Throws PathError where the way is blocked by something else.
 */
export function setAt<T>(object: T, path: Path, value: unknown): T {
  return put(object, path, 0, value) as T;
}

function put(here: unknown, path: Path, depth: number, value: unknown): unknown {
  const part = path[depth];
  if (part === undefined) return value;
  if (typeof part === 'number') {
    const list = here === undefined ? [] : here;
    if (!Array.isArray(list)) throw new PathError(`expected a list, found ${jsonType(here)}`, path.slice(0, depth));
    if (!Number.isInteger(part) || part < 0 || part > list.length)
      throw new PathError(`the index is outside of the list of ${list.length}`, path.slice(0, depth + 1));
    const copy = shareExactTexts(list, [...(list as unknown[])]);
    copy[part] = put(copy[part], path, depth + 1, value);
    return copy;
  }
  const from = here === undefined ? {} : here;
  if (jsonType(from) !== 'object') throw new PathError(`expected an object, found ${jsonType(here)}`, path.slice(0, depth));
  const own = Object.hasOwn(from as object, part) ? (from as Record<string, unknown>)[part] : undefined;
  return withMember(from as Record<string, unknown>, part, put(own, path, depth + 1, value));
}

/** A copy without what stands at the path; the same object where nothing does. Items after a removed one move up. */
export function removeAt<T>(object: T, path: Path): T {
  const last = path[path.length - 1];
  if (last === undefined) throw new PathError('the whole object cannot be removed', path);
  const parent = path.slice(0, -1);
  const found = typeof last === 'number' ? getAt(object, parent, 'array') : getAt(object, parent, 'object');
  if (found.state === 'missing') return object;
  if (found.state === 'wrong') throw new PathError(`expected ${found.expected}, found ${found.is}`, found.at);
  if (!Object.hasOwn(found.value, last)) return object;
  if (typeof last === 'number')
    return setAt(
      object,
      parent,
      shareExactTexts(
        found.value,
        (found.value as unknown[]).filter((_, index) => index !== last),
      ),
    );
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(found.value)) if (name !== last) define(copy, name, value);
  return setAt(object, parent, shareExactTexts(found.value, copy));
}

/** A deep copy of JSON data; own names only, `__proto__` among them. Numbers keep the digits that they were read with. */
export function deepCopy<T>(value: T): T {
  if (Array.isArray(value))
    return shareExactTexts(
      value,
      value.map((item: unknown) => deepCopy(item)),
    ) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) define(copy, name, deepCopy(item));
  return shareExactTexts(value, copy) as T;
}

export function jsonType(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'object' ? type : 'other';
}

function withMember(object: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [own, item] of Object.entries(object)) define(copy, own, item);
  define(copy, name, value);
  return shareExactTexts(object, copy);
}

// An assignment to `__proto__` would set the prototype instead.
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
