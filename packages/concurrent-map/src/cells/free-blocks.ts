import { END, FREE, NEXT, SIZES, UNIT_BYTES, UNIT_MASK, UNIT_WORDS, UNITS } from './layout.ts';
import type { PairCells } from './pair-cells.ts';

/** The first units are not given out: 0 means no block. */
const START = 4;
const STEP = 1 << 16;
const SMALLEST = 4;

/** The size whose blocks hold so many units: single units up to 8, then quarters of the powers of two. */
function sizeFor(units: number): number {
  if (units <= 8) return Math.max(0, units - SMALLEST);
  const power = 31 - Math.clz32(units - 1);
  return 4 + (power - 3) * 4 + Math.ceil((units - (1 << power)) / (1 << (power - 2)));
}

function unitsOf(size: number): number {
  if (size <= 4) return size + SMALLEST;
  const power = 3 + ((size - 5) >> 2);
  return (1 << power) + (((size - 5) & 3) + 1) * (1 << (power - 2));
}

/**
 * Blocks of units that threads take and give without waiting for one another: a list of free blocks for each size, whose head is a pair with a count, so that a
 * thread that read a head long ago cannot take what is no longer its first. A block that was cut stays cut. A thread that is killed while it holds a block takes it along.
 */
export class FreeBlocks {
  readonly #control: PairCells;
  readonly #buffer: SharedArrayBuffer;
  words: Int32Array;

  constructor(control: PairCells, buffer: SharedArrayBuffer) {
    this.#control = control;
    this.#buffer = buffer;
    this.words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    Atomics.compareExchange(control.words, END, 0, START);
  }

  /** Bytes that were ever given out. */
  get bytes(): number {
    return Atomics.load(this.#control.words, END) * UNIT_BYTES;
  }

  /** Whether so many words are there, which another thread may have made so. */
  reach(words: number): boolean {
    if (words <= this.words.length) return true;
    this.words = new Int32Array(this.#buffer, 0, this.#buffer.byteLength >> 2);
    return words <= this.words.length;
  }

  /** A block of at least so many units, of which only the caller knows; 0 if there is none. */
  take(units: number): number {
    const size = sizeFor(units);
    return this.#pop(size) || this.#cut(unitsOf(size)) || this.#split(size);
  }

  /** The block is free, and nobody but the caller knows of it. Its first word is the number of its units. */
  give(unit: number): void {
    const words = this.#at(unit);
    const units = words[unit * UNIT_WORDS + UNITS] as number;
    let size = sizeFor(units);
    if (unitsOf(size) > units) size -= 1;
    const head = FREE + size * 2;
    const control = this.#control;
    for (;;) {
      control.load(head);
      const { first, second } = control;
      Atomics.store(words, unit * UNIT_WORDS + NEXT, second);
      if (control.exchange(head, first, second, (first + 1) | 0, unit)) return;
    }
  }

  #pop(size: number): number {
    const head = FREE + size * 2;
    const control = this.#control;
    for (;;) {
      control.load(head);
      const { first, second } = control;
      if (second === 0) return 0;
      // The block may be taken already, and this no next at all: then the count has gone on, and the exchange fails.
      const next = Atomics.load(this.#at(second), second * UNIT_WORDS + NEXT) & UNIT_MASK;
      if (control.exchange(head, first, second, (first + 1) | 0, next)) return second;
    }
  }

  /** From what was never given out. */
  #cut(units: number): number {
    const { words } = this.#control;
    for (;;) {
      const unit = Atomics.load(words, END);
      const end = unit + units;
      if (end * UNIT_BYTES > this.#buffer.maxByteLength || !this.#grow(end * UNIT_BYTES)) return 0;
      if (Atomics.compareExchange(words, END, unit, end) !== unit) continue;
      this.#at(unit)[unit * UNIT_WORDS + UNITS] = units;
      return unit;
    }
  }

  /** From a larger block, of which the rest is given back. */
  #split(size: number): number {
    const units = unitsOf(size);
    for (let larger = size + 1; larger < SIZES; larger += 1) {
      const unit = this.#pop(larger);
      if (unit === 0) continue;
      const words = this.#at(unit);
      const rest = (words[unit * UNIT_WORDS + UNITS] as number) - units;
      if (rest >= SMALLEST) {
        words[unit * UNIT_WORDS + UNITS] = units;
        words[(unit + units) * UNIT_WORDS + UNITS] = rest;
        this.give(unit + units);
      }
      return unit;
    }
    return 0;
  }

  #at(unit: number): Int32Array {
    this.reach(unit * UNIT_WORDS + UNIT_WORDS);
    return this.words;
  }

  #grow(bytes: number): boolean {
    const buffer = this.#buffer;
    if (buffer.byteLength >= bytes) return true;
    const wanted = Math.max(bytes, buffer.byteLength + Math.max(STEP, buffer.byteLength >> 2));
    try {
      buffer.grow(Math.min(buffer.maxByteLength, Math.ceil(wanted / STEP) * STEP));
    } catch {
      // Another thread may have grown it further meanwhile; or the system has no memory.
    }
    return buffer.byteLength >= bytes;
  }
}
