import { growable, RoomMap, type LeaseBook } from '@kubecast/shared-memory';
import type { Slab, SlabMemory } from '../records/slabs.ts';
import { FULL } from '../records/slabs.ts';
import { StoreError } from '../store-error.ts';
import { ROOM_UNIT, SLAB_LIMIT, SLAB_ROW } from './layout.ts';

const FULL_UNITS = FULL / ROOM_UNIT;

/**
 * Slabs in one growable buffer. The room of one that is closed is given again once no reader needs it. One full slab's room, and one number, are
 * kept for compaction, so that a store that is full can still be tidied.
 */
export class SlabRegion implements SlabMemory {
  readonly first: number = FULL;
  readonly records: SharedArrayBuffer;
  readonly slabs: SharedArrayBuffer;
  readonly #rows: Int32Array;
  readonly #leases: LeaseBook;
  readonly #rooms: RoomMap;

  constructor(maxBytes: number, leases: LeaseBook) {
    this.records = growable(0, maxBytes);
    this.slabs = new SharedArrayBuffer(SLAB_LIMIT * SLAB_ROW * 4);
    this.#rows = new Int32Array(this.slabs);
    this.#leases = leases;
    this.#rooms = new RoomMap(Math.floor(maxBytes / ROOM_UNIT));
  }

  open(slab: number, length: number, moving: boolean): { readonly buffer: ArrayBufferLike; readonly offset: number } {
    if (slab >= SLAB_LIMIT - (moving ? 0 : 1))
      throw new StoreError(
        'SHARED_FULL',
        `the shared store has ${SLAB_LIMIT} slabs of records, the most that there can be; remove objects`,
      );
    const units = Math.ceil(length / ROOM_UNIT);
    const start = this.#rooms.take(units);
    if (start >= 0 && !moving && !this.#rooms.has(FULL_UNITS)) {
      this.#rooms.give(start, units);
      throw this.#full();
    }
    if (start < 0) throw this.#full();
    const bytes = this.#rooms.end * ROOM_UNIT;
    if (bytes > this.records.byteLength) this.#grow(bytes, start, units);
    const row = slab * SLAB_ROW;
    this.#rows[row] = start;
    this.#rows[row + 1] = length;
    Atomics.add(this.#rows, row + 2, 1);
    return { buffer: this.records, offset: start * ROOM_UNIT };
  }

  get spare(): boolean {
    return this.#rooms.has(FULL_UNITS);
  }

  close(slab: Slab, free: () => void): void {
    this.#leases.later(() => {
      const row = slab.index * SLAB_ROW;
      const start = this.#rows[row] as number;
      const units = Math.ceil(slab.bytes.length / ROOM_UNIT);
      Atomics.add(this.#rows, row + 2, 1);
      // Entries of this thread may still be held: they go on reading a copy, which dies with them.
      const copy = slab.bytes.slice().buffer;
      slab.bytes = new Uint8Array(copy);
      slab.words = new Int32Array(copy);
      slab.floats = new Float64Array(copy);
      this.#rooms.give(start, units);
      free();
    });
  }

  #grow(bytes: number, start: number, units: number): void {
    // By whole slabs: each call of the system costs more than the room.
    const wanted = Math.min(this.records.maxByteLength, Math.ceil(bytes / FULL) * FULL);
    try {
      this.records.grow(wanted);
    } catch (cause) {
      this.#rooms.give(start, units);
      throw new StoreError('SHARED_FULL', `the system has no memory for ${wanted} bytes of shared records`, { cause });
    }
  }

  #full(): StoreError {
    return new StoreError(
      'SHARED_FULL',
      `the shared records fill their ${this.records.maxByteLength} bytes; give the store more with \`shared.recordBytes\`, or remove objects`,
    );
  }
}
