import { hashOfText, readText, textWords } from '@kubecast/shared-memory';
import { KeyError, MapDamagedError, MapFullError, MapValueError } from '../errors.ts';
import { ChangeRing } from '../cells/change-ring.ts';
import { FreeBlocks } from '../cells/free-blocks.ts';
import {
  DELETED,
  HEADER_WORDS,
  MAX_ENTRIES,
  PRINT_SHIFT,
  SEED,
  STATE,
  UNIT_BYTES,
  WAITERS,
  type SharedMapHandle,
} from '../cells/layout.ts';
import { Lookup, type FoundBefore } from '../cells/lookup.ts';
import { PairCells } from '../cells/pair-cells.ts';
import { RecordCopy, SharedRecords, type SharedKey } from '../cells/shared-records.ts';
import { SlotTable } from '../cells/slot-table.ts';
import { encodeInto } from './json-value.ts';

/** Characters of a key at most. */
export const LONGEST_KEY = 1024;
/** How many changes are given up before room is looked for again. */
const GIVEN_UP = 64;

/** Whether a write may be done over what stands under the key: `at` a version, `none` where nothing stands, `any`. */
export type Guard = { readonly kind: 'any' } | { readonly kind: 'none' } | { readonly kind: 'at'; readonly version: number };

export const ANY: Guard = { kind: 'any' };
export const NONE: Guard = { kind: 'none' };

/** One thread's view of a map in shared memory: reads and writes of records by key, with values as JSON. */
export class MapCore {
  readonly name: string;
  readonly handle: SharedMapHandle;
  readonly control: Int32Array;
  readonly ring: ChangeRing;
  readonly table: SlotTable;
  readonly records: SharedRecords;
  readonly lookup: Lookup;
  readonly #blocks: FreeBlocks;
  readonly #seed: number;
  readonly #made = new RecordCopy();
  /** After a change: the slot, what it holds beside the sequence, and the bytes of the value. */
  slot = -1;
  word = 0;
  json = 0;

  constructor(handle: SharedMapHandle) {
    this.name = handle.name;
    this.handle = handle;
    const control = new PairCells(handle.control);
    this.control = control.words;
    this.#seed = this.control[SEED] as number;
    this.table = new SlotTable(this.control, handle.table);
    this.#blocks = new FreeBlocks(control, handle.data);
    this.ring = new ChangeRing(control, handle.log, this.table, this.#blocks);
    this.records = new SharedRecords(this.#blocks);
    this.lookup = new Lookup(this.table, this.records, () => new MapDamagedError(this.name));
  }

  /** What a reader may have seen in a slot is counted: a change whose writer stopped before it said so is applied first. */
  get size(): number {
    this.ring.settle();
    return this.ring.size;
  }

  get bytes(): number {
    return this.#blocks.bytes;
  }

  /** @throws KeyError for what is no string, or too long a one. */
  check(key: string): void {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    if (key.length > LONGEST_KEY) throw new KeyError(this.name, key, LONGEST_KEY);
  }

  keyOf(key: string): SharedKey {
    const words = textWords(key);
    return { words, hash: hashOfText(words, this.#seed, 0) };
  }

  /** The key of a record that was found whole. */
  textOf(record: RecordCopy): string {
    return readText(record.words, HEADER_WORDS);
  }

  /**
   * Makes a change: a value (one that was found keepable), or a deletion where it is undefined. Returns its sequence, or 0 where the guard does not let it. `before`: what this
   * thread found last time.
   * @throws MapFullError; nothing was changed. A deletion needs no room.
   */
  write(text: string, key: SharedKey, before: FoundBefore | undefined, guard: Guard, value: unknown): number {
    const { ring, lookup } = this;
    let unit = 0;
    try {
      for (;;) {
        const sequence = ring.settle() + 1;
        const found = (before !== undefined && lookup.finds(before)) || lookup.find(key, before?.slot);
        if (!this.#lets(guard, found, value === undefined)) return 0;
        if (value === undefined) {
          this.slot = lookup.slot;
          this.word = lookup.word | DELETED;
        } else {
          if (unit === 0) unit = this.#place(text, key, value, sequence - 1);
          const place = found ? lookup : this.#free(text, key);
          this.slot = place.slot;
          this.word = unit | ((key.hash >>> PRINT_SHIFT) << PRINT_SHIFT);
          this.records.name(unit, this.#made, sequence, place.slot, place.tag, place.word);
        }
        ring.reserve(sequence);
        if (!ring.append(sequence, this.word)) continue;
        unit = 0;
        this.json = value === undefined ? 0 : this.#made.value.length;
        ring.apply(sequence);
        if (Atomics.load(this.control, WAITERS) !== 0) Atomics.notify(this.control, STATE);
        return sequence;
      }
    } finally {
      if (unit !== 0) this.#blocks.give(unit);
      this.#made.trim();
    }
  }

  #lets(guard: Guard, found: boolean, deletes: boolean): boolean {
    if (guard.kind === 'at') return found && this.lookup.version === guard.version;
    return guard.kind === 'none' ? !found : found || !deletes;
  }

  /** A block with the key and the value in it. */
  #place(text: string, key: SharedKey, value: unknown, applied: number): number {
    encodeInto(this.#made, key, value);
    const { units } = this.#made;
    const most = this.handle.data.maxByteLength;
    if (units * UNIT_BYTES > most / 4)
      throw new MapValueError(
        this.name,
        text,
        `takes ${units * UNIT_BYTES} bytes, and a value takes at most a quarter of the ${most} bytes of the map ("maxBytes")`,
      );
    for (;;) {
      const unit = this.#blocks.take(units);
      if (unit !== 0) {
        this.records.write(unit, this.#made);
        return unit;
      }
      // What changes replaced is kept only for as long as there is room.
      let given = 0;
      while (given < GIVEN_UP && this.ring.giveUp(applied)) given += 1;
      if (given === 0) throw new MapFullError(this.name, text, `its ${most} bytes are in use`, 'maxBytes');
    }
  }

  /** A slot for a key that has none. */
  #free(text: string, key: SharedKey): { readonly slot: number; readonly tag: number; readonly word: number } {
    const most = this.control[MAX_ENTRIES] as number;
    const slot = this.ring.size < most ? this.table.free(key.hash) : -1;
    if (slot < 0) throw new MapFullError(this.name, text, `it has ${this.ring.size} keys of at most ${most}`, 'maxEntries');
    const { cells } = this.table;
    cells.load(slot);
    return { slot, tag: cells.first, word: cells.second };
  }
}
