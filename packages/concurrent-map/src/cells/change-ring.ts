import { DELETED, FLOOR, highOf, PREV_TAG, PREV_WORD, SEQ_LOW, sequenceOf, SLOT, STATE, UNIT_MASK, UNIT_WORDS } from './layout.ts';
import type { FreeBlocks } from './free-blocks.ts';
import { PairCells } from './pair-cells.ts';
import type { SlotTable } from './slot-table.ts';

/** The log of changes, and what is done with one: see layout.ts. */
export class ChangeRing {
  readonly #control: PairCells;
  readonly #log: PairCells;
  readonly #table: SlotTable;
  readonly #blocks: FreeBlocks;
  readonly length: number;
  /** Number of keys, and the change that the log held before in the place of the next, as settle() found them. */
  size = 0;
  #expected = 0;

  constructor(control: PairCells, log: SharedArrayBuffer, table: SlotTable, blocks: FreeBlocks) {
    this.#control = control;
    this.#log = new PairCells(log);
    this.#table = table;
    this.#blocks = blocks;
    this.length = log.byteLength >> 3;
  }

  /** The last change that the state tells of. Sets `size`. */
  #applied(): number {
    for (;;) {
      this.#control.load(STATE);
      const { first, second } = this.#control;
      // The state has the low bits only. The floor is never above it, and never further below than the log is long, unless both went on meanwhile.
      const { floor } = this;
      const above = (first - (floor | 0)) >>> 0;
      if (above > this.length) continue;
      this.size = second;
      return floor + above;
    }
  }

  /** The last change whose predecessor is given up. */
  get floor(): number {
    this.#control.load(FLOOR);
    return sequenceOf(this.#control.first, this.#control.second);
  }

  /** Applies what stands in the log. The state is exactly the one after the change that is returned for as long as append() of the next does not fail. */
  settle(): number {
    for (;;) {
      const sequence = this.#applied();
      const round = this.#round(sequence + 1);
      this.#log.load(this.#at(sequence + 1));
      const { first, second } = this.#log;
      if (first === round) this.apply(sequence + 1);
      else if (first === ((round - 1) | 0)) {
        this.#expected = second;
        return sequence;
      }
    }
  }

  /** Makes a change, right after what settle() returned. Whether it was made: otherwise another one is there. */
  append(sequence: number, word: number): boolean {
    const round = this.#round(sequence);
    return this.#log.exchange(this.#at(sequence), (round - 1) | 0, this.#expected, round, word);
  }

  /** Whoever comes first does it; the others, however late, change nothing. */
  apply(sequence: number): void {
    const control = this.#control;
    control.load(STATE);
    const { first: before, second: size } = control;
    if (before !== ((sequence - 1) | 0)) return;
    const word = this.word(sequence);
    if (word === 0) return;
    const at = (word & UNIT_MASK) * UNIT_WORDS;
    this.#blocks.reach(at + UNIT_WORDS * 3);
    const { words } = this.#blocks;
    const slot = words[at + SLOT] as number;
    const isDeleted = (word & DELETED) !== 0;
    const tag = words[at + (isDeleted ? SEQ_LOW : PREV_TAG)] as number;
    const previous = isDeleted ? word & ~DELETED : (words[at + PREV_WORD] as number);
    // Once it was applied the block may be another's.
    if (Atomics.load(control.words, STATE) !== before) return;
    this.#table.cells.reach(slot + 1);
    this.#table.cells.exchange(slot, tag, previous, sequence | 0, word);
    const more = isDeleted ? -1 : previous === 0 || (previous & DELETED) !== 0 ? 1 : 0;
    control.exchange(STATE, before, size, sequence | 0, size + more);
  }

  /** What a change put into its slot; 0: it is not in the log. */
  word(sequence: number): number {
    this.#log.load(this.#at(sequence));
    return this.#log.first === this.#round(sequence) ? this.#log.second : 0;
  }

  /** Makes place in the ring for a change. */
  reserve(sequence: number): void {
    while (this.floor < sequence - this.length && this.giveUp(sequence - 1));
  }

  /** Gives up what the oldest change replaced, if it is none after `last`, which was applied. Whether one was given up, by whomever. */
  giveUp(last: number): boolean {
    const control = this.#control;
    control.load(FLOOR);
    const { first, second } = control;
    const sequence = sequenceOf(first, second) + 1;
    if (sequence > last) return false;
    const word = this.word(sequence);
    if (word === 0) return true;
    let replaced = word;
    if ((word & DELETED) === 0) {
      const at = (word & UNIT_MASK) * UNIT_WORDS;
      this.#blocks.reach(at + UNIT_WORDS * 3);
      replaced = this.#blocks.words[at + PREV_WORD] as number;
      // What was deleted was given up with its deletion.
      if ((replaced & DELETED) !== 0) replaced = 0;
    }
    if (control.exchange(FLOOR, first, second, sequence | 0, highOf(sequence)) && replaced !== 0) this.#blocks.give(replaced & UNIT_MASK);
    return true;
  }

  #at(sequence: number): number {
    return (((sequence | 0) - 1) & (this.length - 1)) * 2;
  }

  #round(sequence: number): number {
    return (Math.floor((sequence - 1) / this.length) + 1) | 0;
  }
}
