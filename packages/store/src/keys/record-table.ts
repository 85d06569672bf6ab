import type { KeyProbe } from './key-probe.ts';
import type { Slab, Slabs } from '../records/slabs.ts';
import { offsetOf } from '../records/slabs.ts';

const SHARDS = 64;
const FIRST = 8;

/** Is told of every change of a table, after the table has made it. */
export interface RecordMirror {
  insert(slot: number, hash: number, place: number): void;
  set(slot: number, place: number): void;
  /** The same record, elsewhere. */
  moved(slot: number, place: number): void;
  delete(slot: number): void;
}

/**
 * From key to record: each record has a slot, a small number that stays while the key stays. The slots of a key's hash stand in one of 64
 * open-addressed tables, each growing on its own, so that no insert waits for the whole to be built anew.
 */
export class RecordTable {
  readonly id: number;
  readonly #slabs: Slabs;
  #places: Int32Array = new Int32Array(FIRST).fill(-1);
  #hashes: Int32Array = new Int32Array(FIRST);
  #free: number[] = [];
  /** Slots in use are below this. */
  end = 0;
  size = 0;
  readonly #shards: (Int32Array | undefined)[] = Array.from({ length: SHARDS }, () => undefined);
  readonly #counts = new Int32Array(SHARDS);
  readonly #mirror: RecordMirror | undefined;

  constructor(slabs: Slabs, id: number, mirror?: RecordMirror) {
    this.#slabs = slabs;
    this.id = id;
    this.#mirror = mirror;
  }

  /** The slot of the probe's key; -1 if there is none. */
  find(probe: KeyProbe): number {
    const { hash } = probe;
    const shard = this.#shards[hash & (SHARDS - 1)];
    if (!shard) return -1;
    const mask = shard.length - 1;
    for (let i = (hash >>> 6) & mask; ; i = (i + 1) & mask) {
      const slot = (shard[i] as number) - 1;
      if (slot < 0) return -1;
      if (this.#hashes[slot] !== hash) continue;
      const place = this.#places[slot] as number;
      if (probe.equals(this.#slabs.slab(place), offsetOf(place))) return slot;
    }
  }

  /** Gives the record a slot. The key must not be there. */
  insert(hash: number, place: number): number {
    const slot = this.#free.pop() ?? this.#extend();
    this.#hashes[slot] = hash;
    this.#enter(slot, hash);
    this.size += 1;
    this.#place(slot, place);
    this.#mirror?.insert(slot, hash, place);
    return slot;
  }

  /** Slots that were used before and are free. */
  get free(): number {
    return this.#free.length;
  }

  hash(slot: number): number {
    return this.#hashes[slot] as number;
  }

  /** Another record of the same key takes the slot. */
  set(slot: number, place: number): void {
    this.#place(slot, place);
    this.#mirror?.set(slot, place);
  }

  /** The slot's record was copied to another place. */
  move(slot: number, place: number): void {
    this.#place(slot, place);
    this.#mirror?.moved(slot, place);
  }

  #place(slot: number, place: number): void {
    this.#places[slot] = place;
    const slab = this.#slabs.slab(place);
    const w = offsetOf(place) >> 2;
    slab.words[w + 1] = this.id;
    slab.words[w + 2] = slot;
  }

  delete(slot: number): void {
    const hash = this.#hashes[slot] as number;
    const number = hash & (SHARDS - 1);
    const shard = this.#shards[number] as Int32Array;
    const mask = shard.length - 1;
    let hole = (hash >>> 6) & mask;
    while (shard[hole] !== slot + 1) hole = (hole + 1) & mask;
    // What stands behind moves up, so that a search never ends early at the hole.
    for (let i = (hole + 1) & mask; shard[i] !== 0; i = (i + 1) & mask) {
      const home = ((this.#hashes[(shard[i] as number) - 1] as number) >>> 6) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        shard[hole] = shard[i] as number;
        hole = i;
      }
    }
    shard[hole] = 0;
    this.#counts[number] = (this.#counts[number] as number) - 1;
    this.#places[slot] = -1;
    this.#free.push(slot);
    this.size -= 1;
    this.#mirror?.delete(slot);
  }

  /** -1 where the slot is free. */
  place(slot: number): number {
    return this.#places[slot] as number;
  }

  /** A copy of the places by slot; -1 where a slot is free. */
  places(): Int32Array {
    return this.#places.slice(0, this.end);
  }

  slab(slot: number): Slab {
    return this.#slabs.slab(this.#places[slot] as number);
  }

  offset(slot: number): number {
    return offsetOf(this.#places[slot] as number);
  }

  #extend(): number {
    if (this.end === this.#places.length) {
      // By a quarter: doubling would leave half of it empty.
      const length = Math.max(64, this.end + (this.end >> 2));
      const places = new Int32Array(length).fill(-1, this.end);
      places.set(this.#places);
      const hashes = new Int32Array(length);
      hashes.set(this.#hashes);
      this.#places = places;
      this.#hashes = hashes;
    }
    this.end += 1;
    return this.end - 1;
  }

  #enter(slot: number, hash: number): void {
    const number = hash & (SHARDS - 1);
    let shard = this.#shards[number];
    const count = (this.#counts[number] as number) + 1;
    this.#counts[number] = count;
    if (!shard) shard = this.#shards[number] = new Int32Array(FIRST);
    if (count * 4 > shard.length * 3) {
      const larger = new Int32Array(shard.length * 2);
      for (const entry of shard) if (entry !== 0) put(larger, entry, this.#hashes[entry - 1] as number);
      shard = this.#shards[number] = larger;
    }
    put(shard, slot + 1, hash);
  }
}

function put(shard: Int32Array, entry: number, hash: number): void {
  const mask = shard.length - 1;
  let i = (hash >>> 6) & mask;
  while (shard[i] !== 0) i = (i + 1) & mask;
  shard[i] = entry;
}
