/** What a frozen copy of a value is: nothing in it can be written. */
export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Why a value cannot be kept, and where in it. */
export class NotKeptError extends Error {}

/**
 * A frozen copy of a value that JSON can hold: the caller may go on changing its own. What JSON would drop or turn into something else is refused with its
 * path, so that what comes back from a disk is what was kept.
 */
export function frozenCopy<T>(value: T): DeepReadonly<T> {
  return copy(value, new Way()) as DeepReadonly<T>;
}

/** Freezes what JSON.parse() made, in place. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** JSON of that depth is no state of anything, and one copy must not end the stack. */
const DEEPEST = 500;

/** The way from the top to what is copied: the objects, and the names in them. */
class Way {
  readonly within: object[] = [];
  readonly names: (string | number)[] = [];

  get place(): string {
    return this.path || 'its top';
  }

  get path(): string {
    return this.names.map((name) => (typeof name === 'number' ? `[${name}]` : `.${name}`)).join('');
  }
}

/** What Object.entries() and an array's items do not show would be lost without a word. */
function checkMembers(value: object, way: Way): void {
  const isList = Array.isArray(value);
  for (const name of Reflect.ownKeys(value)) {
    if (isList && (name === 'length' || (typeof name === 'string' && /^(?:0|[1-9][0-9]*)$/.test(name)))) continue;
    if (isList || typeof name === 'symbol' || !Object.prototype.propertyIsEnumerable.call(value, name))
      throw new NotKeptError(`has the member ${String(name)} at ${way.place}, which JSON does not hold${isList ? ' of a list' : ''}`);
  }
}

function copy(value: unknown, way: Way): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    throw new NotKeptError(`holds ${Object.is(value, -0) ? '-0' : String(value)} at ${way.place}`);
  }
  if (typeof value !== 'object') throw new NotKeptError(`holds ${value === undefined ? 'undefined' : `a ${typeof value}`} at ${way.place}`);
  if (way.within.includes(value)) throw new NotKeptError(`refers to itself at ${way.path}`);
  if (way.within.length >= DEEPEST) throw new NotKeptError(`is nested more than ${DEEPEST} levels deep, at ${way.path.slice(0, 64)}…`);
  checkMembers(value, way);
  way.within.push(value);
  const copied = Array.isArray(value) ? Array.from(value, (item, index) => inner(item, index, way)) : copyMembers(value, way);
  way.within.pop();
  return Object.freeze(copied);
}

function inner(value: unknown, name: string | number, way: Way): unknown {
  way.names.push(name);
  const copied = copy(value, way);
  way.names.pop();
  return copied;
}

function copyMembers(value: object, way: Way): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotKeptError(`holds an instance of a class at ${way.place}`);
  const copied: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const kept = inner(member, name, way);
    // defineProperty, so that `__proto__` is a member like all others.
    if (name === '__proto__') Object.defineProperty(copied, name, { value: kept, enumerable: true });
    else copied[name] = kept;
  }
  return copied;
}
