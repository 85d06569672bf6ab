/** What stands at a path: found, missing, or of another type than was asked for. */
export type PathRead<V> =
  | { readonly state: 'found'; readonly value: V }
  | { readonly state: 'missing' }
  | { readonly state: 'wrong-type'; readonly found: string };

interface Types {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly object: Readonly<Record<string, unknown>>;
  readonly array: readonly unknown[];
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/**
 * Reads one place of an object that may be of any shape, and never throws: a place whose parents are missing, null or no objects is
 * missing. Inherited members are not seen. A number in the path is a place in an array.
 *
 * `readPath(pod, ['status', 'phase'], 'string')` is found, or the phase is Unknown.
 */
export function readPath<N extends keyof Types>(object: unknown, path: readonly (string | number)[], type: N): PathRead<Types[N]> {
  let place = object;
  for (const part of path) {
    if (typeof place !== 'object' || place === null || Array.isArray(place) !== (typeof part === 'number') || !Object.hasOwn(place, part))
      return { state: 'missing' };
    place = (place as Readonly<Record<string | number, unknown>>)[part];
  }
  if (place === undefined || place === null) return { state: 'missing' };
  const found = typeOf(place);
  return found === type ? { state: 'found', value: place as Types[N] } : { state: 'wrong-type', found };
}
