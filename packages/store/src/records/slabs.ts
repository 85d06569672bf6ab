import { StoreError } from '../store-error.ts';

const UNIT_BITS = 3;
const PLACE_BITS = 17;
/** Slabs grow from small to this, so that a store of a few objects costs little. */
export const FULL: number = 1 << (UNIT_BITS + PLACE_BITS);
/** A larger record gets a slab of its own: no room is lost behind it, and compaction never copies it. */
export const LARGE: number = FULL >> 3;
/** A place has so many bits for the number of its slab. */
const SLABS = 1 << (31 - PLACE_BITS);

/**
 * One block of packed records. Bytes once written here are never written over: who holds the slab may read it for as long as he likes. In
 * shared memory, where the room is used again, the slab is given a copy of its bytes first; so hold the slab, not its views.
 */
export interface Slab {
  readonly index: number;
  bytes: Uint8Array;
  words: Int32Array;
  floats: Float64Array;
  used: number;
  live: number;
  /** Records were moved off it already; what is left are those of lists under way, which cannot be moved before these end. */
  swept: boolean;
}

/** Where slabs get their memory, and what becomes of it. */
export interface SlabMemory {
  /** Bytes of a full slab; small stores begin with less where that saves memory. */
  readonly first: number;
  /** Whether the room that is kept for compaction is free. */
  readonly spare: boolean;
  /**
   * Room for a slab. `moving`: it is for compaction, which may take the room that is kept for it.
   * @throws StoreError if there is none; nothing was taken then.
   */
  open(slab: number, length: number, moving: boolean): { readonly buffer: ArrayBufferLike; readonly offset: number };
  /** All records of the slab are dead; `free` lets its number be given again. */
  close(slab: Slab, free: () => void): void;
}

/** Of the process, given back to it by the garbage collector. */
export const privateMemory: SlabMemory = {
  first: 1 << 13,
  spare: true,
  open: (_slab, length) => {
    try {
      return { buffer: new ArrayBuffer(length), offset: 0 };
    } catch (cause) {
      throw new StoreError('STORE_FULL', `the process has no memory for ${length} bytes of records more`, { cause });
    }
  },
  close: (_slab, free) => free(),
};

/**
 * Memory for records outside the JavaScript heap, filled from front to end. A place is a number: the slab and the offset in it, in units
 * of eight bytes. Space comes back a slab at a time: when all its records are dead the slab is let go, and lives on only for those
 * who still hold an entry of it.
 */
export class Slabs {
  readonly #slabs: (Slab | undefined)[] = [];
  readonly #vacant: number[] = [];
  readonly #memory: SlabMemory;
  #current: Slab | undefined;
  #next: number;
  /** Bytes of records that are in use. */
  live = 0;
  /** Bytes that the slabs hold in all. */
  reserved = 0;

  constructor(memory: SlabMemory = privateMemory) {
    this.#memory = memory;
    this.#next = memory.first;
  }

  /**
   * Room for a record. Its first word is its length. `moving`: compaction asks.
   * @throws StoreError STORE_FULL or SHARED_FULL; nothing was changed.
   */
  allocate(length: number, moving = false): { readonly slab: Slab; readonly offset: number } {
    const size = (length + 7) & ~7;
    let slab = size > LARGE ? this.#add(size, moving) : this.#current;
    if (!slab || slab.used + size > slab.bytes.length) slab = this.#open(size, moving);
    const offset = slab.used;
    slab.used += size;
    slab.live += size;
    this.live += size;
    slab.words[offset >> 2] = size;
    return { slab, offset };
  }

  /** The record is dead. */
  release(place: number): void {
    const slab = this.slab(place);
    const size = slab.words[offsetOf(place) >> 2] ?? 0;
    slab.live -= size;
    this.live -= size;
    if (slab.live === 0 && slab !== this.#current) this.#drop(slab);
  }

  /** Takes a record back that nobody has seen: its room is filled again by the next. */
  undo(place: number): void {
    const slab = this.slab(place);
    const size = slab.words[offsetOf(place) >> 2] ?? 0;
    if (slab === this.#current && offsetOf(place) + size === slab.used) slab.used -= size;
    this.release(place);
  }

  slab(place: number): Slab {
    const slab = this.#slabs[place >> PLACE_BITS];
    if (!slab) throw new Error('a place in a slab that is gone');
    return slab;
  }

  /** Whether there is room for compaction to begin with. */
  get spare(): boolean {
    return this.#memory.spare;
  }

  /** Whether the slab still is the one under its number: a number is given again after its slab was let go. */
  holds(slab: Slab): boolean {
    return this.#slabs[slab.index] === slab;
  }

  /** The slab that is most dead, if so much is dead in all that moving is worth it: an eighth of what lives, and 256 KiB. */
  wasteful(): Slab | undefined {
    const open = this.#current ? this.#current.bytes.length - this.#current.used : 0;
    const dead = this.reserved - open - this.live;
    return dead < this.live >> 3 || dead < FULL >> 2 ? undefined : this.#mostDead(1);
  }

  /**
   * The slab that gives most room if it is moved, where room is wanted at any price. The one that is filled is not filled any more, unless it has room
   * for all of that.
   */
  emptiest(): Slab | undefined {
    const before = this.#current;
    const other = this.#mostDead(LARGE);
    if (before && other && other.live <= before.bytes.length - before.used) return other;
    this.#current = undefined;
    if (before && before.live === 0) this.#drop(before);
    return this.#mostDead(LARGE);
  }

  /** A list has ended: what was left for it may be moved now. */
  sweepAgain(): void {
    for (const slab of this.#slabs) if (slab) slab.swept = false;
  }

  #mostDead(atLeast: number): Slab | undefined {
    let most: Slab | undefined;
    let dead = atLeast - 1;
    for (const slab of this.#slabs) {
      if (!slab || slab === this.#current || slab.swept || slab.bytes.length - slab.live <= dead) continue;
      most = slab;
      dead = slab.bytes.length - slab.live;
    }
    return most;
  }

  /** Takes a whole block of records in, all of them in use. Only while nothing else was allocated: its number is its position. */
  load(segment: ArrayBuffer): void {
    const length = segment.byteLength;
    const own = this.#memory === privateMemory;
    const slab = this.#add(length, false, own ? segment : undefined);
    if (!own) slab.bytes.set(new Uint8Array(segment));
    slab.used = length;
    slab.live = length;
    this.live += length;
    this.#next = FULL;
  }

  #open(size: number, moving: boolean): Slab {
    const before = this.#current;
    const slab = this.#addFitting(size, moving);
    this.#next = Math.min(FULL, this.#next * 2);
    this.#current = slab;
    if (before && before.live === 0) this.#drop(before);
    return slab;
  }

  /** A full slab, or a smaller one where large records that left have only left holes. */
  #addFitting(size: number, moving: boolean): Slab {
    for (let length = Math.max(size, this.#next); ; length = Math.max(size, length >> 1)) {
      try {
        return this.#add(length, moving);
      } catch (error) {
        if (length <= Math.max(size, FULL >> 4)) throw error;
      }
    }
  }

  /** A slab more. Its room is had before anything is changed. */
  #add(length: number, moving: boolean, given?: ArrayBuffer): Slab {
    const index = this.#vacant.at(-1) ?? this.#slabs.length;
    if (index >= SLABS) throw new StoreError('STORE_FULL', `the store has ${SLABS} slabs of records, the most that there can be`);
    const { buffer, offset } = given ? { buffer: given, offset: 0 } : this.#memory.open(index, length, moving);
    if (this.#vacant.length > 0) this.#vacant.pop();
    const slab = slabOver(index, buffer, offset, length);
    this.#slabs[index] = slab;
    this.reserved += length;
    return slab;
  }

  #drop(slab: Slab): void {
    this.#slabs[slab.index] = undefined;
    this.reserved -= slab.bytes.length;
    this.#memory.close(slab, () => void this.#vacant.push(slab.index));
  }
}

export function placeOf(slab: Slab, offset: number): number {
  return (slab.index << PLACE_BITS) | (offset >> UNIT_BITS);
}

export function offsetOf(place: number): number {
  return (place & ((1 << PLACE_BITS) - 1)) << UNIT_BITS;
}

export function slabOver(index: number, buffer: ArrayBufferLike, offset: number, length: number): Slab {
  return {
    index,
    bytes: new Uint8Array(buffer, offset, length),
    words: new Int32Array(buffer, offset, length >> 2),
    floats: new Float64Array(buffer, offset, length >> 3),
    used: 0,
    live: 0,
    swept: false,
  };
}

export function slabNumberOf(place: number): number {
  return place >> PLACE_BITS;
}
