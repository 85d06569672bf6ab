export const ROOM = 256;

/** A part of the order: the first `count` of its slots. */
export interface Chunk {
  readonly slots: Int32Array;
  count: number;
}

/** Is told of every change of the chunks, after it was made. */
export interface OrderMirror {
  /** One slot more at the end of a chunk. */
  appended(number: number): void;
  changed(number: number): void;
  /** A chunk more, at this number. */
  added(number: number, chunk: Chunk): void;
  removed(number: number): void;
}

/**
 * Slots in the order of their keys, in chunks: an insert moves at most one chunk. The order is given from outside as a comparison of what
 * is sought with what stands in a slot.
 */
export class OrderedSlots {
  readonly #chunks: Chunk[] = [];
  readonly #mirror: OrderMirror | undefined;
  /** Grows with every change: a cursor from before must be sought anew. */
  changes = 0;

  constructor(mirror?: OrderMirror) {
    this.#mirror = mirror;
  }

  /** The position of the first slot that is not below what is sought (`compare` gives below zero where the sought is less). */
  #seek(compare: (slot: number) => number): [chunk: number, at: number] {
    let low = 0;
    let high = this.#chunks.length;
    // The last chunk whose first slot is not above what is sought.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare((this.#chunks[middle] as Chunk).slots[0] as number) >= 0) low = middle + 1;
      else high = middle;
    }
    const chunk = Math.max(0, low - 1);
    const found = this.#chunks[chunk];
    if (!found) return [0, 0];
    let from = 0;
    let to = found.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (compare(found.slots[middle] as number) > 0) from = middle + 1;
      else to = middle;
    }
    return [chunk, from];
  }

  insert(slot: number, compare: (slot: number) => number): void {
    // Lists come in order: what goes behind all others need not be sought.
    const last = this.#chunks.at(-1);
    if (!last || compare(last.slots[last.count - 1] as number) > 0) return this.append(slot);
    this.changes += 1;
    const [number, at] = this.#seek(compare);
    const chunk = this.#chunks[number];
    if (!chunk) throw new Error('the order lost a chunk');
    if (chunk.count < ROOM) {
      insertAt(chunk, at, slot);
      if (at === chunk.count - 1) this.#mirror?.appended(number);
      else this.#mirror?.changed(number);
      return;
    }
    const after = this.#chunks[number + 1];
    if (at === ROOM && after && after.count < ROOM) {
      insertAt(after, 0, slot);
      this.#mirror?.changed(number + 1);
      return;
    }
    // In halves, so that so many inserts go into each before it is split again.
    const half = ROOM >> 1;
    const next: Chunk = { slots: new Int32Array(ROOM), count: ROOM - half };
    next.slots.set(chunk.slots.subarray(half));
    chunk.count = half;
    this.#chunks.splice(number + 1, 0, next);
    if (at <= half) insertAt(chunk, at, slot);
    else insertAt(next, at - half, slot);
    this.#mirror?.changed(number);
    this.#mirror?.added(number + 1, next);
  }

  /** Adds a slot behind all others. */
  append(slot: number): void {
    this.changes += 1;
    const last = this.#chunks.at(-1);
    if (!last || last.count === ROOM) return this.#open(slot);
    insertAt(last, last.count, slot);
    this.#mirror?.appended(this.#chunks.length - 1);
  }

  #open(slot: number): void {
    const chunk: Chunk = { slots: new Int32Array(ROOM), count: 1 };
    chunk.slots[0] = slot;
    this.#chunks.push(chunk);
    this.#mirror?.added(this.#chunks.length - 1, chunk);
  }

  remove(slot: number, compare: (slot: number) => number): void {
    this.changes += 1;
    const [number, at] = this.#seek(compare);
    const chunk = this.#chunks[number];
    if (!chunk || chunk.slots[at] !== slot) throw new Error('the order lost a slot');
    chunk.slots.copyWithin(at, at + 1, chunk.count);
    chunk.count -= 1;
    if (chunk.count === 0) {
      this.#chunks.splice(number, 1);
      this.#mirror?.removed(number);
    } else this.#mirror?.changed(number);
  }

  /** From the first slot that is not below what is sought; without it from the start. Must not be used after a change. */
  *from(compare?: (slot: number) => number): IterableIterator<number> {
    const [start, at] = compare ? this.#seek(compare) : [0, 0];
    for (let number = start; number < this.#chunks.length; number += 1) {
      const chunk = this.#chunks[number] as Chunk;
      for (let i = number === start ? at : 0; i < chunk.count; i += 1) yield chunk.slots[i] as number;
    }
  }
}

function insertAt(chunk: Chunk, at: number, slot: number): void {
  chunk.slots.copyWithin(at + 1, at, chunk.count);
  chunk.slots[at] = slot;
  chunk.count += 1;
}
