import { systemClock, type Clock } from '@kubecast/clock';
import { ConflictError, MapOptionsError, MapValueError } from '../errors.ts';
import type { MapSnapshot } from '../concurrent/map-snapshot.ts';
import { changesOf, type SubscribeOptions } from '../concurrent/subscription.ts';
import type { MapChange, Versioned } from '../concurrent/versioned.ts';
import type { SharedMapHandle } from '../cells/layout.ts';
import type { DeepReadonly } from '../stateful/frozen-copy.ts';
import { decode, keepable } from './json-value.ts';
import { ANY, MapCore, NONE, type Guard } from './map-core.ts';
import { checkHandle, createMemory, type SharedMapOptions } from './map-memory.ts';
import { SharedChanges } from './shared-changes.ts';
import { SharedSnapshot } from './shared-snapshot.ts';
import { bytesOf, ValueCache, type KnownValue } from './value-cache.ts';

/** What each thread may choose for itself. */
export interface AttachOptions {
  /** Bytes of heap that decoded values may take in this thread, reckoned as four times their JSON and 400 for each. 0: none is kept. Default 32 MiB. */
  readonly hotBytes?: number;
  readonly clock?: Clock;
}

const HOT_BYTES = 32 << 20;
const TRIES = 100;

/**
 * A map in shared memory: any thread that has the handle reads and writes. No thread waits for another, and a thread that is stopped or killed at any
 * moment leaves the map whole. All changes, of all keys, stand in one order; a read shows what its key held at one moment of the call.
 *
 * Keys are strings of at most 1,024 characters. Values are what JSON holds, at most 500 levels deep: they are copied in, and come back frozen.
 */
export class SharedMap<V> {
  readonly name: string;
  readonly #core: MapCore;
  readonly #known: ValueCache<V>;
  readonly #changes: SharedChanges<V>;

  /** @throws MapOptionsError */
  constructor(options: SharedMapOptions & AttachOptions = {}, handle: SharedMapHandle = createMemory(options)) {
    const { hotBytes = HOT_BYTES, clock = systemClock } = options;
    checkHandle(handle);
    if (typeof hotBytes !== 'number' || !(hotBytes >= 0))
      throw new MapOptionsError(`the option "hotBytes" of the map "${handle.name}" is a number of at least 0, not ${String(hotBytes)}`);
    this.name = handle.name;
    this.#core = new MapCore(handle);
    this.#known = new ValueCache(this.#core.table, hotBytes);
    this.#changes = new SharedChanges(this.#core, clock);
  }

  /**
   * The map of another thread.
   * @throws MapHandleError for what share() did not give.
   */
  static attach<V>(handle: SharedMapHandle, options: AttachOptions = {}): SharedMap<V> {
    // Absent is wrong here: the constructor would make a map of its own.
    checkHandle(handle);
    return new SharedMap<V>(options, handle);
  }

  /** What another thread needs to use the map; it may be sent in a message, as often as wanted. */
  share(): SharedMapHandle {
    return this.#core.handle;
  }

  /** Keys that are there. */
  get size(): number {
    return this.#core.size;
  }

  /** The sequence of the last change; 0: there was none. */
  get sequence(): number {
    return this.#changes.sequence;
  }

  /** Bytes of records that were ever in use at once; they are used again and not given back. */
  get bytes(): number {
    return this.#core.bytes;
  }

  get(key: string): DeepReadonly<V> | undefined {
    const known = this.#known.get(key);
    if (known !== undefined && this.#known.isPresent(known)) return known.value;
    return this.#read(key, known)?.value;
  }

  has(key: string): boolean {
    const known = this.#known.get(key);
    if (known !== undefined && this.#known.isPresent(known)) return true;
    return this.#find(key, known);
  }

  /** The value with its version, for compareAndSet(). */
  entry(key: string): Versioned<DeepReadonly<V>> | undefined {
    const before = this.#known.get(key);
    const known = before !== undefined && this.#known.isPresent(before) ? before : this.#read(key, before);
    return known && { value: known.value, version: known.version };
  }

  /**
   * Writes, and returns the version that the write got.
   * @throws KeyError, MapValueError, MapFullError; nothing was changed.
   */
  set(key: string, value: V): number {
    this.#core.check(key);
    return this.#put(key, keepable(this.name, key, value), ANY);
  }

  /** True when the key was there. Deleting needs no room: it works in a map that is full. */
  delete(key: string): boolean {
    return this.#remove(key, ANY);
  }

  /** The value that stands under the key; sets `value` where none does. */
  getOrInsert(key: string, value: V): DeepReadonly<V> {
    this.#core.check(key);
    const kept = keepable(this.name, key, value);
    for (;;) {
      const present = this.get(key);
      if (present !== undefined) return present;
      if (this.#put(key, kept, NONE) !== 0) return kept;
    }
  }

  /**
   * Writes only if the entry's version is `expected`; `undefined` means that the key must be absent. Returns the new version, or undefined when another
   * write was there first: read entry() again and decide anew.
   */
  compareAndSet(key: string, expected: number | undefined, value: V): number | undefined {
    this.#core.check(key);
    return this.#put(key, keepable(this.name, key, value), expected === undefined ? NONE : { kind: 'at', version: expected }) || undefined;
  }

  /** Deletes only if the entry's version is `expected`. */
  compareAndDelete(key: string, expected: number): boolean {
    return this.#remove(key, { kind: 'at', version: expected });
  }

  /**
   * Reads, calls `change` and writes what it returns (undefined deletes), and begins again where another write came between. `change` may be called often, so it must
   * do nothing but compute, and must not be async.
   * @throws ConflictError after so many `tries`, 100 by default; nothing was changed.
   */
  update(
    key: string,
    change: (current: DeepReadonly<V> | undefined, key: string) => V | DeepReadonly<V> | undefined,
    options: { readonly tries?: number } = {},
  ): DeepReadonly<V> | undefined {
    const { tries = TRIES } = options;
    if (!Number.isSafeInteger(tries) || tries < 1)
      throw new MapOptionsError(`update() of the map "${this.name}" takes "tries" as an integer of at least 1, not ${String(tries)}`);
    let expected: number | undefined;
    for (let tried = 0; tried < tries; tried += 1) {
      const current = this.entry(key);
      expected = current?.version;
      const next = change(current?.value, key);
      if (isThenable(next))
        throw new MapValueError(this.name, key, 'is a promise: the function given to update() must not be async; use compareAndSet()');
      if (next === undefined) {
        if (current === undefined || this.compareAndDelete(key, current.version)) return undefined;
        continue;
      }
      if (current !== undefined && Object.is(next, current.value)) return current.value;
      const kept = keepable(this.name, key, next as V);
      if (this.#put(key, kept, expected === undefined ? NONE : { kind: 'at', version: expected }) !== 0) return kept;
    }
    throw new ConflictError(this.name, key, expected, this.entry(key)?.version);
  }

  /**
   * The map after its last change; taking it costs the same for any size. It lasts for as long as the map keeps what was changed since: `changes` changes, fewer where
   * room is wanted. Then it throws SnapshotExpiredError, and nothing wrong is shown.
   */
  snapshot(): MapSnapshot<DeepReadonly<V>> {
    return new SharedSnapshot<V>(this.#core);
  }

  /**
   * Each change after a sequence, in order and without a gap, for as long as the loop goes on. Subscribing after snapshot().sequence misses nothing and tells
   * nothing twice. A subscriber that lags behind what the map keeps gets a ChangesLostError: take a snapshot and subscribe after its sequence. A loop that waits keeps its
   * thread alive.
   */
  subscribe(options: SubscribeOptions = {}): AsyncIterableIterator<MapChange<DeepReadonly<V>>> & AsyncDisposable {
    return changesOf(this.name, this.#changes, options);
  }

  /**
   * The changes after a sequence that are there now, at most `limit`, without waiting.
   * @throws ChangesLostError
   */
  changesAfter(sequence: number, limit = 256): readonly MapChange<DeepReadonly<V>>[] {
    for (const [what, value, least] of [
      ['a sequence', sequence, 0],
      ['"limit"', limit, 1],
    ] as const)
      if (!Number.isSafeInteger(value) || value < least)
        throw new MapOptionsError(
          `changesAfter() of the map "${this.name}" takes ${what} as an integer of at least ${least}, not ${String(value)}`,
        );
    return this.#changes.after(sequence, limit);
  }

  /**
   * Weakly consistent: an entry that stands all along is met once; one that comes or goes amid the walk may be met or not, and one that is deleted and written again may
   * be met twice. For an exact walk take a snapshot.
   */
  *entries(): IterableIterator<[string, DeepReadonly<V>]> {
    const { table, lookup } = this.#core;
    for (let at = 0; at < table.length; at += 2) {
      if (!lookup.read(at)) continue;
      const { record } = lookup;
      const key = this.#core.textOf(record);
      const known = this.#known.get(key);
      const isKnown = known?.slot === at && known.tag === lookup.tag && known.word === lookup.word;
      yield [key, isKnown ? known.value : decode<V>(record)];
    }
  }

  *keys(): IterableIterator<string> {
    const { table, lookup } = this.#core;
    for (let at = 0; at < table.length; at += 2) if (lookup.read(at)) yield this.#core.textOf(lookup.record);
  }

  *values(): IterableIterator<DeepReadonly<V>> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, DeepReadonly<V>]> {
    return this.entries();
  }

  #find(key: string, known: KnownValue<V> | undefined): boolean {
    this.#core.check(key);
    return this.#core.lookup.find(known?.key ?? this.#core.keyOf(key), known?.slot);
  }

  /** Decodes what stands under a key. */
  #read(key: string, known: KnownValue<V> | undefined): KnownValue<V> | undefined {
    this.#core.check(key);
    const shared = known?.key ?? this.#core.keyOf(key);
    const { lookup } = this.#core;
    if (!lookup.find(shared, known?.slot)) {
      this.#known.drop(key);
      return undefined;
    }
    const { record, slot, tag, word, version } = lookup;
    const read = { key: shared, slot, tag, word, value: decode<V>(record), version, bytes: bytesOf(record.value.length) };
    this.#known.set(key, read);
    record.trim();
    return read;
  }

  #put(key: string, kept: DeepReadonly<V>, guard: Guard): number {
    const known = this.#known.get(key);
    const shared = known?.key ?? this.#core.keyOf(key);
    const version = this.#core.write(key, shared, known, guard, kept);
    if (version !== 0) {
      const { slot, word, json } = this.#core;
      this.#known.set(key, { key: shared, slot, tag: version | 0, word, value: kept, version, bytes: bytesOf(json) });
    }
    return version;
  }

  #remove(key: string, guard: Guard): boolean {
    this.#core.check(key);
    const known = this.#known.get(key);
    const isRemoved = this.#core.write(key, known?.key ?? this.#core.keyOf(key), known, guard, undefined) !== 0;
    this.#known.drop(key);
    return isRemoved;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';
}
