import type { Slab, SlabMemory } from '../records/slabs.ts';
import { FULL } from '../records/slabs.ts';
import { StoreError } from '../store-error.ts';
import { growable } from './arena.ts';
import { SLAB_LIMIT, SLAB_ROW } from './layout.ts';
import type { LeaseBook } from './leases.ts';

/** Slabs in one growable buffer, in units of a full slab. The room of one that is closed is given again once no reader needs it. */
export class SlabRegion implements SlabMemory {
  readonly first: number = FULL;
  readonly records: SharedArrayBuffer;
  readonly slabs: SharedArrayBuffer;
  readonly #rows: Int32Array;
  readonly #leases: LeaseBook;
  /** Rooms to be given again, by their length in units. */
  readonly #free = new Map<number, number[]>();
  #end = 0;

  constructor(maxBytes: number, leases: LeaseBook) {
    this.records = growable(0, maxBytes);
    this.slabs = new SharedArrayBuffer(SLAB_LIMIT * SLAB_ROW * 4);
    this.#rows = new Int32Array(this.slabs);
    this.#leases = leases;
  }

  open(slab: number, length: number): { readonly buffer: ArrayBufferLike; readonly offset: number } {
    const units = Math.ceil(length / FULL);
    const start = this.#free.get(units)?.pop() ?? this.#extend(units);
    const row = slab * SLAB_ROW;
    if (slab >= SLAB_LIMIT) throw full(SLAB_LIMIT * FULL);
    this.#rows[row] = start;
    this.#rows[row + 1] = length;
    Atomics.add(this.#rows, row + 2, 1);
    return { buffer: this.records, offset: start * FULL };
  }

  close(slab: Slab, free: () => void): void {
    this.#leases.later(() => {
      const units = Math.ceil(slab.bytes.length / FULL);
      const start = this.#rows[slab.index * SLAB_ROW] as number;
      Atomics.add(this.#rows, slab.index * SLAB_ROW + 2, 1);
      // Entries of this thread may still be held: they go on reading a copy, which dies with them.
      const copy = slab.bytes.slice().buffer;
      slab.bytes = new Uint8Array(copy);
      slab.words = new Int32Array(copy);
      slab.floats = new Float64Array(copy);
      const list = this.#free.get(units);
      if (list) list.push(start);
      else this.#free.set(units, [start]);
      free();
    });
  }

  #extend(units: number): number {
    const start = this.#end;
    const bytes = (start + units) * FULL;
    if (bytes > this.records.maxByteLength) throw full(this.records.maxByteLength);
    this.records.grow(bytes);
    this.#end = start + units;
    return start;
  }
}

function full(bytes: number): StoreError {
  return new StoreError('SHARED_FULL', `the shared records need more than ${bytes} bytes; give the store more with \`shared.recordBytes\``);
}
