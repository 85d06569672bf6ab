import { BUCKET, DELETED, PRINT_SHIFT, SEQ_LOW, SLOT, UNIT_MASK } from './layout.ts';
import { RecordCopy, type SharedKey, type SharedRecords } from './shared-records.ts';
import type { SlotTable } from './slot-table.ts';

/** Times that a record is copied again whose checksum does not fit while its slot still names it: a processor may show the slot before the record. */
export const LOOKS = 100;

/** Where a key was found, the pair there, and the change that wrote it. */
export interface FoundBefore {
  readonly slot: number;
  readonly tag: number;
  readonly word: number;
  readonly version: number;
}

/** Finds the slot of a key, and copies its record. */
export class Lookup {
  readonly #table: SlotTable;
  readonly #records: SharedRecords;
  readonly record: RecordCopy = new RecordCopy();
  /** Where the key was found, and the pair there. */
  slot = -1;
  tag = 0;
  word = 0;
  /** The change that wrote it. */
  version = 0;
  readonly #damaged: () => Error;

  /** `damaged` makes the error for a record that was written over by something else. */
  constructor(table: SlotTable, records: SharedRecords, damaged: () => Error) {
    this.#table = table;
    this.#records = records;
    this.#damaged = damaged;
  }

  /**
   * Whether the key is there. Where it is not it was absent at one moment of the search: a key keeps its slot until it is deleted. `hint`: the slot where it stood
   * before.
   */
  find(key: SharedKey, hint: number | undefined): boolean {
    if (hint !== undefined && this.#holds(hint, key)) return true;
    const table = this.#table;
    const { levels } = table;
    for (let level = 0; level < levels; level += 1)
      for (let bucket = 0; bucket < 2; bucket += 1) {
        const from = table.bucket(key.hash, level, bucket);
        for (let at = from; at < from + BUCKET * 2; at += 2) if (this.#holds(at, key)) return true;
      }
    return false;
  }

  /** Whether what was found before still stands there: it is found then, and not copied. */
  finds(before: FoundBefore): boolean {
    if (!this.#table.is(before.slot, before.tag, before.word)) return false;
    this.slot = before.slot;
    this.tag = before.tag;
    this.word = before.word;
    this.version = before.version;
    return true;
  }

  /** Copies the record that stands in a slot; false: none does. */
  read(at: number): boolean {
    const { cells } = this.#table;
    if (!cells.reach(at + 1)) return false;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      cells.load(at);
      const { first, second } = cells;
      if (second === 0 || (second & DELETED) !== 0) return false;
      // A whole record of that change and slot is what stood there when the pair was read, whatever stands there now.
      if (this.#records.copy(second & UNIT_MASK, this.record) && this.record.words[SEQ_LOW] === first && this.record.words[SLOT] === at) {
        this.slot = at;
        this.tag = first;
        this.word = second;
        this.version = this.record.sequence;
        return true;
      }
      if (!this.#table.is(at, first, second)) looks = 0;
    }
    throw this.#damaged();
  }

  #holds(at: number, key: SharedKey): boolean {
    const { cells } = this.#table;
    if (!cells.reach(at + 1)) return false;
    const word = Atomics.load(cells.words, at + 1);
    // Four bits of the hash spare most of the looks at records of other keys.
    if (word === 0 || (word & DELETED) !== 0 || word >>> PRINT_SHIFT !== key.hash >>> PRINT_SHIFT) return false;
    return this.read(at) && this.record.holds(key);
  }
}
