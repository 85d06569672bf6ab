import type { Arena, LeaseBook } from '@kubecast/shared-memory';
import { TABLE_ENTRIES, TABLE_STAMP } from './layout.ts';

export const SHARDS = 64;
const FIRST = 8;
const DELETED = -1;

/**
 * The writer's side of 64 tables of numbers by hash, linearly probed. Nothing that stands in one is ever moved: what is deleted leaves a mark,
 * and a table with many is written anew elsewhere, so that a reader who found nothing need only look whether the table is still the one.
 */
export class TableWriter {
  readonly #control: Int32Array;
  readonly #root: number;
  readonly #arena: Arena;
  readonly #leases: LeaseBook;
  /** Of a number that stands in a table. */
  readonly #hashOf: (number: number) => number;
  readonly #live: Int32Array = new Int32Array(SHARDS);
  /** Entries that are not empty, marks included. */
  readonly #used: Int32Array = new Int32Array(SHARDS);
  #stamp = 0;

  constructor(control: Int32Array, root: number, arena: Arena, leases: LeaseBook, hashOf: (number: number) => number) {
    this.#control = control;
    this.#root = root;
    this.#arena = arena;
    this.#leases = leases;
    this.#hashOf = hashOf;
  }

  /**
   * Makes room for so many more in the table of a shard; readers see the same as before.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  prepare(shard: number, more: number): void {
    if (more === 0) return;
    const table = this.#control[this.#root + shard] as number;
    if (table === 0 || ((this.#used[shard] as number) + more) * 4 > ((this.#arena.words[table] as number) + 1) * 3)
      this.#renew(shard, table, more);
  }

  /** Room was made before: see `prepare`. */
  insert(hash: number, number: number): void {
    const shard = hash & (SHARDS - 1);
    const table = this.#control[this.#root + shard] as number;
    this.#live[shard] = (this.#live[shard] as number) + 1;
    if (put(this.#arena.words, table, hash, number)) this.#used[shard] = (this.#used[shard] as number) + 1;
  }

  delete(hash: number, number: number): void {
    const shard = hash & (SHARDS - 1);
    const table = this.#control[this.#root + shard] as number;
    const { words } = this.#arena;
    const mask = words[table] as number;
    let i = (hash >>> 6) & mask;
    while (words[table + TABLE_ENTRIES + i] !== number + 1) i = (i + 1) & mask;
    Atomics.store(words, table + TABLE_ENTRIES + i, DELETED);
    this.#live[shard] = (this.#live[shard] as number) - 1;
  }

  /** A table with room for so many more, of what lives in the one before. */
  #renew(shard: number, before: number, more: number): void {
    const live = this.#live[shard] as number;
    let length = FIRST;
    while ((live + more) * 2 > length) length *= 2;
    const table = this.#arena.take(length + TABLE_ENTRIES);
    const { words } = this.#arena;
    words[table] = length - 1;
    this.#stamp = (this.#stamp + 1) | 0;
    words[table + TABLE_STAMP] = this.#stamp;
    if (before !== 0) {
      const old = (words[before] as number) + 1;
      for (let i = 0; i < old; i += 1) {
        const entry = words[before + TABLE_ENTRIES + i] as number;
        if (entry > 0) put(words, table, this.#hashOf(entry - 1), entry - 1);
      }
      this.#leases.later(() => this.#arena.give(before, old + TABLE_ENTRIES));
    }
    this.#used[shard] = live;
    Atomics.store(this.#control, this.#root + shard, table);
  }
}

/** Whether an empty entry was taken, rather than a mark. */
function put(words: Int32Array, table: number, hash: number, number: number): boolean {
  const mask = words[table] as number;
  let i = (hash >>> 6) & mask;
  while ((words[table + TABLE_ENTRIES + i] as number) > 0) i = (i + 1) & mask;
  const empty = words[table + TABLE_ENTRIES + i] === 0;
  Atomics.store(words, table + TABLE_ENTRIES + i, number + 1);
  return empty;
}
