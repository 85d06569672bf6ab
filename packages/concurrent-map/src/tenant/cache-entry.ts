/** The three lists of the policy. */
export type Segment = 'window' | 'probation' | 'protected';

/** One entry of a tenant. It stands in one list of the policy, least recently used first. */
export interface CacheEntry<V> {
  readonly key: string;
  readonly hash: number;
  value: V;
  weight: number;
  /** When it was written, in milliseconds of the clock. */
  writtenAt: number;
  /** Its place in the order of writes of its shard. */
  place: number;
  segment: Segment;
  older: CacheEntry<V> | undefined;
  newer: CacheEntry<V> | undefined;
  /** False once it left the cache. */
  live: boolean;
}

/** Entries from the least to the most recently used, and the weight of them all. */
export class UseOrder<V> {
  #oldest: CacheEntry<V> | undefined;
  #newest: CacheEntry<V> | undefined;
  weight = 0;

  get oldest(): CacheEntry<V> | undefined {
    return this.#oldest;
  }

  add(entry: CacheEntry<V>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.weight += entry.weight;
  }

  remove(entry: CacheEntry<V>): void {
    if (entry.older) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.#newest = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
    // Fractions do not always sum up to what they were added to.
    this.weight = this.#oldest === undefined ? 0 : this.weight - entry.weight;
  }

  used(entry: CacheEntry<V>): void {
    if (this.#newest === entry) return;
    this.remove(entry);
    this.add(entry);
  }
}
