import { BUCKET, DELETED, FIRST_LEVEL, LEVELS } from './layout.ts';
import { PairCells } from './pair-cells.ts';

const LEVEL_SHIFT = 3;

/** Slots of all levels up to one. */
function slotsBelow(level: number): number {
  return (FIRST_LEVEL * ((1 << (LEVEL_SHIFT * level)) - 1)) / ((1 << LEVEL_SHIFT) - 1);
}

/** How many levels a table has that is to hold so many keys: twice as many slots. */
export function levelsFor(entries: number): number {
  let levels = 1;
  while (slotsBelow(levels) < entries * 2) levels += 1;
  return levels;
}

export function tableBytes(levels: number): number {
  return slotsBelow(levels) * 8;
}

/**
 * Where keys stand. On each level a key has two buckets of eight slots; it is put into the first level with a free slot there, in the emptier bucket. A key stays in its slot for
 * as long as it is there, and no slot is ever moved: the table grows by one more level.
 */
export class SlotTable {
  readonly cells: PairCells;
  readonly #buffer: SharedArrayBuffer;
  readonly #control: Int32Array;

  constructor(control: Int32Array, buffer: SharedArrayBuffer) {
    this.#control = control;
    this.#buffer = buffer;
    this.cells = new PairCells(buffer);
  }

  get levels(): number {
    return Atomics.load(this.#control, LEVELS);
  }

  /** Words of all slots of the levels in use. */
  get length(): number {
    return slotsBelow(this.levels) * 2;
  }

  /** The word of the table at which the first or the second bucket of a hash begins on a level. */
  bucket(hash: number, level: number, number: number): number {
    const buckets = (FIRST_LEVEL / BUCKET) << (LEVEL_SHIFT * level);
    const mixed = number === 0 ? hash : Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ 0x297a2d39;
    const bucket = ((mixed >>> 3) ^ mixed) & (buckets - 1);
    return (slotsBelow(level) + bucket * BUCKET) * 2;
  }

  /** Whether a slot still holds a pair. */
  is(at: number, tag: number, word: number): boolean {
    const { words } = this.cells;
    return Atomics.load(words, at) === tag && Atomics.load(words, at + 1) === word;
  }

  /** A slot that a hash may take; -1: none is free on any level. */
  free(hash: number): number {
    for (let level = 0; ; level += 1) {
      if (level === this.levels && !this.#addLevel(level)) return -1;
      const first = this.#freeIn(this.bucket(hash, level, 0));
      const second = this.#freeIn(this.bucket(hash, level, 1));
      if (first.count === 0 && second.count === 0) continue;
      return first.count >= second.count ? first.at : second.at;
    }
  }

  #freeIn(from: number): { readonly count: number; readonly at: number } {
    let count = 0;
    let found = -1;
    this.cells.reach(from + BUCKET * 2 - 1);
    for (let at = from + BUCKET * 2 - 2; at >= from; at -= 2) {
      const word = Atomics.load(this.cells.words, at + 1);
      if (word !== 0 && (word & DELETED) === 0) continue;
      count += 1;
      found = at;
    }
    return { count, at: found };
  }

  #addLevel(level: number): boolean {
    const bytes = tableBytes(level + 1);
    if (bytes > this.#buffer.maxByteLength) return false;
    try {
      if (this.#buffer.byteLength < bytes) this.#buffer.grow(bytes);
    } catch {
      // Another thread was first; or the system has no memory.
      if (this.#buffer.byteLength < bytes) return false;
    }
    Atomics.compareExchange(this.#control, LEVELS, level, level + 1);
    return true;
  }
}
