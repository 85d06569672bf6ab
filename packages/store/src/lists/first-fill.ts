import type { Change } from '../contract/change.ts';
import type { Collection } from './collection.ts';
import type { ListInProgress } from './list-in-progress.ts';
import type { KeyProbe } from '../keys/key-probe.ts';
import { OrderedSlots } from '../keys/ordered-slots.ts';
import { PackedEntry } from '../entries/packed-entry.ts';
import { partText, UID, VERSION } from '../records/packed-record.ts';
import { Postings } from '../indexes/postings.ts';
import { RecordTable } from '../keys/record-table.ts';
import { offsetOf, slabNumberOf, type Slab } from '../records/slabs.ts';
import type { StoreView } from '../views/store-view.ts';

type Values = readonly (readonly string[])[];

/** An extractor threw over a record, which was not taken: the list goes on as a Collection, whose commit fails with it. */
export class ExtractorFailed extends Error {
  readonly place: number;

  constructor(place: number, cause: unknown) {
    super('an extractor threw', { cause });
    this.place = place;
  }
}

/**
 * The first list of an empty store: its table, order and postings grow aside as the records come, and the commit puts them in the place of
 * the empty ones. So it takes no longer for a hundred thousand than for one. It lasts while nothing else is written; then what it has goes on
 * as a Collection.
 */
export class FirstFill<T> implements ListInProgress {
  readonly id: number;
  readonly #view: StoreView<T>;
  readonly #compare: (a: string, b: string) => -1 | 0 | 1 | undefined;
  readonly #table: RecordTable;
  readonly #order = new OrderedSlots();
  readonly #indexes = new Map<string, Postings<T>>();
  /** By number: those that hold its records. Entries made later need them, though the store may have let go of them by then. */
  readonly #slabs = new Map<number, Slab>();

  constructor(id: number, view: StoreView<T>, compare: (a: string, b: string) => -1 | 0 | 1 | undefined) {
    this.id = id;
    this.#view = view;
    this.#compare = compare;
    this.#table = new RecordTable(view.slabs, 0);
    for (const [name, { extract }] of view.indexes) this.#indexes.set(name, new Postings<T>(extract));
  }

  get size(): number {
    return this.#table.size;
  }

  /** Takes a record that was just written, or takes it back where a newer one of the same object is there. */
  put(place: number, probe: KeyProbe, extract: (place: number) => Values): void {
    const { slabs } = this.#view;
    let values: Values;
    try {
      values = extract(place);
    } catch (error) {
      throw new ExtractorFailed(place, error);
    }
    try {
      this.#put(place, probe, values);
    } catch (error) {
      slabs.undo(place);
      throw error;
    }
  }

  #put(place: number, probe: KeyProbe, values: Values): void {
    const { slabs } = this.#view;
    const slab = slabs.slab(place);
    const offset = offsetOf(place);
    let slot = this.#table.find(probe.fromRecord(slab, offset));
    if (slot >= 0) {
      const before = this.#table.slab(slot);
      const at = this.#table.offset(slot);
      const sameObject = partText(before, at, UID) === partText(slab, offset, UID);
      if (sameObject && this.#compare(partText(before, at, VERSION), partText(slab, offset, VERSION)) === 1) return slabs.undo(place);
      slabs.release(this.#table.place(slot));
      this.#table.set(slot, place);
    } else {
      slot = this.#table.insert(probe.hash, place);
      this.#order.insert(slot, this.#comparator(probe));
    }
    this.#slabs.set(slab.index, slab);
    let i = 0;
    for (const postings of this.#indexes.values()) {
      postings.set(slot, values[i] ?? []);
      i += 1;
    }
  }

  keep(): void {
    // Nothing stands in the store that it fills.
  }

  /** Takes out the key of the probe, if it is there with this UID. */
  remove(probe: KeyProbe, uid: string): void {
    const slot = this.#table.find(probe);
    if (slot < 0 || partText(this.#table.slab(slot), this.#table.offset(slot), UID) !== uid) return;
    const place = this.#table.place(slot);
    for (const postings of this.#indexes.values()) postings.remove(slot);
    this.#order.remove(slot, this.#comparator(probe.fromRecord(this.#table.slab(slot), this.#table.offset(slot))));
    this.#table.delete(slot);
    this.#view.slabs.release(place);
  }

  /** Shows all of it, in the place of nothing. Gives what was added, in the order in which it came; entries are made as they are asked for. */
  publish(): Iterable<Change<T>> {
    const view = this.#view;
    const table = this.#table;
    if (view.snapshots.size > 0) {
      for (let slot = 0; slot < table.end; slot += 1) {
        if (table.place(slot) < 0) continue;
        const { key } = new PackedEntry<T>(view, table.slab(slot), table.offset(slot));
        for (const snapshot of view.snapshots) snapshot.remember(key, undefined, new Map());
      }
    }
    const places = table.places();
    view.become(table, this.#order, this.#indexes);
    view.sequence += BigInt(table.size);
    return { [Symbol.iterator]: () => this.#added(places) };
  }

  /** Hands its records on to a collection of the same number. */
  moveTo(collection: Collection): void {
    const table = this.#table;
    for (let slot = 0; slot < table.end; slot += 1) {
      const place = table.place(slot);
      if (place < 0) continue;
      const own = collection.own.insert(table.hash(slot), place);
      if (this.#indexes.size > 0)
        collection.prepare(
          own,
          [...this.#indexes.values()].map((postings) => postings.valuesOf(slot)),
        );
    }
  }

  /** Lets go of all records. */
  abort(): void {
    for (let slot = 0; slot < this.#table.end; slot += 1) {
      const place = this.#table.place(slot);
      if (place >= 0) this.#view.slabs.release(place);
    }
  }

  *#added(places: Int32Array): Generator<Change<T>> {
    for (const place of places) {
      if (place < 0) continue;
      const slab = this.#slabs.get(slabNumberOf(place)) as Slab;
      yield { type: 'added', entry: new PackedEntry<T>(this.#view, slab, offsetOf(place)) };
    }
  }

  #comparator(probe: KeyProbe): (slot: number) => number {
    const { slabs, clusters } = this.#view;
    return (slot) => {
      const place = this.#table.place(slot);
      return probe.compare(slabs.slab(place), offsetOf(place), clusters);
    };
  }
}
