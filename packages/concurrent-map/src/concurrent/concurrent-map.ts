import { systemClock, TimeSlice, type Clock } from '@kubecast/clock';
import { KeyError, MapOptionsError, MapValueError, ReentryError } from '../errors.ts';
import { checkFunction, checkOptions, checkSignal, typeNameOf } from '../arguments.ts';
import { ChangeLog } from './change-log.ts';
import { KeyLock, type WithKeyOptions } from './key-lock.ts';
import { TableSnapshot, type MapSnapshot } from './map-snapshot.ts';
import { Hold, holdWithin, runWithin } from './node-key-context.ts';
import { SingleFlight } from './single-flight.ts';
import { SplitTable } from './split-table.ts';
import { changesOf, type SubscribeOptions } from './subscription.ts';
import type { Cell, MapChange, MapDifference, Versioned } from './versioned.ts';

export interface ConcurrentMapOptions<V> {
  /** Named in errors. Default `map`. */
  readonly name?: string;
  /** Whether two values are the same, for replaceAll(). Default Object.is. */
  readonly equals?: (a: V, b: V) => boolean;
  /** How many changes are kept for subscribers that lag behind. Default 65,536. */
  readonly changes?: number;
  readonly clock?: Clock;
}

/**
 * A map for many asyncs of one thread. Every method that returns no promise is one step: nothing of another async runs amid it. What reads, awaits and then
 * writes has three ways not to lose an update: compute() for what needs no await, compareAndSet() for what may be tried again, withKey() for the rest.
 *
 * Keys are strings; any string is a key. Values may be anything but undefined. The map hands out the very values that it was given: it copies nothing.
 */
export class ConcurrentMap<V> {
  readonly name: string;
  readonly #equals: (a: V, b: V) => boolean;
  readonly #clock: Clock;
  readonly #log: ChangeLog<V>;
  readonly #locks: KeyLock;
  readonly #flights: SingleFlight<V>;
  #table = new SplitTable<Cell<V>>();
  #newest: TableSnapshot<V> | undefined;
  /** Keys that were written while replaceAll() collects; undefined: it does not. */
  #touched: Set<string> | undefined;
  #replacing: Promise<unknown> = Promise.resolve();

  constructor(options: ConcurrentMapOptions<V> = {}) {
    checkOptions('a ConcurrentMap', options, ['name', 'equals', 'changes', 'clock']);
    const { name = 'map', changes = 65_536 } = options;
    if (typeof name !== 'string') throw new MapOptionsError(`the option "name" of a ConcurrentMap is a string, not ${typeof name}`);
    if (options.equals !== undefined) checkFunction(`the option "equals" of the map "${name}"`, options.equals);
    if (!Number.isSafeInteger(changes) || changes < 1)
      throw new MapOptionsError(`the option "changes" of the map "${name}" is an integer of at least 1, not ${String(changes)}`);
    this.name = name;
    this.#equals = options.equals ?? Object.is;
    this.#clock = options.clock ?? systemClock;
    this.#log = new ChangeLog(name, changes);
    this.#locks = new KeyLock(name, this.#clock);
    this.#flights = new SingleFlight<V>((key) => new ReentryError(name, 'computeIfAbsent', key, 'the load of that key'));
  }

  get size(): number {
    return this.#table.size;
  }

  /** The sequence of the last change; 0: there was none. */
  get sequence(): number {
    return this.#log.sequence;
  }

  get(key: string): V | undefined {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    return this.#table.get(key)?.value;
  }

  has(key: string): boolean {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    return this.#table.has(key);
  }

  /** The value with its version, for compareAndSet(). */
  entry(key: string): Versioned<V> | undefined {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    const cell = this.#table.get(key);
    return cell && { value: cell.value, version: cell.version };
  }

  /** Writes, and returns the version that the write got. */
  set(key: string, value: V): number {
    this.#check(key, value);
    this.#flights.invalidate(key);
    return this.#write(key, value, this.#table.get(key));
  }

  /** True when the key was there. */
  delete(key: string): boolean {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    this.#flights.invalidate(key);
    const cell = this.#table.get(key);
    if (!cell) return false;
    this.#remove(key, cell);
    return true;
  }

  /** The value that stands under the key; sets `value` where none does. */
  getOrInsert(key: string, value: V): V {
    this.#check(key, value);
    const cell = this.#table.get(key);
    if (cell) return cell.value;
    this.set(key, value);
    return value;
  }

  /**
   * Writes only if the entry's version is `expected`; `undefined` means that the key must be absent. Returns the new version, or undefined when another
   * write was there first: read entry() again and decide anew.
   */
  compareAndSet(key: string, expected: number | undefined, value: V): number | undefined {
    this.#check(key, value);
    if (this.#table.get(key)?.version !== expected) return undefined;
    return this.set(key, value);
  }

  /** Deletes only if the entry's version is `expected`. */
  compareAndDelete(key: string, expected: number): boolean {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    return this.#table.get(key)?.version === expected && this.delete(key);
  }

  /**
   * Reads and writes in one step. `change` gets the present value and returns the next; undefined deletes. It must not be async: a promise is refused, since
   * others would write while it waits. What it throws is thrown on, and nothing is written.
   */
  compute(key: string, change: (current: V | undefined, key: string) => V | undefined): V | undefined {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    checkFunction(`what compute() of the map "${this.name}" calls`, change);
    const cell = this.#table.get(key);
    const current = cell?.value;
    const version = cell?.version;
    const before = this.#log.sequence;
    const next = change(current, key);
    if (isThenable(next))
      throw new MapValueError(this.name, key, 'is a promise: the function given to compute() must not be async; use withKey()');
    if (this.#table.get(key)?.version !== version || this.#log.wrote(key, before))
      throw new MapValueError(this.name, key, 'was written by the function given to compute() itself');
    if (next === undefined) {
      if (version !== undefined) this.delete(key);
    } else if (version === undefined || !Object.is(next, current)) this.set(key, next);
    return next;
  }

  /**
   * The value under the key; where there is none, what `load` gives, which is then kept. While one load of a key runs, all others who ask for the key wait
   * for it. A failure reaches all of them and is not kept. A set() or delete() of the key amid the load wins: those who wait get what was loaded, but it is
   * not kept. `load` gets a signal that is aborted when all who wait gave up. A load that asks for its own key gets a ReentryError instead of waiting for itself.
   */
  computeIfAbsent(
    key: string,
    load: (key: string, signal: AbortSignal) => V | PromiseLike<V>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<V> {
    const wrong = this.#wrongCall('computeIfAbsent', key, load, options, ['signal']);
    if (wrong) return Promise.reject(wrong);
    const entry = this.#table.get(key);
    if (entry) return Promise.resolve(entry.value);
    return this.#flights.join(
      key,
      (signal) => load(key, signal),
      (value, fresh) => {
        if (value === undefined) throw new MapValueError(this.name, key, 'is undefined: what computeIfAbsent() loads must be a value');
        if (fresh) this.#write(key, value, this.#table.get(key));
        return value;
      },
      options.signal,
    );
  }

  /**
   * Runs `section` while no other section of the same key runs, in the order of the calls. It guards sections against each other, not against a bare set().
   * A section that asks for its own key again gets a ReentryError instead of waiting for itself.
   */
  withKey<R>(key: string, section: (key: string) => R | PromiseLike<R>, options: WithKeyOptions = {}): Promise<R> {
    const wrong = this.#wrongCall('withKey', key, section, options, ['signal', 'deadlineMs']);
    if (wrong) return Promise.reject(wrong);
    return this.#locks.run(key, () => section(key), options);
  }

  /**
   * Makes the map hold exactly `content`, in one step, and returns the exact difference to what it held then. The new content is collected aside, in slices of
   * 4 ms; readers see nothing of it before, and all of it after. Writes amid the collecting are told to subscribers and then replaced. A value that equals
   * what stands under its key (`equals`) is no change and keeps its version. If `content` or `equals` throws, nothing is changed. Calls run one after another;
   * one that is made within the content of another gets a ReentryError.
   */
  replaceAll(content: Iterable<readonly [string, V]> | AsyncIterable<readonly [string, V]>): Promise<MapDifference> {
    if (!isIterable(content))
      return Promise.reject(
        new MapOptionsError(`replaceAll() of the map "${this.name}" takes an iterable of pairs [key, value], not ${typeNameOf(content)}`),
      );
    if (holdWithin(this, '')) return Promise.reject(new ReentryError(this.name, 'replaceAll', undefined, 'the content of another'));
    const hold = new Hold(this, '');
    const replace = (): Promise<MapDifference> => runWithin(hold, () => this.#replace(content)).finally(() => hold.end());
    const run = this.#replacing.then(replace, replace);
    this.#replacing = run;
    run.catch(() => undefined);
    return run;
  }

  /** The map as it is now; the map may change, the snapshot does not. Taking it costs the same for any size. Dispose it: each write keeps what it replaces for it. */
  snapshot(): MapSnapshot<V> {
    const snapshot = new TableSnapshot(this.name, this.#table, this.sequence, this.#newest, (gone) => {
      if (gone.older) gone.older.newer = gone.newer;
      if (gone.newer) gone.newer.older = gone.older;
      if (this.#newest === gone) this.#newest = gone.older;
    });
    if (this.#newest) this.#newest.newer = snapshot;
    this.#newest = snapshot;
    return snapshot;
  }

  /**
   * Each change after a sequence, in order and without a gap, for as long as the loop goes on. Subscribing after snapshot().sequence misses nothing and tells
   * nothing twice. A subscriber that lags more than `changes` behind gets a ChangesLostError.
   */
  subscribe(options: SubscribeOptions = {}): AsyncIterableIterator<MapChange<V>> & AsyncDisposable {
    checkOptions(`subscribe() of the map "${this.name}"`, options, ['after', 'signal']);
    checkSignal(`subscribe() of the map "${this.name}"`, options.signal);
    return changesOf(this.name, this.#log, options);
  }

  /** Weakly consistent: an entry that stands all along is met once; one that comes or goes amid the walk may be met or not. */
  *entries(): IterableIterator<[string, V]> {
    const table = this.#table;
    const met = table.wholeParts;
    for (let part = 0; part < met; part += 1) {
      const found: [string, V][] = [];
      table.forPart(part, met, (key, entry) => found.push([key, entry.value]));
      yield* found;
    }
  }

  *keys(): IterableIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  /** What is wrong with a call that answers by a promise, which rejects with it. */
  #wrongCall(
    method: string,
    key: unknown,
    call: unknown,
    options: { readonly signal?: AbortSignal },
    known: readonly string[],
  ): Error | undefined {
    if (typeof key !== 'string') return new KeyError(this.name, key);
    const of = `${method}() of the map "${this.name}"`;
    try {
      checkFunction(`what ${of} calls`, call);
      checkOptions(of, options, known);
      checkSignal(of, options.signal);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  #check(key: string, value: V): void {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    if (value === undefined) throw new MapValueError(this.name, key, 'is undefined: delete() removes a key');
  }

  #write(key: string, value: V, cell: Cell<V> | undefined): number {
    this.#newest?.keep(key, cell);
    this.#touched?.add(key);
    const version = this.#log.set(key, value, cell !== undefined, cell?.value);
    if (cell === undefined) this.#table.set(key, { value, version });
    else {
      cell.value = value;
      cell.version = version;
    }
    return version;
  }

  #remove(key: string, cell: Cell<V>): void {
    this.#newest?.keep(key, cell);
    this.#touched?.add(key);
    this.#log.deleted(key, cell.value);
    this.#table.delete(key);
  }

  async #replace(content: Iterable<readonly [string, V]> | AsyncIterable<readonly [string, V]>): Promise<MapDifference> {
    const slice = new TimeSlice(this.#clock, 4);
    const wanted = new SplitTable<V>();
    for await (const pair of content) {
      if (!Array.isArray(pair))
        throw new MapOptionsError(
          `the content given to replaceAll() of the map "${this.name}" is of pairs [key, value], not ${typeNameOf(pair)}`,
        );
      const [key, value] = pair as readonly [string, V];
      this.#check(key, value);
      wanted.set(key, value);
      if (slice.due()) await slice.yield();
    }
    const touched = new Set<string>();
    this.#touched = touched;
    try {
      const differing: string[] = [];
      const parts = wanted.wholeParts;
      for (let part = 0; part < parts; part += 1) {
        wanted.forPart(part, parts, (key, value) => {
          const entry = this.#table.get(key);
          if (!entry || !this.#equals(entry.value, value)) differing.push(key);
        });
        if (slice.due()) await slice.yield();
      }
      for (const key of this.keys()) {
        if (!wanted.has(key)) differing.push(key);
        if (slice.due()) await slice.yield();
      }
      return this.#apply(wanted, new Set([...differing, ...touched]));
    } finally {
      this.#touched = undefined;
    }
  }

  /** The step in which readers see the new content: its length is that of the difference. */
  #apply(wanted: SplitTable<V>, candidates: ReadonlySet<string>): MapDifference {
    const difference = { added: [] as string[], updated: [] as string[], deleted: [] as string[] };
    this.#touched = undefined;
    const differing: string[] = [];
    const before = this.sequence;
    // The user's comparison may throw: it is asked of all before the first is written.
    for (const key of candidates) {
      const value = wanted.get(key);
      const entry = this.#table.get(key);
      if (value === undefined ? entry : !entry || !this.#equals(entry.value, value)) differing.push(key);
    }
    if (this.sequence !== before)
      throw new MapOptionsError(
        `the option "equals" of the map "${this.name}" wrote to the map while replaceAll() compared; it may only compare`,
      );
    for (const key of differing) {
      const value = wanted.get(key);
      const entry = this.#table.get(key);
      if (value === undefined) {
        if (!entry) continue;
        this.#flights.invalidate(key);
        this.#remove(key, entry);
        difference.deleted.push(key);
      } else {
        this.#flights.invalidate(key);
        this.#write(key, value, entry);
        (entry ? difference.updated : difference.added).push(key);
      }
    }
    return { ...difference, sequence: this.sequence };
  }
}

function isIterable(content: unknown): boolean {
  if (content === undefined || content === null) return false;
  const { [Symbol.iterator]: one, [Symbol.asyncIterator]: other } = content as {
    [Symbol.iterator]?: unknown;
    [Symbol.asyncIterator]?: unknown;
  };
  return typeof one === 'function' || typeof other === 'function';
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === 'function';
}
