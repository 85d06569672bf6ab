import type { Change } from '../contract/change.ts';
import { PackedEntry } from '../entries/packed-entry.ts';
import type { Postings } from '../indexes/postings.ts';
import { KeyProbe } from '../keys/key-probe.ts';
import type { Collection } from '../lists/collection.ts';
import { jsonEquals, partEquals, partText, UID, VERSION } from '../records/packed-record.ts';
import { offsetOf } from '../records/slabs.ts';
import type { SharedWriter } from '../shared/shared-writer.ts';
import type { StoreView } from '../views/store-view.ts';
import { checkedValues } from './check-options.ts';

export type Values = readonly (readonly string[])[];
export type CompareVersions = (a: string, b: string) => -1 | 0 | 1 | undefined;

/** What is to be done with a record that was written: decided before anything is changed, and before anything can fail. */
export interface Decision {
  readonly place: number;
  /** -1: its key is new. */
  readonly slot: number;
  readonly what: 'add' | 'update' | 'replace' | 'older' | 'equal';
  readonly values: Values;
}

/**
 * Changes the content of a store, in three steps. `decide` runs the user's code (extractors, the order of versions) and changes nothing. `prepare`
 * takes all the room that is needed, which readers do not see. `apply` and `take` make the change, and cannot fail.
 */
export class ContentWriter<T> {
  readonly #view: StoreView<T>;
  readonly #shared: SharedWriter | undefined;
  readonly #compare: CompareVersions;
  readonly #collections: ReadonlyMap<number, Collection>;
  readonly #probe: KeyProbe;
  /** By slot: the number of its scope. */
  scopes: Int32Array = new Int32Array(64);

  constructor(
    view: StoreView<T>,
    shared: SharedWriter | undefined,
    compare: CompareVersions,
    collections: ReadonlyMap<number, Collection>,
  ) {
    this.#view = view;
    this.#shared = shared;
    this.#compare = compare;
    this.#collections = collections;
    this.#probe = new KeyProbe(view.seed);
  }

  /**
   * What becomes of a record that was written. `relist`: a list says which object has the name, but an older version of the same object is
   * ignored: the watch was ahead of the list.
   */
  decide(place: number, relist: boolean, prepared?: Values): Decision {
    const { table, slabs } = this.#view;
    const slab = slabs.slab(place);
    const offset = offsetOf(place);
    let slot = table.find(this.#probe.fromRecord(slab, offset));
    if (slot >= 0 && !this.#view.isSound(slot)) {
      this.purge();
      slot = -1;
    }
    if (slot < 0) return { place, slot, what: 'add', values: prepared ?? this.extract(place) };
    const stands = table.slab(slot);
    const at = table.offset(slot);
    const sameObject = partEquals(stands, at, slab, offset, UID);
    if (sameObject && partEquals(stands, at, slab, offset, VERSION) && jsonEquals(stands, at, slab, offset))
      return { place, slot, what: 'equal', values: [] };
    if ((sameObject || !relist) && this.#compare(partText(stands, at, VERSION), partText(slab, offset, VERSION)) === 1)
      return { place, slot, what: 'older', values: [] };
    return { place, slot, what: sameObject ? 'update' : 'replace', values: prepared ?? this.extract(place) };
  }

  /** Runs the extractors over a record that nobody sees yet. */
  extract(place: number): Values {
    const { indexes, slabs } = this.#view;
    if (indexes.size === 0) return [];
    const entry = new PackedEntry<T>(this.#view, slabs.slab(place), offsetOf(place), true);
    return [...indexes].map(([name, { extract }]) => checkedValues(extract(entry), name));
  }

  /**
   * Takes the room that these decisions and removals need.
   * @throws StoreError SHARED_FULL or STORE_FULL; nothing was changed.
   */
  prepare(decisions: readonly Decision[], removed: readonly number[]): void {
    if (this.#collections.size > 1) {
      for (const { slot } of decisions) if (slot >= 0) this.#splitMarks(slot);
      for (const slot of removed) this.#splitMarks(slot);
    }
    if (!this.#shared) return;
    if (decisions.length > 0) this.#shared.reserve();
    const { table, slabs, clusters } = this.#view;
    const hashes: number[] = [];
    let entries = 0;
    for (const { place, slot, what, values } of decisions) {
      if (what === 'equal' || what === 'older') continue;
      entries += 1 + values.reduce((sum, each) => sum + each.length, 0);
      if (slot >= 0) entries += this.#valuesIn(slot);
      else hashes.push(this.#probe.fromRecord(slabs.slab(place), offsetOf(place)).hash);
    }
    for (const slot of removed) entries += this.#valuesIn(slot);
    this.#shared.prepare({
      hashes,
      slots: table.end + Math.max(0, hashes.length - table.free - removed.length),
      removes: removed.length,
      entries,
      clusters: clusters.texts(),
    });
    this.#preparePostings(decisions);
  }

  /** Puts a record in its place, or takes it back. */
  apply({ place, slot, what, values }: Decision, scope: number, relist: boolean): readonly Change<T>[] {
    const { table, order, slabs } = this.#view;
    if (what === 'equal' || what === 'older') {
      slabs.undo(place);
      if (what === 'equal' && relist) this.scopes[slot] = scope;
      return [];
    }
    this.#settleIfCrowded();
    const entry = new PackedEntry<T>(this.#view, slabs.slab(place), offsetOf(place));
    if (what === 'add') {
      this.#remember(entry, -1);
      const probe = this.#probe.fromRecord(slabs.slab(place), offsetOf(place));
      const added = table.insert(probe.hash, place);
      order.insert(added, this.#view.comparator(probe));
      this.#post(added, scope, values);
      return [{ type: 'added', entry }];
    }
    const previous = this.#view.entryOf(slot);
    this.#remember(entry, slot);
    this.#retire(slot);
    table.set(slot, place);
    this.#post(slot, scope, values);
    return what === 'update'
      ? [{ type: 'updated', entry, previous }]
      : [
          { type: 'deleted', entry: previous, finalStateKnown: false },
          { type: 'added', entry },
        ];
  }

  /** Takes a key out. */
  take(slot: number): PackedEntry<T> {
    const { table, order } = this.#view;
    this.#settleIfCrowded();
    this.#shared?.leaving(slot);
    const entry = this.#view.entryOf(slot);
    this.#remember(entry, slot);
    for (const postings of this.#view.indexes.values()) postings.remove(slot);
    this.#view.hot.drop(slot);
    order.remove(slot, this.#view.comparator(this.#probe.fromRecord(table.slab(slot), table.offset(slot))));
    this.#retire(slot);
    table.delete(slot);
    this.#view.sequence += 1n;
    return entry;
  }

  /** Takes out what was found damaged. Nobody is told: it read as absent before. */
  purge(): void {
    const { damagedSlots, table, order, slabs, indexes } = this.#view;
    if (damagedSlots.length === 0) return;
    this.prepare([], damagedSlots);
    for (let slot = damagedSlots.pop(); slot !== undefined; slot = damagedSlots.pop()) {
      this.#shared?.leaving(slot);
      for (const postings of indexes.values()) postings.remove(slot);
      order.remove(slot, this.#view.comparator(this.#probe.fromRecord(table.slab(slot), table.offset(slot))));
      slabs.release(table.place(slot));
      table.delete(slot);
      this.#view.trust(slot);
    }
  }

  /** The operation is complete, for readers in other threads. */
  settle(): void {
    this.#shared?.settle(this.#view.table.size);
  }

  #settleIfCrowded(): void {
    if (this.#shared?.crowded) this.settle();
  }

  #valuesIn(slot: number): number {
    let count = 0;
    for (const postings of this.#view.indexes.values()) count += postings.valuesOf(slot).length;
    return count;
  }

  #preparePostings(decisions: readonly Decision[]): void {
    const prepared: [Postings<T>, string][] = [];
    try {
      for (const { slot, what, values } of decisions) {
        if (what === 'equal' || what === 'older') continue;
        let i = 0;
        for (const postings of this.#view.indexes.values()) {
          const own = values[i] ?? [];
          i += 1;
          if (slot >= 0 && postings.holds(slot, own)) continue;
          for (const value of own) {
            postings.prepare(value);
            prepared.push([postings, value]);
          }
        }
      }
    } catch (error) {
      for (const [postings, value] of prepared) postings.unprepare(value);
      this.settle();
      throw error;
    }
  }

  /** A record that two lists count on, and that the store lets go of: all but the first get a copy while that can still fail. */
  #splitMarks(slot: number): void {
    let first = true;
    for (const collection of this.#collections.values()) {
      if (!collection.isMarked(slot)) continue;
      if (!first) collection.copyMarked(slot, this.#probe);
      first = false;
    }
  }

  #post(slot: number, scope: number, values: Values): void {
    if (slot >= this.scopes.length) {
      const larger = new Int32Array(Math.max(slot + 1, this.scopes.length + (this.scopes.length >> 1)));
      larger.set(this.scopes);
      this.scopes = larger;
    }
    this.scopes[slot] = scope;
    this.#view.trust(slot);
    let i = 0;
    for (const postings of this.#view.indexes.values()) {
      postings.set(slot, values[i] ?? []);
      i += 1;
    }
    this.#view.hot.drop(slot);
    this.#view.sequence += 1n;
  }

  /** Lets go of a slot's record, unless a list needs it. */
  #retire(slot: number): void {
    const place = this.#view.table.place(slot);
    let adopted = false;
    for (const collection of this.#collections.values()) adopted = collection.adopt(slot, place, this.#probe) || adopted;
    if (!adopted) this.#view.slabs.release(place);
  }

  /** Keeps for the open snapshots what stands in a slot, or that nothing does. */
  #remember({ key }: PackedEntry<T>, slot: number): void {
    if (this.#view.snapshots.size === 0) return;
    const indexed = new Map<string, readonly string[]>();
    if (slot >= 0) for (const [name, postings] of this.#view.indexes) indexed.set(name, postings.valuesOf(slot));
    const entry = slot >= 0 ? this.#view.entryOf(slot) : undefined;
    for (const snapshot of this.#view.snapshots) snapshot.remember(key, entry, indexed);
  }
}
