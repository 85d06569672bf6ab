import type { CacheEntry } from './cache-entry.ts';

/** The order in which one part of a tenant's entries was written: what is expired is always the beginning of that order, whatever the TTL is now. */
export class TenantShard<V> {
  /** The entries in the order of their last writes. A place is empty once its entry was written again or left: it keeps nothing alive. */
  #order: (CacheEntry<V> | undefined)[] = [];
  /** When the entry of each place was written. */
  #times: number[] = [];
  /** The number of the first place in `#order`. */
  #base = 0;
  /** Places before this one were collected. */
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: CacheEntry<V>): void {
    this.#size += 1;
    this.#append(entry);
  }

  /** The entry was written again, at `entry.writtenAt`. */
  written(entry: CacheEntry<V>): void {
    this.#order[entry.place - this.#base] = undefined;
    this.#append(entry);
  }

  remove(entry: CacheEntry<V>): void {
    entry.live = false;
    this.#size -= 1;
    this.#order[entry.place - this.#base] = undefined;
  }

  /** The part of the entries, between 0 and 1, that was written at or before `until`. An estimate: empty places count too. */
  expiredPart(until: number): number {
    let low = this.#first;
    let high = this.#order.length;
    if (high === low || this.#size === 0) return 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] as number) <= until) low = middle + 1;
      else high = middle;
    }
    return (low - this.#first) / (this.#order.length - this.#first);
  }

  /** The entry that was written first, if that was at or before `until`. It stays until it is removed. */
  nextExpired(until: number): CacheEntry<V> | undefined {
    while (this.#first < this.#order.length && this.#order[this.#first] === undefined) this.#first += 1;
    if (this.#first > 1024 && this.#first * 2 > this.#order.length) this.#tidy();
    const entry = this.#order[this.#first];
    return entry !== undefined && entry.writtenAt <= until ? entry : undefined;
  }

  #append(entry: CacheEntry<V>): void {
    entry.place = this.#base + this.#order.length;
    this.#order.push(entry);
    this.#times.push(entry.writtenAt);
    // At most half of the order, and some, are empty places.
    if (this.#order.length - this.#first > 2 * this.#size + 64) this.#tidy();
  }

  #tidy(): void {
    const order = this.#order.filter((entry) => entry !== undefined);
    this.#base += this.#order.length;
    for (const [at, entry] of order.entries()) entry.place = this.#base + at;
    this.#order = order;
    this.#times = order.map((entry) => entry.writtenAt);
    this.#first = 0;
  }
}
