import { checkFunction, checkOptions } from '../arguments.ts';
import { KeyError } from '../errors.ts';
import { ConcurrentMap, type ConcurrentMapOptions } from '../concurrent/concurrent-map.ts';
import { DeletedFinalStateUnknown, type KeyFunc } from './object-keys.ts';
import { IndexTable, type IndexFunc, type Indexers } from './index-table.ts';

/** What an indexer keeps of one object: the values it is found under, so that a later change of the object itself cannot lose them. */
interface Kept<T> {
  readonly object: T;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * The shape of client-go's cache.Store and cache.Indexer, for those who come from Go: objects under the key that a function makes of them, found again by
 * indexes. Every method is one step. What a key or index function throws is thrown on, and nothing is changed then.
 */
export class Indexer<T> {
  readonly #keyOf: KeyFunc<T>;
  readonly #map: ConcurrentMap<Kept<T>>;
  readonly #indexes = new IndexTable<T>();

  constructor(keyFunc: KeyFunc<T>, indexers: Indexers<T> = {}, options: Pick<ConcurrentMapOptions<T>, 'name' | 'clock'> = {}) {
    checkFunction('the key function of an Indexer', keyFunc);
    checkOptions('an Indexer', options, ['name', 'clock']);
    this.#keyOf = keyFunc;
    this.#map = new ConcurrentMap<Kept<T>>({ changes: 1, ...options });
    this.#indexes.define(indexers);
  }

  get size(): number {
    return this.#map.size;
  }

  add(object: T): void {
    this.#put(this.#keyOf(object), object);
  }

  /** The same as add(): the key decides. */
  update(object: T): void {
    this.add(object);
  }

  /** Takes the object, or what stands for one whose end nobody saw. Deleting what is not there is no error. */
  delete(object: T | DeletedFinalStateUnknown<T>): void {
    const key = object instanceof DeletedFinalStateUnknown ? object.key : this.#keyOf(object);
    const kept = this.#map.get(key);
    if (!kept) return;
    this.#map.delete(key);
    this.#indexes.remove(key, kept.values);
  }

  get(object: T): T | undefined {
    return this.getByKey(this.#keyOf(object));
  }

  getByKey(key: string): T | undefined {
    return this.#map.get(key)?.object;
  }

  list(): T[] {
    return Array.from(this.#map.values(), (kept) => kept.object);
  }

  listKeys(): string[] {
    return [...this.#map.keys()];
  }

  /** Holds exactly these objects afterwards. When two have one key the last counts. */
  replace(objects: Iterable<T>): void {
    const next = new Map<string, Kept<T>>();
    for (const object of objects) next.set(this.#keyFor(object), { object, values: this.#indexes.valuesOf(object) });
    for (const key of this.listKeys()) if (!next.has(key)) this.#map.delete(key);
    this.#indexes.clear();
    for (const [key, kept] of next) {
      this.#map.set(key, kept);
      this.#indexes.add(key, kept.values);
    }
  }

  /** Does nothing, as client-go's store: a store alone has nothing to send again. */
  resync(): void {}

  /** The objects that share a value of the index with `object`. */
  index(name: string, object: T): T[] {
    const keys = new Set<string>();
    for (const value of this.#indexes.valuesOf(object, [name]).get(name) ?? [])
      for (const key of this.#indexes.keys(name, value)) keys.add(key);
    return this.#objects(keys);
  }

  byIndex(name: string, value: string): T[] {
    return this.#objects(this.#indexes.keys(name, value));
  }

  indexKeys(name: string, value: string): string[] {
    return [...this.#indexes.keys(name, value)];
  }

  listIndexFuncValues(name: string): string[] {
    return this.#indexes.values(name);
  }

  getIndexers(): Readonly<Record<string, IndexFunc<T>>> {
    return Object.fromEntries(this.#indexes.functions);
  }

  /** Indexes what is held already, too. A name that is taken is refused, and nothing is added. */
  addIndexers(indexers: Indexers<T>): void {
    const probe = new IndexTable<T>();
    const names = probe.define(indexers);
    const added = Array.from(this.#map.entries(), ([key, kept]) => ({ key, kept, values: probe.valuesOf(kept.object) }));
    this.#indexes.define(indexers);
    if (names.length === 0) return;
    for (const { key, kept, values } of added) {
      this.#indexes.add(key, values);
      this.#map.set(key, { object: kept.object, values: new Map([...kept.values, ...values]) });
    }
  }

  /** Checked where a wrong key would be found only after others were changed. */
  #keyFor(object: T): string {
    const key: unknown = this.#keyOf(object);
    if (typeof key !== 'string') throw new KeyError(this.#map.name, key);
    return key;
  }

  #put(key: string, object: T): void {
    const values = this.#indexes.valuesOf(object);
    const before = this.#map.get(key);
    this.#map.set(key, { object, values });
    if (before) this.#indexes.remove(key, before.values);
    this.#indexes.add(key, values);
  }

  #objects(keys: Iterable<string>): T[] {
    const objects: T[] = [];
    for (const key of keys) {
      const kept = this.#map.get(key);
      if (kept) objects.push(kept.object);
    }
    return objects;
  }
}
