import { MapDamagedError, SnapshotDisposedError, SnapshotExpiredError } from '../errors.ts';
import type { MapSnapshot } from '../concurrent/map-snapshot.ts';
import type { Versioned } from '../concurrent/versioned.ts';
import { BUCKET, DELETED, PREV_TAG, PREV_WORD, PRINT_SHIFT, SEQ_HIGH, SEQ_LOW, sequenceOf, SLOT, UNIT_MASK } from '../cells/layout.ts';
import { LOOKS } from '../cells/lookup.ts';
import { RecordCopy, type SharedKey } from '../cells/shared-records.ts';
import type { DeepReadonly } from '../stateful/frozen-copy.ts';
import { decode } from './json-value.ts';
import type { MapCore } from './map-core.ts';

/** The map after one change, read back from what records say stood in their slots before: for as long as that is kept. */
export class SharedSnapshot<V> implements MapSnapshot<DeepReadonly<V>> {
  readonly sequence: number;
  readonly size: number;
  readonly #core: MapCore;
  readonly #record = new RecordCopy();
  #disposed = false;

  constructor(core: MapCore) {
    this.#core = core;
    // Shows at least what any reader saw in a slot before.
    this.sequence = core.ring.settle();
    this.size = core.ring.size;
  }

  get(key: string): DeepReadonly<V> | undefined {
    return this.#find(key) ? decode<V>(this.#record) : undefined;
  }

  entry(key: string): Versioned<DeepReadonly<V>> | undefined {
    return this.#find(key) ? { value: decode<V>(this.#record), version: this.#record.sequence } : undefined;
  }

  has(key: string): boolean {
    return this.#find(key);
  }

  *entries(): IterableIterator<[string, DeepReadonly<V>]> {
    this.#check();
    const { table } = this.#core;
    for (let at = 0; at < table.length; at += 2) {
      if (!this.#show(at)) continue;
      yield [this.#core.textOf(this.#record), decode<V>(this.#record)];
      this.#check();
    }
  }

  dispose(): void {
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #find(text: string): boolean {
    this.#core.check(text);
    this.#check();
    const key = this.#core.keyOf(text);
    const { table } = this.#core;
    const { levels } = table;
    for (let level = 0; level < levels; level += 1)
      for (let bucket = 0; bucket < 2; bucket += 1) {
        const from = table.bucket(key.hash, level, bucket);
        for (let at = from; at < from + BUCKET * 2; at += 2)
          if (this.#mayHold(at, key) && this.#show(at) && this.#record.holds(key)) return true;
      }
    return false;
  }

  /** Whether a slot may have held a key: four bits of the hash tell, or it was written since. */
  #mayHold(at: number, key: SharedKey): boolean {
    const { cells } = this.#core.table;
    if (!cells.reach(at + 1)) return false;
    cells.load(at);
    const { first, second } = cells;
    if (second === 0) return false;
    return ((second & DELETED) === 0 && second >>> PRINT_SHIFT === key.hash >>> PRINT_SHIFT) || this.#isNewer(first);
  }

  /** Copies the record that a slot held after the snapshot's change; false: none. */
  #show(at: number): boolean {
    const { ring, records, table } = this.#core;
    if (!table.cells.reach(at + 1)) return false;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      table.cells.load(at);
      const unit = this.#unitOf(at, table.cells.first, table.cells.second);
      const isWhole = unit !== 0 && records.copy(unit, this.#record) && this.#record.words[SLOT] === at;
      // What was copied was still kept, if it is now.
      if (ring.floor > this.sequence) throw new SnapshotExpiredError(this.#core.name, this.sequence);
      if (unit === 0) return false;
      if (isWhole && this.#record.sequence <= this.sequence) return true;
    }
    throw new MapDamagedError(this.#core.name);
  }

  /** The block of that record, by way of what was written since; 0: none. Words that are read here mean something only if the floor is found below afterwards. */
  #unitOf(at: number, first: number, second: number): number {
    const { records, ring } = this.#core;
    let tag = first;
    let word = second;
    for (let steps = 0; steps <= ring.length; steps += 1) {
      if (word === 0) return 0;
      const unit = word & UNIT_MASK;
      const isDeleted = (word & DELETED) !== 0;
      if (isDeleted) {
        if (!this.#isNewer(tag)) return 0;
        tag = records.word(unit, SEQ_LOW);
        word &= ~DELETED;
        continue;
      }
      if (sequenceOf(records.word(unit, SEQ_LOW), records.word(unit, SEQ_HIGH)) <= this.sequence) return unit;
      if (records.word(unit, SLOT) !== at) return 0;
      tag = records.word(unit, PREV_TAG);
      word = records.word(unit, PREV_WORD);
    }
    return 0;
  }

  /** Whether a change is one after the snapshot's; of changes that are not too long ago, as all are while the snapshot is kept. */
  #isNewer(tag: number): boolean {
    const after = (tag - (this.sequence | 0)) >>> 0;
    return after !== 0 && after <= this.#core.ring.length;
  }

  #check(): void {
    if (this.#disposed) throw new SnapshotDisposedError(this.#core.name);
    if (this.#core.ring.floor > this.sequence) throw new SnapshotExpiredError(this.#core.name, this.sequence);
  }
}
