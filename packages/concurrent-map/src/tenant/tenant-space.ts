import type { Clock } from '@kubecast/clock';
import { hashOf, SplitTable } from '../concurrent/split-table.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import type { CacheEntry } from './cache-entry.ts';
import type { TenantCounters } from './tenant-counters.ts';
import { TenantShard } from './tenant-shard.ts';

/** What one tenant holds: parts by key, an order of use of its own, a TTL and a quota of its own. */
export class TenantSpace<V> {
  /** By the hash of the key; a part that never held an entry costs nothing. */
  readonly #shards: (TenantShard<V> | undefined)[];
  readonly #entries = new SplitTable<CacheEntry<V>>();
  readonly #clock: Clock;
  readonly counters = { hits: 0, misses: 0, evictions: 0, expirations: 0, refusals: 0 };
  readonly #policy: AdmissionPolicy<V>;
  readonly #weigh: (value: V, key: string) => number;
  #ttlMs: number;
  #quota: number;
  /** True once its TTL or quota was set for it alone: the cache does not forget it when it is empty. */
  configured = false;
  /** True once the cache forgot it, which it does only while it is empty: whoever kept it asks the cache for another. */
  forgotten = false;

  constructor(shards: number, ttlMs: number, quota: number, weigh: (value: V, key: string) => number, clock: Clock) {
    this.#shards = Array.from({ length: shards }, () => undefined);
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#quota = quota;
    this.#weigh = weigh;
    this.#policy = new AdmissionPolicy(quota, (entry) => {
      this.counters.evictions += 1;
      this.#leave(entry);
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get weight(): number {
    return this.#policy.weight;
  }

  get quota(): number {
    return this.#quota;
  }

  set quota(quota: number) {
    this.#quota = quota;
    this.#policy.quota = quota;
  }

  get ttlMs(): number {
    return this.#ttlMs;
  }

  set ttlMs(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** Entries written at or before this time are expired. */
  expiredUntil(now: number): number {
    return now - this.#ttlMs;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.counters.misses += 1;
      return undefined;
    }
    if (this.#isExpired(entry)) {
      this.counters.misses += 1;
      this.expire(entry);
      return undefined;
    }
    this.counters.hits += 1;
    this.#policy.used(entry);
    return entry.value;
  }

  /** Like get(), but it counts nothing and is no use of the entry. */
  peek(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || this.#isExpired(entry) ? undefined : entry.value;
  }

  /** Whether the value is held afterwards: it is not when it alone weighs more than the quota. */
  set(key: string, value: V): boolean {
    const weight = this.#weigh(value, key);
    if (!Number.isFinite(weight) || weight < 0) throw new RangeError(`weigh() gave ${String(weight)}`);
    const held = this.#entries.get(key);
    if (weight > this.#quota) {
      if (held) this.delete(key);
      this.counters.refusals += 1;
      return false;
    }
    if (held) {
      held.value = value;
      held.writtenAt = this.#clock.now();
      this.#shardOf(held.hash).written(held);
      this.#policy.reweigh(held, weight);
      return held.live;
    }
    const hash = hashOf(key);
    const entry: CacheEntry<V> = {
      key,
      hash,
      value,
      weight,
      writtenAt: this.#clock.now(),
      place: 0,
      segment: 'window',
      older: undefined,
      newer: undefined,
      live: true,
    };
    this.#entries.set(key, entry);
    this.#shardOf(hash).add(entry);
    this.#policy.add(entry);
    return entry.live;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#policy.remove(entry);
    this.#leave(entry);
    return true;
  }

  expire(entry: CacheEntry<V>): void {
    this.counters.expirations += 1;
    this.#policy.remove(entry);
    this.#leave(entry);
  }

  /** Parts that may hold entries. */
  *shards(): IterableIterator<TenantShard<V>> {
    for (const shard of this.#shards) if (shard !== undefined && shard.size > 0) yield shard;
  }

  *keys(): IterableIterator<string> {
    const parts = this.#entries.wholeParts;
    for (let part = 0; part < parts; part += 1) {
      const found: CacheEntry<V>[] = [];
      this.#entries.forPart(part, parts, (_key, entry) => found.push(entry));
      for (const entry of found) if (entry.live && !this.#isExpired(entry)) yield entry.key;
    }
  }

  report(): TenantCounters {
    return { ...this.counters, entries: this.size, weight: this.weight, quota: this.#quota };
  }

  /** The clock is read only where a TTL asks for it. */
  #isExpired(entry: CacheEntry<V>): boolean {
    return this.#ttlMs !== Infinity && entry.writtenAt <= this.expiredUntil(this.#clock.now());
  }

  #leave(entry: CacheEntry<V>): void {
    this.#entries.delete(entry.key);
    this.#shardOf(entry.hash).remove(entry);
  }

  #shardOf(hash: number): TenantShard<V> {
    const at = hash % this.#shards.length;
    return (this.#shards[at] ??= new TenantShard<V>());
  }
}
