import { hashOfText, readText, sameText, textWords } from '@kubecast/shared-memory';
import { Numbers } from '../../keys/key-probe.ts';
import type { KeyProbe } from '../../keys/key-probe.ts';
import { isIntact } from '../../records/packed-record.ts';
import { offsetOf, slabNumberOf, slabOver, type Slab } from '../../records/slabs.ts';
import { StoreError } from '../../store-error.ts';
import {
  CLUSTERS,
  FORMAT,
  INDEXES,
  LINK,
  LINK_TEXT,
  MAGIC,
  POSTING_HASH,
  POSTING_INDEX,
  POSTING_TABLES,
  POSTING_TEXT,
  RECORD_TABLES,
  ROOM_UNIT,
  SEED,
  SLAB_LIMIT,
  SLAB_ROW,
  SLOTS,
  TABLE_ENTRIES,
  TABLE_STAMP,
  type StoreHandle,
} from '../layout.ts';

const SHARDS = 64;

/** Records that a reader has copied for itself, in small slabs of its own that are never written over. */
export class RecordCopies {
  #slab: Slab = slabOver(0, new ArrayBuffer(0), 0, 0);

  room(size: number): Slab {
    if (this.#slab.used + size > this.#slab.bytes.length) {
      const length = Math.max(size, 1 << 16);
      this.#slab = slabOver(0, new ArrayBuffer(length), 0, length);
    }
    return this.#slab;
  }
}

/** One room for a record that is looked at and forgotten. */
export class RecordScratch {
  #slab: Slab = slabOver(0, new ArrayBuffer(1 << 12), 0, 1 << 12);

  room(size: number): Slab {
    if (size > this.#slab.bytes.length) this.#slab = slabOver(0, new ArrayBuffer(size * 2), 0, size * 2);
    this.#slab.used = 0;
    return this.#slab;
  }
}

/** The reader's side of the buffers: single words and copies, of which none is trusted before it was validated. */
export class SharedMemory {
  readonly control: Int32Array;
  readonly log: Int32Array;
  readonly clusters: Numbers = new Numbers();
  readonly indexes: Numbers = new Numbers();
  readonly seed: number;
  readonly leaseMs: number;
  readonly #handle: StoreHandle;
  readonly #slabRows: Int32Array;
  #slots: Int32Array;
  #arena: Int32Array;
  /** Views of the slabs' room, made when first read; a room may change its length. */
  readonly #rooms: (Slab | undefined)[] = [];
  #newestCluster = 0;
  #newestIndex = 0;

  constructor(handle: StoreHandle) {
    if (handle?.format !== FORMAT)
      throw new StoreError('HANDLE_INVALID', 'this is no handle of a shared store of this version; pass what `share` gave, unchanged');
    this.#handle = handle;
    this.leaseMs = handle.leaseMs;
    this.control = new Int32Array(handle.control);
    if (this.control[MAGIC] !== FORMAT) throw new StoreError('HANDLE_INVALID', 'the shared store is of another version');
    this.log = new Int32Array(handle.log);
    this.seed = this.control[SEED] as number;
    this.#slabRows = new Int32Array(handle.slabs);
    this.#slots = new Int32Array(handle.slots, 0, handle.slots.byteLength >> 2);
    this.#arena = new Int32Array(handle.arena, 0, handle.arena.byteLength >> 2);
  }

  /** The place that a slot names now; -1: none. */
  place(slot: number): number {
    const at = slot * 2;
    if (at >= this.#slots.length && !this.#slotsReach(at)) return -1;
    return Atomics.load(this.#slots, at);
  }

  #hash(slot: number): number {
    const at = slot * 2 + 1;
    return at < this.#slots.length || this.#slotsReach(at) ? (this.#slots[at] as number) : 0;
  }

  #slotsReach(at: number): boolean {
    const { slots } = this.#handle;
    // Views of explicit length: one that tracks the length is many times slower.
    if (slots.byteLength >> 2 > this.#slots.length) this.#slots = new Int32Array(slots, 0, slots.byteLength >> 2);
    return at >= 0 && at < this.#slots.length;
  }

  /** A word of the arena; 0 beyond its end, which only a stale place can be. */
  word(at: number): number {
    if (at >= this.#arena.length) {
      const { arena } = this.#handle;
      if (arena.byteLength >> 2 > this.#arena.length) this.#arena = new Int32Array(arena, 0, arena.byteLength >> 2);
      if (at >= this.#arena.length) return 0;
    }
    return Atomics.load(this.#arena, at);
  }

  /** Which generation of a place's slab is there now. */
  generation(place: number): number {
    return Atomics.load(this.#slabRows, slabNumberOf(place) * SLAB_ROW + 2);
  }

  /** Looks for the slots of a hash, newest table first, and again if the table was replaced meanwhile. `found` says whether it was the one. */
  find(hash: number, found: (slot: number) => boolean): void {
    const root = RECORD_TABLES + (hash & (SHARDS - 1));
    const slots = Atomics.load(this.control, SLOTS);
    for (;;) {
      const table = Atomics.load(this.control, root);
      if (table === 0) return;
      const stamp = this.word(table + TABLE_STAMP);
      const mask = this.word(table);
      for (let i = (hash >>> 6) & mask, steps = 0; steps <= mask; i = (i + 1) & mask, steps += 1) {
        const entry = this.word(table + TABLE_ENTRIES + i);
        if (entry === 0) break;
        // A slot beyond those that were there at the start may be new, and is looked at all the same.
        if (entry > 0 && (entry <= slots || this.#slotsReach((entry - 1) * 2)) && this.#hash(entry - 1) === hash && found(entry - 1))
          return;
      }
      if (Atomics.load(this.control, root) === table && this.word(table + TABLE_STAMP) === stamp) return;
    }
  }

  /** The posting of an index's value; 0: no object has it. */
  posting(index: number, value: string): number {
    const text = textWords(value);
    const hash = hashOfText(text, this.seed, index);
    const root = POSTING_TABLES + (hash & (SHARDS - 1));
    for (;;) {
      const table = Atomics.load(this.control, root);
      if (table === 0) return 0;
      const stamp = this.word(table + TABLE_STAMP);
      const mask = this.word(table);
      for (let i = (hash >>> 6) & mask, steps = 0; steps <= mask; i = (i + 1) & mask, steps += 1) {
        const entry = this.word(table + TABLE_ENTRIES + i);
        if (entry === 0) break;
        if (entry > 0 && this.word(entry - 1 + POSTING_HASH) === hash && this.isPostingOf(entry - 1, index, text)) return entry - 1;
      }
      if (Atomics.load(this.control, root) === table && this.word(table + TABLE_STAMP) === stamp) return 0;
    }
  }

  isPostingOf(posting: number, index: number, text: Int32Array): boolean {
    // The last word first: the view then reaches as far as it must.
    this.word(posting + POSTING_TEXT + text.length);
    return this.word(posting + POSTING_INDEX) === index && sameText(this.#arena, posting + POSTING_TEXT, text);
  }

  /** Brings the names of clusters and indexes up to date. */
  refreshNames(): void {
    this.#newestCluster = this.#follow(CLUSTERS, this.#newestCluster, this.clusters);
    this.#newestIndex = this.#follow(INDEXES, this.#newestIndex, this.indexes);
  }

  clusterNumber(text: string): number {
    const known = this.clusters.find(text);
    if (known >= 0) return known;
    this.refreshNames();
    return this.clusters.find(text);
  }

  clusterText(cluster: number): string {
    if (cluster >= this.clusters.texts().length) this.refreshNames();
    return this.clusters.text(cluster);
  }

  #follow(root: number, known: number, into: Numbers): number {
    const newest = Atomics.load(this.control, root);
    const names: string[] = [];
    for (let block = newest; block !== known && block !== 0; block = this.word(block + LINK)) {
      const length = this.word(block + LINK_TEXT);
      this.word(block + LINK_TEXT + 1 + (length >> 2));
      names.push(readText(this.#arena, block + LINK_TEXT));
    }
    for (const name of names.reverse()) into.of(name);
    return newest;
  }

  /**
   * Copies the record of a place into a room, and gives the offset there; -1 if what stands there is no whole record. Whether the place was
   * still this record's while it was copied is the caller's to see.
   */
  copy(place: number, into: RecordCopies | RecordScratch): { readonly slab: Slab; readonly offset: number } | undefined {
    const number = slabNumberOf(place);
    if (place < 0 || number >= SLAB_LIMIT) return undefined;
    const source = this.#room(number);
    const from = offsetOf(place);
    const size = from + 64 <= source.bytes.length ? (source.words[from >> 2] as number) : 0;
    if (size < 64 || (size & 7) !== 0 || from + size > source.bytes.length) return undefined;
    const slab = into.room(size);
    const offset = slab.used;
    const words = slab.words;
    const to = offset >> 2;
    const start = from >> 2;
    if (size <= 512) for (let i = 0; i < size >> 2; i += 1) words[to + i] = source.words[start + i] as number;
    else words.set(source.words.subarray(start, start + (size >> 2)), to);
    // The writer may have given the room away after its length was read.
    words[to] = size;
    if (!isIntact(words, to)) return undefined;
    slab.used = offset + size;
    return { slab, offset };
  }

  /** Whether the record that a probe seeks is the one in a copy. */
  holds(probe: KeyProbe, copied: { readonly slab: Slab; readonly offset: number }): boolean {
    return probe.equals(copied.slab, copied.offset);
  }

  #room(number: number): Slab {
    const row = number * SLAB_ROW;
    const start = this.#slabRows[row] as number;
    const length = this.#slabRows[row + 1] as number;
    const room = this.#rooms[number];
    if (room && room.used === start && room.bytes.length === length) return room;
    const { records } = this.#handle;
    if (length <= 0 || start * ROOM_UNIT + length > records.byteLength) return slabOver(number, new ArrayBuffer(0), 0, 0);
    const fresh = slabOver(number, records, start * ROOM_UNIT, length);
    fresh.used = start;
    while (this.#rooms.length < number) this.#rooms.push(undefined);
    this.#rooms[number] = fresh;
    return fresh;
  }
}
