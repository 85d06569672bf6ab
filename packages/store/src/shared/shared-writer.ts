import type { Clock } from '@kubecast/clock';
import { Arena, growable, LeaseBook, textWords, writeText } from '@kubecast/shared-memory';
import type { RecordMirror } from '../keys/record-table.ts';
import { FULL } from '../records/slabs.ts';
import { StoreError } from '../store-error.ts';
import { ChangeLog } from './change-log.ts';
import {
  CLUSTERS,
  CONTROL_WORDS,
  FORMAT,
  INDEXES,
  leaseWords,
  LINK,
  LINK_TEXT,
  LOG_ADD,
  LOG_DELETE,
  LOG_SET,
  LOG_SIZE,
  LONGEST_LEASE_MS,
  MAGIC,
  POSTING_HASH,
  POSTING_TABLES,
  RECORD_TABLES,
  SEED,
  SLAB_LIMIT,
  SIZE,
  SLOTS,
  type StoreHandle,
} from './layout.ts';
import { OrderWriter } from './order-writer.ts';
import { PostingWriter } from './posting-writer.ts';
import { SlabRegion } from './slab-region.ts';
import { SHARDS, TableWriter } from './table-writer.ts';

export interface SharedOptions {
  /** Bytes of records at most; address space is reserved, memory is taken as it is filled. One MiB of it is kept for compaction. Default 4 GiB. */
  readonly recordBytes?: number;
  /** Bytes of keys, order and postings at most, twice: some 40 an object are used. Default 1 GiB. */
  readonly indexBytes?: number;
  /** Milliseconds that a reader may hold a snapshot or take for an iteration; at most a day. Default 10,000. */
  readonly leaseMs?: number;
  readonly clock?: Clock;
}

const GIB = 1024 ** 3;
const FIRST_SLOTS = 1024;
const LEAST_INDEX_BYTES = 1 << 16;

/** What an operation is about to write, at most. */
export interface SharedNeeds {
  /** Hashes of the keys that it adds. */
  readonly hashes: readonly number[];
  /** Slots in use after it. */
  readonly slots: number;
  /** Keys that it removes. */
  readonly removes: number;
  /** Postings that it adds or removes, and records that it changes. */
  readonly entries: number;
  readonly clusters: readonly string[];
}

/** What the writer of a store keeps in shared memory besides the records: everything that readers in other threads look things up by. */
export class SharedWriter implements RecordMirror {
  readonly region: SlabRegion;
  readonly order: OrderWriter;
  readonly #control: Int32Array = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  readonly #arena: Arena;
  readonly #leases: LeaseBook;
  readonly #log: ChangeLog = new ChangeLog(this.#control);
  readonly #slotBuffer: SharedArrayBuffer;
  #slots: Int32Array;
  readonly #records: TableWriter;
  readonly #postings: TableWriter;
  readonly #seed: number;
  readonly #leaseMs: number;
  #clusters = 0;
  #indexes = 0;
  #used = 0;

  constructor(options: SharedOptions, seed: number, clock: Clock, leaseMs: number) {
    checkOptions(options);
    const indexBytes = options.indexBytes ?? GIB;
    this.#seed = seed;
    this.#leaseMs = leaseMs;
    this.#control[MAGIC] = FORMAT;
    this.#control[SEED] = seed;
    this.#arena = new Arena(indexBytes, full);
    this.#leases = new LeaseBook(leaseWords(this.#control), options.clock ?? clock, leaseMs);
    this.#slotBuffer = growable(FIRST_SLOTS * 8, indexBytes);
    this.#slots = new Int32Array(this.#slotBuffer, 0, FIRST_SLOTS * 2);
    this.region = new SlabRegion(options.recordBytes ?? 4 * GIB, this.#leases);
    this.#records = new TableWriter(this.#control, RECORD_TABLES, this.#arena, this.#leases, (slot) => this.#slots[slot * 2 + 1] as number);
    this.#postings = new TableWriter(
      this.#control,
      POSTING_TABLES,
      this.#arena,
      this.#leases,
      (posting) => this.#arena.words[posting + POSTING_HASH] as number,
    );
    this.order = new OrderWriter(this.#control, this.#arena, this.#leases);
  }

  /** Bytes of shared memory that hold keys, order, postings and the log. */
  get bytes(): number {
    return this.#arena.bytes + this.#used * 8 + this.#log.buffer.byteLength + this.#control.byteLength;
  }

  handle(apiVersion: string, kind: string): StoreHandle {
    return {
      format: FORMAT,
      apiVersion,
      kind,
      control: this.#control.buffer as SharedArrayBuffer,
      slots: this.#slotBuffer,
      arena: this.#arena.buffer,
      slabs: this.region.slabs,
      records: this.region.records,
      log: this.#log.buffer,
      leaseMs: this.#leaseMs,
    };
  }

  /**
   * Takes room for all that an operation writes, before it writes anything. Readers see the same as before.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  prepare(needs: SharedNeeds): void {
    try {
      this.#take(needs);
    } catch {
      // What was let go of may be free by now.
      this.#leases.settle();
      this.#take(needs);
    }
  }

  /**
   * Room for the next removal, before anything else of an operation that is none.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  reserve(): void {
    try {
      this.order.reserve();
    } catch {
      this.#leases.settle();
      this.order.reserve();
    }
  }

  #take({ hashes, slots, removes, entries, clusters }: SharedNeeds): void {
    this.clusters(clusters);
    if (slots > this.#used) this.#extend(slots);
    this.order.prepare(hashes.length, removes, 1 + Math.floor((entries + removes + hashes.length) / (LOG_SIZE >> 1)));
    if (hashes.length === 0) return;
    const more = new Int32Array(SHARDS);
    for (const hash of hashes) more[hash & (SHARDS - 1)] = (more[hash & (SHARDS - 1)] as number) + 1;
    for (let shard = 0; shard < SHARDS; shard += 1) this.#records.prepare(shard, more[shard] as number);
  }

  /** Room was made before: see `prepare`. */
  insert(slot: number, hash: number, place: number): void {
    this.#log.add(LOG_ADD, slot, -1);
    this.#slots[slot * 2 + 1] = hash;
    Atomics.store(this.#slots, slot * 2, place);
    this.#records.insert(hash, slot);
  }

  set(slot: number, place: number): void {
    this.#log.add(LOG_SET, slot, this.#slots[slot * 2] as number);
    Atomics.store(this.#slots, slot * 2, place);
  }

  /** The same record elsewhere: nobody needs to know what was before. */
  moved(slot: number, place: number): void {
    Atomics.store(this.#slots, slot * 2, place);
  }

  /** The slot's key is about to leave: said before any of it is done. */
  leaving(slot: number): void {
    this.#log.add(LOG_DELETE, slot, this.#slots[slot * 2] as number);
  }

  delete(slot: number): void {
    this.#records.delete(this.#slots[slot * 2 + 1] as number, slot);
    Atomics.store(this.#slots, slot * 2, -1);
  }

  /** Tells readers of the clusters that were numbered since. */
  clusters(texts: readonly string[]): void {
    for (; this.#clusters < texts.length; this.#clusters += 1) this.#link(CLUSTERS, this.#nameBlock(texts[this.#clusters] as string));
  }

  /** For the index that is told of next. */
  postings(): PostingWriter {
    return new PostingWriter(this.#indexes, this.#seed, this.#arena, this.#leases, this.#postings, this.#log);
  }

  /**
   * A block that names an index; nobody sees it yet.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  prepareIndex(name: string): number {
    return this.#nameBlock(name);
  }

  /** The index is complete: readers may use it. */
  indexed(block: number): void {
    this.#link(INDEXES, block);
    this.#indexes += 1;
  }

  /** Whether so much is under way that readers would no longer find their way back: then what is done so far is shown. */
  get crowded(): boolean {
    return this.#log.open > LOG_SIZE >> 1;
  }

  /** The operation is complete. */
  settle(size: number): void {
    this.order.flush();
    Atomics.store(this.#control, SIZE, size);
    if (this.#log.open !== 0) this.#log.commit();
    this.#leases.settle();
  }

  #nameBlock(name: string): number {
    const text = textWords(name);
    const block = this.#arena.take(LINK_TEXT + text.length);
    writeText(this.#arena.words, block + LINK_TEXT, text);
    return block;
  }

  #link(root: number, block: number): void {
    this.#arena.words[block + LINK] = this.#control[root] as number;
    Atomics.store(this.#control, root, block);
  }

  #extend(used: number): void {
    const length = this.#slots.length >> 1;
    if (used > length) {
      const most = this.#slotBuffer.maxByteLength & -8;
      if (used * 8 > most) throw full(most);
      const bytes = Math.min(most, Math.max(used, length + (length >> 2)) * 8);
      try {
        this.#slotBuffer.grow(bytes);
      } catch (cause) {
        throw new StoreError('SHARED_FULL', `the system has no memory for ${bytes} bytes of shared slots`, { cause });
      }
      this.#slots = new Int32Array(this.#slotBuffer, 0, bytes >> 2);
    }
    this.#slots.fill(-1, this.#used * 2, used * 2);
    this.#used = used;
    Atomics.store(this.#control, SLOTS, used);
  }
}

function full(bytes: number): StoreError {
  return new StoreError(
    'SHARED_FULL',
    `the shared keys, order and indexes fill their ${bytes} bytes; give the store more with \`shared.indexBytes\`, or remove objects`,
  );
}

/** @throws StoreError OPTIONS_INVALID naming the option. */
function checkOptions({ recordBytes, indexBytes, leaseMs }: SharedOptions): void {
  const check = (name: string, value: number | undefined, least: number, most: number): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least && value <= most))
      throw new StoreError('OPTIONS_INVALID', `shared.${name} is ${String(value)}; it must be a whole number from ${least} to ${most}`);
  };
  check('recordBytes', recordBytes, 2 * FULL, SLAB_LIMIT * FULL);
  check('indexBytes', indexBytes, LEAST_INDEX_BYTES, 8 * GIB - 8);
  check('leaseMs', leaseMs, 1, LONGEST_LEASE_MS);
}
