import { typeNameOf } from '../arguments.ts';
import { ConcurrentMapError } from '../errors.ts';

/** The values that an object is found under; client-go's IndexFunc. */
export type IndexFunc<T> = (object: T) => readonly string[];
export type Indexers<T> = Readonly<Record<string, IndexFunc<T>>>;

/** A text is iterable, too: an object would be found under each of its characters. */
function checked(values: unknown): readonly string[] {
  if (!Array.isArray(values)) throw new TypeError(`it gave ${values === null ? 'null' : `a ${typeof values}`}, not a list of strings`);
  for (const value of values) if (typeof value !== 'string') throw new TypeError(`its list holds a ${typeof value}, not only strings`);
  return [...(values as readonly string[])];
}

/** Keys by index and value. A value that no key has any more is forgotten. */
export class IndexTable<T> {
  readonly #functions = new Map<string, IndexFunc<T>>();
  readonly #keys = new Map<string, Map<string, Set<string>>>();

  get functions(): ReadonlyMap<string, IndexFunc<T>> {
    return this.#functions;
  }

  /** Refused when a name is taken: an index is never replaced. Nothing is added then. */
  define(indexers: Indexers<T>): readonly string[] {
    if (typeof indexers !== 'object' || indexers === null)
      throw new ConcurrentMapError('MAP_INDEX', `indexes are an object of functions, not ${typeNameOf(indexers)}`);
    const names = Object.keys(indexers);
    for (const name of names) {
      if (this.#functions.has(name)) throw new ConcurrentMapError('MAP_INDEX', `there is an index "${name}" already`);
      if (typeof indexers[name] !== 'function') throw new ConcurrentMapError('MAP_INDEX', `the index "${name}" is no function`);
    }
    for (const name of names) {
      this.#functions.set(name, indexers[name] as IndexFunc<T>);
      this.#keys.set(name, new Map());
    }
    return names;
  }

  /** What an object is found under, by index. A function that throws changes nothing: its error is thrown on with the index's name. */
  valuesOf(object: T, names: Iterable<string> = this.#functions.keys()): ReadonlyMap<string, readonly string[]> {
    const values = new Map<string, readonly string[]>();
    for (const name of names) {
      try {
        values.set(name, checked(this.function(name)(object)));
      } catch (error) {
        throw new ConcurrentMapError('MAP_INDEX', `the index "${name}" failed: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
    return values;
  }

  function(name: string): IndexFunc<T> {
    const found = this.#functions.get(name);
    if (!found)
      throw new ConcurrentMapError(
        'MAP_INDEX',
        `there is no index "${name}"; there are ${[...this.#functions.keys()].join(', ') || 'none'}`,
      );
    return found;
  }

  add(key: string, values: ReadonlyMap<string, readonly string[]>): void {
    for (const [name, list] of values) {
      const index = this.#keys.get(name);
      for (const value of list) {
        const keys = index?.get(value);
        if (keys) keys.add(key);
        else index?.set(value, new Set([key]));
      }
    }
  }

  remove(key: string, values: ReadonlyMap<string, readonly string[]>): void {
    for (const [name, list] of values) {
      const index = this.#keys.get(name);
      for (const value of list) {
        const keys = index?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index?.delete(value);
      }
    }
  }

  keys(name: string, value: string): ReadonlySet<string> {
    this.function(name);
    return this.#keys.get(name)?.get(value) ?? new Set();
  }

  values(name: string): string[] {
    this.function(name);
    return [...(this.#keys.get(name)?.keys() ?? [])];
  }

  clear(): void {
    for (const index of this.#keys.values()) index.clear();
  }
}
