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
  return copy(value, '', []) as DeepReadonly<T>;
}

/** JSON of that depth is no state of anything, and one copy must not end the stack. */
const DEEPEST = 500;

/** What Object.entries() and an array's items do not show would be lost without a word. */
function checkMembers(value: object, path: string): void {
  const isList = Array.isArray(value);
  for (const name of Reflect.ownKeys(value)) {
    if (isList && (name === 'length' || (typeof name === 'string' && /^(?:0|[1-9][0-9]*)$/.test(name)))) continue;
    if (isList || typeof name === 'symbol' || !Object.prototype.propertyIsEnumerable.call(value, name))
      throw new NotKeptError(
        `has the member ${String(name)} at ${path || 'its top'}, which JSON does not hold${isList ? ' of a list' : ''}`,
      );
  }
}

function copy(value: unknown, path: string, within: readonly object[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    throw new NotKeptError(`holds ${Object.is(value, -0) ? '-0' : String(value)} at ${path || 'its top'}`);
  }
  if (typeof value !== 'object')
    throw new NotKeptError(`holds ${value === undefined ? 'undefined' : `a ${typeof value}`} at ${path || 'its top'}`);
  if (within.includes(value)) throw new NotKeptError(`refers to itself at ${path}`);
  if (within.length >= DEEPEST) throw new NotKeptError(`is nested more than ${DEEPEST} levels deep, at ${path.slice(0, 64)}…`);
  checkMembers(value, path);
  const inner = [...within, value];
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (item, index) => copy(item, `${path}[${index}]`, inner)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotKeptError(`holds an instance of a class at ${path || 'its top'}`);
  const copied: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value))
    // defineProperty, so that `__proto__` is a member like all others.
    Object.defineProperty(copied, name, { value: copy(member, `${path}.${name}`, inner), enumerable: true });
  return Object.freeze(copied);
}
