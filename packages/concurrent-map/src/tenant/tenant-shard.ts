import type { CacheEntry } from './cache-entry.ts';

/** A place in the order of writes. It means nothing once its entry was written again or left. */
interface Written<V> {
  readonly entry: CacheEntry<V>;
  readonly write: number;
  readonly at: number;
}

/** One part of a tenant's keys, with the order in which they were written: what is expired is always the beginning of that order, whatever the TTL is now. */
export class TenantShard<V> {
  readonly #entries = new Map<string, CacheEntry<V>>();
  #order: (Written<V> | undefined)[] = [];
  /** Places before this one were collected. */
  #first = 0;
  #writes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): CacheEntry<V> | undefined {
    return this.#entries.get(key);
  }

  values(): IterableIterator<CacheEntry<V>> {
    return this.#entries.values();
  }

  add(entry: CacheEntry<V>): void {
    this.#entries.set(entry.key, entry);
    this.written(entry);
  }

  /** The entry was written at `entry.writtenAt`. */
  written(entry: CacheEntry<V>): void {
    this.#writes += 1;
    entry.write = this.#writes;
    this.#order.push({ entry, write: this.#writes, at: entry.writtenAt });
    // Rewritten entries leave places behind: at most half of the order is such places.
    if (this.#order.length - this.#first > 2 * this.#entries.size + 64) this.#tidy();
  }

  remove(entry: CacheEntry<V>): void {
    entry.live = false;
    this.#entries.delete(entry.key);
  }

  /** The part of the entries, between 0 and 1, that was written at or before `until`. An estimate: places that mean nothing count too. */
  expiredPart(until: number): number {
    let low = this.#first;
    let high = this.#order.length;
    if (high === low) return 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] as Written<V>).at <= until) low = middle + 1;
      else high = middle;
    }
    return (low - this.#first) / (this.#order.length - this.#first);
  }

  /** The entry that was written first, if that was at or before `until`. */
  nextExpired(until: number): CacheEntry<V> | undefined {
    for (; this.#first < this.#order.length; this.#first += 1) {
      const place = this.#order[this.#first] as Written<V>;
      if (place.entry.live && place.entry.write === place.write) {
        if (place.at > until) break;
        this.#order[this.#first] = undefined;
        this.#first += 1;
        return place.entry;
      }
      this.#order[this.#first] = undefined;
    }
    if (this.#first > 1024 && this.#first * 2 > this.#order.length) this.#tidy();
    return undefined;
  }

  #tidy(): void {
    this.#order = this.#order.filter((place) => place !== undefined && place.entry.live && place.entry.write === place.write);
    this.#first = 0;
  }
}
