const SHARDS = 64;

function shardOf(key: string): number {
  let hash = key.length;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
  return (hash ^ (hash >>> 15)) & (SHARDS - 1);
}

/**
 * A Map with texts as keys that never stalls for long: one Map of a million entries stops the world for tens of milliseconds when it grows,
 * this grows in 64 parts, each for itself. Any text is a key like all others. No order is kept.
 */
export class ShardedMap<V> {
  readonly #shards: (Map<string, V> | undefined)[] = Array.from({ length: SHARDS }, () => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.#shards[shardOf(key)]?.has(key) ?? false;
  }

  set(key: string, value: V): this {
    const number = shardOf(key);
    const shard = (this.#shards[number] ??= new Map());
    const before = shard.size;
    shard.set(key, value);
    this.#size += shard.size - before;
    return this;
  }

  delete(key: string): boolean {
    const deleted = this.#shards[shardOf(key)]?.delete(key) ?? false;
    if (deleted) this.#size -= 1;
    return deleted;
  }

  clear(): void {
    this.#shards.fill(undefined);
    this.#size = 0;
  }

  *entries(): IterableIterator<[string, V]> {
    for (const shard of this.#shards) if (shard) yield* shard;
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }
}
