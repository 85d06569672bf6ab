import type { ListInProgress } from './list-in-progress.ts';
import type { KeyProbe } from '../keys/key-probe.ts';
import { jsonEquals, moveRecord, partEquals, partText, UID, VERSION } from '../records/packed-record.ts';
import { RecordTable } from '../keys/record-table.ts';
import type { Slabs } from '../records/slabs.ts';
import { offsetOf } from '../records/slabs.ts';

type Values = readonly (readonly string[])[];

/**
 * The records of a relist, aside. One that equals what stands in the store is not kept a second time: the standing one is marked. Should the
 * store let go of a marked record before the commit, the collection takes it over.
 */
export class Collection implements ListInProgress {
  readonly own: RecordTable;
  readonly #main: RecordTable;
  readonly #slabs: Slabs;
  readonly #compare: (a: string, b: string) => -1 | 0 | 1 | undefined;
  /** Whether a slot's record in the store is one to compare with. */
  readonly #isSound: (slot: number) => boolean;
  /** By slot of the store: the marked place and one; 0 for none. */
  #marks: Int32Array = new Int32Array(64);
  /** By own slot. */
  readonly #prepared: ({ readonly place: number; readonly values: Values } | undefined)[] = [];

  constructor(
    id: number,
    main: RecordTable,
    slabs: Slabs,
    compare: (a: string, b: string) => -1 | 0 | 1 | undefined,
    isSound: (slot: number) => boolean,
  ) {
    this.own = new RecordTable(slabs, id);
    this.#main = main;
    this.#slabs = slabs;
    this.#compare = compare;
    this.#isSound = isSound;
  }

  isMarked(slot: number): boolean {
    return (this.#marks[slot] ?? 0) === this.#main.place(slot) + 1;
  }

  /** Takes a record that was just written, or takes it back, also where the order of versions throws. */
  put(place: number, probe: KeyProbe, extract: (place: number) => Values): void {
    let slot: number;
    try {
      slot = this.#put(place, probe);
    } catch (error) {
      this.#slabs.undo(place);
      throw error;
    }
    if (slot < 0) return;
    try {
      this.prepare(slot, extract(place));
    } catch {
      // What it throws now it throws again at the commit, which then fails with it and changes nothing.
    }
  }

  /** Gives its slot among the own; -1 if it is not kept. */
  #put(place: number, probe: KeyProbe): number {
    const slab = this.#slabs.slab(place);
    const offset = offsetOf(place);
    const ownSlot = this.own.find(probe.fromRecord(slab, offset));
    const found = this.#main.find(probe);
    const slot = found >= 0 && this.#isSound(found) ? found : -1;
    const marked = slot >= 0 && this.isMarked(slot);
    const before = ownSlot >= 0 ? this.own.place(ownSlot) : marked ? this.#main.place(slot) : -1;
    if (before >= 0) {
      const other = this.#slabs.slab(before);
      const at = offsetOf(before);
      if (partEquals(other, at, slab, offset, UID) && this.#compare(partText(other, at, VERSION), partText(slab, offset, VERSION)) === 1) {
        this.#slabs.undo(place);
        return -1;
      }
    }
    if (slot >= 0) {
      const stands = this.#main.slab(slot);
      const at = this.#main.offset(slot);
      if (
        partEquals(stands, at, slab, offset, UID) &&
        partEquals(stands, at, slab, offset, VERSION) &&
        jsonEquals(stands, at, slab, offset)
      ) {
        this.#slabs.undo(place);
        if (ownSlot >= 0) this.#forget(ownSlot);
        this.#mark(slot, this.#main.place(slot) + 1);
        return -1;
      }
      if (marked) this.#mark(slot, 0);
    }
    if (ownSlot < 0) return this.own.insert(probe.hash, place);
    this.#slabs.release(this.own.place(ownSlot));
    this.own.set(ownSlot, place);
    return ownSlot;
  }

  /** What the extractors gave for an own record, so that the commit need not ask them for all at once. */
  prepare(ownSlot: number, values: Values): void {
    while (this.#prepared.length < ownSlot) this.#prepared.push(undefined);
    this.#prepared[ownSlot] = { place: this.own.place(ownSlot), values };
  }

  /** Undefined for a record that was not prepared, or is another by now. */
  prepared(ownSlot: number): Values | undefined {
    const prepared = this.#prepared[ownSlot];
    return prepared?.place === this.own.place(ownSlot) ? prepared.values : undefined;
  }

  keep(probe: KeyProbe, uid: string): void {
    if (this.own.find(probe) >= 0) return;
    const slot = this.#main.find(probe);
    if (slot >= 0 && this.#isSound(slot) && partText(this.#main.slab(slot), this.#main.offset(slot), UID) === uid)
      this.#mark(slot, this.#main.place(slot) + 1);
  }

  /** Takes out the key of the probe, if it is there with this UID. */
  remove(probe: KeyProbe, uid: string): void {
    const ownSlot = this.own.find(probe);
    if (ownSlot >= 0) {
      if (partText(this.own.slab(ownSlot), this.own.offset(ownSlot), UID) === uid) this.#forget(ownSlot);
      return;
    }
    const slot = this.#main.find(probe);
    if (slot >= 0 && this.isMarked(slot) && partText(this.#main.slab(slot), this.#main.offset(slot), UID) === uid) this.#mark(slot, 0);
  }

  /** The store lets go of a record. If it is marked here it is taken over: true, and then it must not be released. */
  adopt(slot: number, place: number, probe: KeyProbe): boolean {
    if (this.#marks[slot] !== place + 1) return false;
    this.#marks[slot] = 0;
    this.own.insert(probe.fromRecord(this.#slabs.slab(place), offsetOf(place)).hash, place);
    return true;
  }

  /** Has a copy of its own from now on instead of the mark: two lists cannot take over one record. @throws StoreError if there is no room. */
  copyMarked(slot: number, probe: KeyProbe): void {
    const slab = this.#main.slab(slot);
    const offset = this.#main.offset(slot);
    const copy = moveRecord(this.#slabs, slab, offset);
    this.#marks[slot] = 0;
    this.own.insert(probe.fromRecord(slab, offset).hash, copy);
  }

  /** Whether a record of its own stands at this place. */
  holds(ownSlot: number, place: number): boolean {
    return ownSlot >= 0 && ownSlot < this.own.end && this.own.place(ownSlot) === place;
  }

  /** A record of its own was moved. */
  move(ownSlot: number, to: number): void {
    const prepared = this.prepared(ownSlot);
    this.own.move(ownSlot, to);
    if (prepared !== undefined) this.prepare(ownSlot, prepared);
  }

  /** The store moved a record. */
  moved(slot: number, from: number, to: number): void {
    if (this.#marks[slot] === from + 1) this.#marks[slot] = to + 1;
  }

  /** Lets go of all that is still owned. */
  abort(): void {
    for (let slot = 0; slot < this.own.end; slot += 1) if (this.own.place(slot) >= 0) this.#forget(slot);
  }

  #forget(ownSlot: number): void {
    const place = this.own.place(ownSlot);
    this.own.delete(ownSlot);
    this.#slabs.release(place);
  }

  #mark(slot: number, value: number): void {
    if (slot >= this.#marks.length) {
      const larger = new Int32Array(Math.max(slot + 1, this.#main.end));
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[slot] = value;
  }
}
