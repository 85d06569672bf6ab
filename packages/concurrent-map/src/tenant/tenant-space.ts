import { hashOf } from '../concurrent/split-table.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import type { CacheEntry } from './cache-entry.ts';
import type { TenantCounters } from './tenant-counters.ts';
import { TenantShard } from './tenant-shard.ts';

/** What one tenant holds: parts by key, an order of use of its own, a TTL and a quota of its own. */
export class TenantSpace<V> {
  readonly shards: readonly TenantShard<V>[];
  readonly counters = { hits: 0, misses: 0, evictions: 0, expirations: 0, refusals: 0 };
  readonly #policy: AdmissionPolicy<V>;
  readonly #weigh: (value: V, key: string) => number;
  #ttlMs: number;
  #quota: number;
  #size = 0;
  /** True once its TTL or quota was set for it alone: the cache does not forget it when it is empty. */
  configured = false;

  constructor(shards: number, ttlMs: number, quota: number, weigh: (value: V, key: string) => number) {
    this.shards = Array.from({ length: shards }, () => new TenantShard<V>());
    this.#ttlMs = ttlMs;
    this.#quota = quota;
    this.#weigh = weigh;
    this.#policy = new AdmissionPolicy(quota, (entry) => {
      this.counters.evictions += 1;
      this.#leave(entry);
    });
  }

  get size(): number {
    return this.#size;
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

  get(key: string, now: number): V | undefined {
    const hash = hashOf(key);
    const entry = this.#shardOf(hash).get(key);
    if (entry && entry.writtenAt > this.expiredUntil(now)) {
      this.counters.hits += 1;
      this.#policy.used(entry);
      return entry.value;
    }
    this.counters.misses += 1;
    if (entry) this.expire(entry);
    this.#policy.missed(hash);
    return undefined;
  }

  /** Like get(), but it counts nothing and is no use of the entry. */
  peek(key: string, now: number): V | undefined {
    const entry = this.#shardOf(hashOf(key)).get(key);
    return entry && entry.writtenAt > this.expiredUntil(now) ? entry.value : undefined;
  }

  /** Whether the value is held afterwards: it is not when it alone weighs more than the quota. */
  set(key: string, value: V, now: number): boolean {
    const weight = this.#weigh(value, key);
    if (!Number.isFinite(weight) || weight < 0) throw new RangeError(`weigh() gave ${String(weight)}`);
    const hash = hashOf(key);
    const shard = this.#shardOf(hash);
    const held = shard.get(key);
    if (weight > this.#quota) {
      if (held) this.delete(key);
      this.counters.refusals += 1;
      return false;
    }
    if (held) {
      held.value = value;
      held.writtenAt = now;
      shard.written(held);
      this.#policy.reweigh(held, weight);
      return held.live;
    }
    const entry: CacheEntry<V> = {
      key,
      hash,
      value,
      weight,
      writtenAt: now,
      write: 0,
      segment: 'window',
      older: undefined,
      newer: undefined,
      live: true,
    };
    shard.add(entry);
    this.#size += 1;
    this.#policy.add(entry);
    return entry.live;
  }

  delete(key: string): boolean {
    const entry = this.#shardOf(hashOf(key)).get(key);
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

  *keys(now: number): IterableIterator<string> {
    for (const shard of this.shards)
      for (const entry of [...shard.values()]) if (entry.live && entry.writtenAt > this.expiredUntil(now)) yield entry.key;
  }

  report(): TenantCounters {
    return { ...this.counters, entries: this.#size, weight: this.weight, quota: this.#quota };
  }

  #leave(entry: CacheEntry<V>): void {
    this.#size -= 1;
    this.#shardOf(entry.hash).remove(entry);
  }

  #shardOf(hash: number): TenantShard<V> {
    return this.shards[hash % this.shards.length] as TenantShard<V>;
  }
}
