import { parseJson, writeJson } from '@kubecast/exact-json';
import type { RawRecord } from '../contract/record.ts';
import { jsonOf, writeRecord } from '../records/packed-record.ts';
import { RecordScanner } from '../records/scan-record.ts';
import { slabOver, type Slab } from '../records/slabs.ts';
import { StoreError } from '../store-error.ts';
import type { StoreView } from '../views/store-view.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export type Transform = (object: Record<string, unknown>) => Record<string, unknown>;

/** A record that stands in no slab of the store, and dies with whoever holds it. */
export interface AsideRecord {
  readonly slab: Slab;
  readonly offset: number;
}

/** Room for one record, of the process and not of the store. */
class AsideRoom {
  record: AsideRecord | undefined;

  allocate(length: number): AsideRecord {
    const size = (length + 7) & ~7;
    const slab = slabOver(-1, new ArrayBuffer(size), 0, size);
    slab.words[0] = size;
    slab.used = size;
    this.record = { slab, offset: 0 };
    return this.record;
  }
}

/** Writes what is kept of objects into the slabs; nobody sees it until it is put in its place. */
export class RecordWriter<T> {
  readonly #view: StoreView<T>;
  readonly #scanner: RecordScanner;
  readonly #transform: Transform | undefined;
  /** Compaction at any price; false if nothing came of it. */
  readonly #makeRoom: () => boolean;

  constructor(view: StoreView<T>, drop: readonly (readonly string[])[], transform: Transform | undefined, makeRoom: () => boolean) {
    this.#view = view;
    this.#scanner = new RecordScanner(drop);
    this.#transform = transform;
    this.#makeRoom = makeRoom;
  }

  /**
   * The place of a record that nobody sees yet. `table`: of the list that owns it, 0 for the store.
   * @throws RecordError, what the transform throws, or StoreError STORE_FULL or SHARED_FULL; nothing was changed.
   */
  write(record: RawRecord, table: number): number {
    const object = this.#transform ? this.#transformed(record.object, this.#transform) : record.object;
    const { slabs, clusters } = this.#view;
    const scan = this.#scanner.scan(object);
    const cluster = clusters.of(record.cluster ?? '');
    try {
      return writeRecord(slabs, object, scan, cluster, table);
    } catch (error) {
      if (!(error instanceof StoreError) || (error.code !== 'SHARED_FULL' && error.code !== 'STORE_FULL') || !this.#makeRoom()) throw error;
      return writeRecord(slabs, object, scan, cluster, table);
    }
  }

  /** A record that takes no room of the store: a store that is full can still tell of it. */
  writeAside(record: RawRecord): AsideRecord {
    const object = this.#transform ? this.#transformed(record.object, this.#transform) : record.object;
    return this.#aside(object, this.#view.clusters.of(record.cluster ?? ''));
  }

  #aside(object: Uint8Array, cluster: number): AsideRecord {
    const room = new AsideRoom();
    writeRecord(room, object, this.#scanner.scan(object), cluster, 0);
    return room.record as AsideRecord;
  }

  #transformed(object: Uint8Array, transform: Transform): Uint8Array {
    const { slab, offset } = this.#aside(object, 0);
    const kept = parseJson(decoder.decode(jsonOf(slab, offset))) as Record<string, unknown>;
    return encoder.encode(writeJson(transform(kept)));
  }
}
