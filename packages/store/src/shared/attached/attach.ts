import { parseJson } from '@kubecast/exact-json';
import { LeasePool, type LeaseErrors } from '@kubecast/shared-memory';
import type { Clock } from '@kubecast/clock';
import type { DeepReadonly, Entry } from '../../contract/entry.ts';
import { checkHotOptions, HOT_OPTIONS, type HotOptions } from '../../entries/hot-options.ts';
import { checkNames, kindOf } from '../../contract/check-input.ts';
import { checkQuery } from '../../contract/check-query.ts';
import { checkKey } from '../../keys/key-order.ts';
import { deepFreeze, HotTier } from '../../entries/hot-tier.ts';
import type { KeyInput } from '../../contract/key.ts';
import type { HotCounters } from '../../contract/store-counters.ts';
import { KeyProbe } from '../../keys/key-probe.ts';
import { jsonOf, NAME, NAMESPACE, partText } from '../../records/packed-record.ts';
import { PackedEntry } from '../../entries/packed-entry.ts';
import type { Query } from '../../contract/query.ts';
import type { Slab } from '../../records/slabs.ts';
import { systemClock } from '@kubecast/clock';
import type { View } from '../../contract/view.ts';
import { IterationExpired, StoreError } from '../../store-error.ts';
import { COMMITTED, leaseWords, ROUNDS, SIZE, type StoreHandle } from '../layout.ts';
import { RecordCopies, RecordScratch, SharedMemory } from './shared-memory.ts';
import type { CopiedRecord, SharedReader } from './shared-reader.ts';
import { SharedSnapshot } from './shared-snapshot.ts';

/** The hot tier is this reader's own. */
export interface AttachOptions extends HotOptions {
  readonly clock?: Clock;
}

/** What one reader counts; a picture of the moment. Reads are those by `get`. */
export interface SharedViewCounters extends HotCounters {
  /** Reads that found a record changed while it was copied, and began anew. */
  readonly retries: number;
  /** Records whose checksum did not fit though nobody changed them; they read as absent. */
  readonly damaged: number;
}

/** A store of another thread, read-only. Dispose what snapshots you take; the view itself holds nothing but memory. */
export interface SharedView<T> extends View<T> {
  readonly counters: SharedViewCounters;
}

/** A decoded object with what must still hold for it to be the one that is asked for. */
interface Cached<T> {
  readonly place: number;
  readonly generation: number;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly value: T;
}

const leaseErrors: LeaseErrors = {
  expired: () => new IterationExpired('its time is over'),
  released: () => new StoreError('SNAPSHOT_DISPOSED', 'this snapshot was disposed; take another'),
  full: (count) => new StoreError('LEASES_FULL', `${count} readers hold snapshots at once; dispose those that are done`),
};

class AttachedView<T> implements SharedView<T>, SharedReader<T> {
  readonly memory: SharedMemory;
  readonly probe: KeyProbe;
  readonly leases: LeasePool;
  readonly #hot: HotTier<Cached<T>>;
  readonly #scratch = new RecordScratch();
  readonly #copies = new RecordCopies();
  readonly #apiVersion: string;
  readonly #kind: string;
  #retries = 0;
  #damaged = 0;
  /** The key that is sought; a field, so that a read makes no function. */
  #sought: KeyInput | undefined;
  #hit: T | undefined;
  #copied: CopiedRecord | undefined;
  #wantsEntry = false;

  constructor(handle: StoreHandle, options: AttachOptions) {
    this.memory = new SharedMemory(handle);
    this.probe = new KeyProbe(this.memory.seed);
    this.leases = new LeasePool(leaseWords(this.memory.control), options.clock ?? systemClock, this.memory.leaseMs, leaseErrors);
    this.#hot = new HotTier(options);
    this.#apiVersion = handle.apiVersion;
    this.#kind = handle.kind;
  }

  get counters(): SharedViewCounters {
    return { ...this.#hot.counters, retries: this.#retries, damaged: this.#damaged };
  }

  get size(): number {
    return Atomics.load(this.memory.control, SIZE);
  }

  get sequence(): bigint {
    const { control } = this.memory;
    for (;;) {
      const rounds = Atomics.load(control, ROUNDS);
      const committed = Atomics.load(control, COMMITTED) >>> 0;
      if (Atomics.load(control, ROUNDS) === rounds) return (BigInt(rounds) << 32n) + BigInt(committed);
    }
  }

  get(key: KeyInput): DeepReadonly<T> | undefined {
    checkKey(key, 'get');
    this.#look(key, false);
    const hit = this.#hit;
    this.#hit = undefined;
    return hit as DeepReadonly<T> | undefined;
  }

  entry(key: KeyInput): Entry<T> | undefined {
    checkKey(key, 'entry');
    this.#look(key, true);
    const copied = this.#copied;
    this.#copied = undefined;
    return copied && new PackedEntry<T>(this, copied.slab, copied.offset);
  }

  select(query: Query = {}): IterableIterator<Entry<T>> {
    checkQuery(query);
    return this.#select(query);
  }

  *#select(query: Query): IterableIterator<Entry<T>> {
    const snapshot = new SharedSnapshot<T>(this);
    try {
      yield* snapshot.select(query);
    } finally {
      snapshot[Symbol.dispose]();
    }
  }

  snapshot(): View<T> & Disposable {
    return new SharedSnapshot<T>(this);
  }

  clusterText(cluster: number): string {
    return this.memory.clusterText(cluster);
  }

  decode(slab: Slab, offset: number): T {
    return { apiVersion: this.#apiVersion, kind: this.#kind, ...(parseJson(decoder.decode(jsonOf(slab, offset))) as object) } as T;
  }

  read(slab: Slab, offset: number): T {
    return this.decode(slab, offset);
  }

  /** A record to keep; undefined if it is damaged, or the slot moved on. */
  keep(place: number): CopiedRecord | undefined {
    return this.memory.copy(place, this.#copies);
  }

  glance(place: number): CopiedRecord | undefined {
    return this.memory.copy(place, this.#scratch);
  }

  countDamaged(): void {
    this.#damaged += 1;
  }

  #look(key: KeyInput, wantsEntry: boolean): void {
    this.#hit = undefined;
    this.#copied = undefined;
    if (!this.probe.fromKey(key, this.memory.clusterNumber(key.cluster ?? ''))) return;
    this.#sought = key;
    this.#wantsEntry = wantsEntry;
    this.memory.find(this.probe.hash, this.#found);
  }

  /** Whether the slot holds the key that is sought. Tries again for as long as the writer moves on under its hands. */
  readonly #found = (slot: number): boolean => {
    const { memory, probe } = this;
    const key = this.#sought as KeyInput;
    for (;;) {
      const place = memory.place(slot);
      if (place < 0) return false;
      const generation = memory.generation(place);
      if (!this.#wantsEntry) {
        const cached = this.#hot.get(slot);
        if (cached) {
          if (
            cached.place === place &&
            cached.generation === generation &&
            cached.name === key.name &&
            cached.namespace === key.namespace &&
            cached.cluster === (key.cluster ?? '') &&
            memory.place(slot) === place
          ) {
            this.#hit = cached.value;
            return true;
          }
          this.#hot.drop(slot);
        }
      }
      const copied = memory.copy(place, this.#wantsEntry ? this.#copies : this.#scratch);
      // A checksum that fits is the last word: without it a processor may show the place from before and the bytes from after.
      if (memory.place(slot) !== place || memory.generation(place) !== generation) {
        this.#retries += 1;
        continue;
      }
      if (!copied) {
        this.#damaged += 1;
        return false;
      }
      const { slab, offset } = copied;
      if (!probe.equals(slab, offset)) return false;
      if (this.#wantsEntry) this.#copied = copied;
      else {
        const value = deepFreeze(this.decode(slab, offset));
        this.#hit = value;
        this.#hot.missed(
          slot,
          {
            place,
            generation,
            cluster: key.cluster ?? '',
            namespace: partText(slab, offset, NAMESPACE),
            name: partText(slab, offset, NAME),
            value,
          },
          slab.words[(offset >> 2) + 6] as number,
        );
      }
      return true;
    }
  };
}

const decoder = new TextDecoder();

/**
 * Reads a store that another thread writes, by the handle that its `share` gave. No message passes after that, and neither waits for the other.
 *
 * - `get` and `entry` show the newest version of a key that is published, each key for itself, whole and as it was written.
 * - `select` and `snapshot` show the store as it stood after one operation of the writer (of a relist of more than 32,768 changes: after a part
 *   of it). They hold a lease; after ten seconds (`leaseMs`), or when 65,536 changes were made since, they throw IterationExpired.
 * - What was handed out stays readable for ever: values and entries are this reader's own copies.
 *
 * @throws StoreError HANDLE_INVALID, or OPTIONS_INVALID, which names the option
 */
export function attach<T>(handle: StoreHandle, options: AttachOptions = {}): SharedView<T> {
  if (typeof options !== 'object' || (options as object | null) === null)
    throw new StoreError('OPTIONS_INVALID', `the options of attach must be an object, and are ${kindOf(options)}`);
  checkNames(options, [...HOT_OPTIONS, 'clock'], 'the options of attach');
  checkHotOptions(options);
  return new AttachedView<T>(handle, options);
}
