import type { Clock } from '@kubecast/clock';
import { ChangeLog } from '../concurrent/change-log.ts';
import { SplitTable } from '../concurrent/split-table.ts';
import { changesOf, type SubscribeOptions } from '../concurrent/subscription.ts';
import type { MapChange, Versioned } from '../concurrent/versioned.ts';
import { KeyError, MapOptionsError, MapValueError } from '../errors.ts';
import { frozenCopy, NotKeptError, type DeepReadonly } from '../stateful/frozen-copy.ts';
import { DurableClosedError, type DurableWriteError } from './durable-errors.ts';
import { addToSum, entryToText, takeFromSum } from './entry-text.ts';
import { HeldEntry } from './held-entry.ts';
import { LevelFolder } from './node-level-folder.ts';
import { OrderedKeys } from './ordered-keys.ts';
import { WriteQueue } from './write-queue.ts';

export interface DurableMapOptions {
  /** Named in errors. Default: the folder. */
  readonly name?: string;
  /** How many changes are kept for subscribers that lag behind. Default 4,096. */
  readonly changes?: number;
  /** How many bytes may wait for the disk, reckoned as two for each character of keys and values. A write beyond is refused. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** After a write that the disk refused: how long new writes wait in memory before the disk is tried again. flushed() tries at once. Default 1,000. */
  readonly retryMs?: number;
  readonly clock?: Clock;
}

/** What a DurableMap counts since it was opened; a picture of the moment. */
export interface DurableCounters {
  /** Writes that wait for the disk. */
  readonly pendingWrites: number;
  readonly pendingBytes: number;
  /** Batches that were given to the disk; each is forced to it. */
  readonly batches: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** Acknowledgements that could not be noted beside the data: damage to those writes alone would not be seen. */
  readonly unnoted: number;
}

/**
 * A map whose entries outlive the process. All of it is held in memory, so reads are synchronous; writes change memory at once and go to the disk behind it. A
 * write gives its sequence, and only `await flushed(sequence)` says that it is durable: it is there after a SIGKILL and a loss of power, whole, with all that was
 * written before it. Without that a write may or may not be there after a crash; it is never half there, and never without those before it.
 *
 * A version is the sequence of the write that made the entry. Sequences grow over restarts and are never given twice for what was durable.
 * Keys are strings without halves of surrogate pairs. Values are frozen copies of what was given, and hold what JSON holds.
 */
export class DurableMap<V> {
  readonly name: string;
  readonly folder: string;
  readonly #disk: LevelFolder;
  readonly #queue: WriteQueue;
  readonly #table: SplitTable<HeldEntry<V>>;
  readonly #keys: OrderedKeys;
  readonly #log: ChangeLog<HeldEntry<V>>;
  #closed: Promise<void> | undefined;

  private constructor(
    folder: string,
    parts: {
      readonly name: string;
      readonly disk: LevelFolder;
      readonly queue: WriteQueue;
      readonly table: SplitTable<HeldEntry<V>>;
      readonly keys: OrderedKeys;
      readonly log: ChangeLog<HeldEntry<V>>;
    },
  ) {
    this.folder = folder;
    this.name = parts.name;
    this.#disk = parts.disk;
    this.#queue = parts.queue;
    this.#table = parts.table;
    this.#keys = parts.keys;
    this.#log = parts.log;
  }

  /**
   * Opens the map of a folder; an empty folder, or none, becomes an empty map. One DurableMap at a time holds a folder. When something that was acknowledged
   * is missing or changed, the open fails and the folder is left as it was found.
   * @throws DurableFolderError, DurableHeldError, DurableDamagedError, DurableFormatError, LevelMissingError, MapOptionsError
   */
  static async open<V>(folder: string, options: DurableMapOptions = {}): Promise<DurableMap<V>> {
    const { name, changes, maxPendingBytes, retryMs } = checkedOptions(folder, options);
    let table = new SplitTable<HeldEntry<V>>();
    const keys = new OrderedKeys();
    const { disk, state } = await LevelFolder.open(folder, ({ count }) => {
      table = new SplitTable<HeldEntry<V>>(count);
      return (key, entry) => {
        table.set(key, HeldEntry.ofText<V>(entry));
        if (!keys.append(key)) keys.add(key);
      };
    });
    const queue = new WriteQueue(disk, state, {
      name,
      folder,
      maxPendingBytes,
      retryMs,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    });
    const log = new ChangeLog<HeldEntry<V>>(name, changes, state.sequence);
    return new DurableMap<V>(folder, { name, disk, queue, table, keys, log });
  }

  get size(): number {
    return this.#table.size;
  }

  /** The sequence of the last write; 0: there was none. */
  get sequence(): number {
    return this.#log.sequence;
  }

  /** The last sequence that is durable. */
  get durable(): number {
    return this.#queue.durable;
  }

  /** Why the last attempt to write failed; undefined: it did not. */
  get failure(): DurableWriteError | undefined {
    return this.#queue.failure;
  }

  get counters(): DurableCounters {
    const { pendingWrites, pendingBytes, batches, failures } = this.#queue;
    return { pendingWrites, pendingBytes, batches, failures, unnoted: this.#disk.unnoted };
  }

  get(key: string): DeepReadonly<V> | undefined {
    return this.#find('get', key)?.value;
  }

  has(key: string): boolean {
    return this.#find('has', key) !== undefined;
  }

  /** The value with its version, for compareAndSet(). */
  entry(key: string): Versioned<DeepReadonly<V>> | undefined {
    return this.#find('entry', key);
  }

  /** Writes, and returns the sequence of the write, which is the entry's version. */
  set(key: string, value: V): number {
    const before = this.#find('set', key);
    let copy: DeepReadonly<V>;
    try {
      copy = frozenCopy(value);
    } catch (error) {
      if (error instanceof NotKeptError) throw new MapValueError(this.name, key, error.message);
      throw error;
    }
    return this.#write(key, copy, before);
  }

  /** Returns the sequence of the write; undefined when nothing was there. */
  delete(key: string): number | undefined {
    const before = this.#find('delete', key);
    return before && this.#write(key, undefined, before);
  }

  /**
   * Writes only if the entry's version is `expected`; `undefined` means that the key must be absent. Returns the new version, or undefined when another write
   * was there first.
   */
  compareAndSet(key: string, expected: number | undefined, value: V): number | undefined {
    return this.#find('compareAndSet', key)?.version === expected ? this.set(key, value) : undefined;
  }

  /** Deletes only if the entry's version is `expected`. Returns the sequence of the write, or undefined when another write was there first. */
  compareAndDelete(key: string, expected: number): number | undefined {
    return this.#find('compareAndDelete', key)?.version === expected ? this.delete(key) : undefined;
  }

  /** The value that stands under the key; sets `value` where none does. */
  getOrInsert(key: string, value: V): DeepReadonly<V> {
    const entry = this.#find('getOrInsert', key);
    if (entry !== undefined) return entry.value;
    this.set(key, value);
    return (this.#table.get(key) as HeldEntry<V>).value;
  }

  /**
   * The entries whose keys begin with a prefix, in the order of the code points of their keys. The map may change meanwhile: what is not reached yet is shown as it then is.
   */
  *scan(prefix = ''): IterableIterator<[key: string, value: DeepReadonly<V>]> {
    if (typeof prefix !== 'string') throw new KeyError(this.name, prefix);
    for (const key of this.keys(prefix)) yield [key, (this.#table.get(key) as HeldEntry<V>).value];
  }

  /** The keys that begin with a prefix, in order. */
  *keys(prefix = ''): IterableIterator<string> {
    this.#open('keys');
    for (const key of this.#keys.from(prefix)) {
      yield key;
      this.#open('keys');
    }
  }

  [Symbol.iterator](): IterableIterator<[key: string, value: DeepReadonly<V>]> {
    return this.scan();
  }

  /** Each change after a sequence, in order and without a gap; from the last sequence on by default. Changes from before the open are not kept. */
  subscribe(options: SubscribeOptions = {}): AsyncIterableIterator<MapChange<DeepReadonly<V>>> & AsyncDisposable {
    this.#open('subscribe');
    const changes = changesOf(this.name, this.#log, options);
    const next = async (): Promise<IteratorResult<MapChange<DeepReadonly<V>>, undefined>> => {
      const result = await changes.next();
      if (result.done === true) return { done: true, value: undefined };
      const { value, previous, ...rest } = result.value;
      return {
        done: false,
        value: {
          ...rest,
          ...(value === undefined ? {} : { value: value.value }),
          ...(previous === undefined ? {} : { previous: previous.value }),
        },
      };
    };
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      await changes.return?.();
      return { done: true, value: undefined };
    };
    return {
      next,
      return: end,
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: async () => void (await end()),
    };
  }

  /**
   * Resolves when all writes up to `sequence` (the last one, by default) are durable. Rejects with a DurableWriteError when the disk refuses one: the map keeps the
   * writes, tries again at the next call, and says from which sequence on they are not durable.
   */
  async flushed(sequence: number = this.sequence, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence > this.sequence)
      throw new MapOptionsError(
        `flushed() of the map "${this.name}" takes a sequence between 0 and ${this.sequence}, the last there was, not ${String(sequence)}`,
      );
    if (this.#closed !== undefined && sequence > this.durable && this.#queue.failure === undefined) return this.#closed;
    if (this.#closed !== undefined && sequence > this.durable) throw new DurableClosedError(this.name, this.folder, 'flushed');
    return this.#queue.flushed(sequence, options.signal);
  }

  /** Writes what waits, and lets go of the folder. Rejects with a DurableWriteError when something is not durable; the folder is free all the same. */
  close(): Promise<void> {
    this.#closed ??= this.#queue.close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(method: string): void {
    if (this.#closed !== undefined) throw new DurableClosedError(this.name, this.folder, method);
  }

  #find(method: string, key: string): HeldEntry<V> | undefined {
    if (this.#closed !== undefined) throw new DurableClosedError(this.name, this.folder, method);
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    return this.#table.get(key);
  }

  /** undefined deletes. */
  #write(key: string, value: DeepReadonly<V> | undefined, before: HeldEntry<V> | undefined): number {
    const sequence = this.#log.sequence + 1;
    if (before === undefined && !key.isWellFormed()) throw new KeyError(this.name, key);
    const entry = value === undefined ? undefined : entryToText(key, sequence, JSON.stringify(value));
    const bytes = this.#queue.check(key, entry?.text);
    let { count, sum } = this.#queue.state;
    if (before !== undefined) {
      count -= 1;
      sum = takeFromSum(sum, before.hash);
    }
    if (entry === undefined) {
      this.#table.delete(key);
      this.#keys.remove(key);
      this.#log.deleted(key, before as HeldEntry<V>);
    } else {
      const held = HeldEntry.ofValue<V>(sequence, entry.hash, value as DeepReadonly<V>);
      count += 1;
      sum = addToSum(sum, entry.hash);
      this.#table.set(key, held);
      if (before === undefined) this.#keys.add(key);
      this.#log.set(key, held, before !== undefined, before);
    }
    this.#queue.add(key, entry?.text, bytes, { sequence, count, sum });
    return sequence;
  }
}

function checkedOptions(
  folder: string,
  options: DurableMapOptions,
): { readonly name: string; readonly changes: number; readonly maxPendingBytes: number; readonly retryMs: number } {
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0'))
    throw new MapOptionsError(
      `DurableMap.open() takes the path of a folder, not ${typeof folder === 'string' ? JSON.stringify(folder) : typeof folder}`,
    );
  const { name = folder, changes = 4096, maxPendingBytes = 64 << 20, retryMs = 1000 } = options;
  if (typeof name !== 'string') throw new MapOptionsError(`the option "name" of a DurableMap is a string, not ${typeof name}`);
  for (const [option, value, least] of [
    ['changes', changes, 1],
    ['maxPendingBytes', maxPendingBytes, 1],
    ['retryMs', retryMs, 0],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new MapOptionsError(`the option "${option}" of the map "${name}" is an integer of at least ${least}, not ${String(value)}`);
  return { name, changes, maxPendingBytes, retryMs };
}
