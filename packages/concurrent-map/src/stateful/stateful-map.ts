import { systemClock, TimeSlice } from '@kubecast/clock';
import { checkFunction, checkOptions, checkSignal, typeNameOf } from '../arguments.ts';
import { ConcurrentMap } from '../concurrent/concurrent-map.ts';
import { ConflictError, KeyError, MapOptionsError, MapValueError } from '../errors.ts';
import { frozenCopy, NotKeptError, type DeepReadonly } from './frozen-copy.ts';

/** The state of one object, and the version that set() and delete() compare. */
export interface KeptState<S> {
  readonly state: DeepReadonly<S>;
  readonly version: number;
}

/** One entry as it is written to a log that outlives the process. */
export interface StateRecord {
  readonly uid: string;
  readonly state: unknown;
}

/** One entry as it comes back, with the version that write() gave. */
export interface KeptRecord extends StateRecord {
  readonly version: number;
}

/** What makes states durable: each write is in it before the map shows it. `durableStates` of `@kubecast/concurrent-map/level` is one. */
export interface StateLog {
  /** Everything that was kept, once, before the map is used. */
  load(): Promise<Iterable<readonly [string, KeptRecord]>>;
  /**
   * Resolves when the record is kept, with its version: an integer from 1 on that grows with each write, over restarts too. When it rejects the map stays as it was.
   */
  write(key: string, record: StateRecord): Promise<number>;
  /** Resolves when nothing is kept under the key any more. */
  remove(key: string): Promise<void>;
}

export interface StatefulMapOptions {
  /** Named in errors. Default `states`. */
  readonly name?: string;
  readonly log?: StateLog;
}

export interface UpdateOptions {
  /** How often `change` is called at most. Default 5. */
  readonly tries?: number;
  /** Ends a wait for `change` at once, and with it the update; a write that was begun is not taken back. */
  readonly signal?: AbortSignal;
}

interface Entry<S> {
  readonly uid: string;
  readonly state: DeepReadonly<S>;
  readonly version: number;
}

/**
 * What a reconciler keeps of an object between its runs: Pending, Provisioning, Ready, and what it needs to go on. A state belongs to the UID of its object: under
 * the key of an object that was deleted and made again there is nothing. Writes compare the version that was read and fail with a ConflictError, so that two runs
 * never overwrite each other. States are frozen copies of what was given, and hold what JSON holds.
 */
export class StatefulMap<S> {
  readonly name: string;
  readonly #map: ConcurrentMap<Entry<S>>;
  readonly #log: StateLog | undefined;

  /** Without a log the map is empty and usable at once. With one use StatefulMap.open(). */
  constructor(options: StatefulMapOptions = {}) {
    checkOptions('a StatefulMap', options, ['name', 'log']);
    this.name = options.name ?? 'states';
    if (options.log !== undefined) checkLog(this.name, options.log);
    this.#map = new ConcurrentMap<Entry<S>>({ name: this.name, changes: 1 });
    this.#log = options.log;
  }

  /** A map with all that its log kept, each state with the UID and the version that it had. */
  static async open<S>(options: StatefulMapOptions & { readonly log: StateLog }): Promise<StatefulMap<S>> {
    const map = new StatefulMap<S>(options);
    checkLog(map.name, options.log);
    const slice = new TimeSlice(systemClock, 4);
    for (const [key, record] of await options.log.load()) {
      map.#map.set(key, {
        uid: map.#uid(key, record.uid),
        state: map.#copy(key, record.state as S),
        version: map.#checked(key, record.version),
      });
      if (slice.due()) await slice.yield();
    }
    return map;
  }

  get size(): number {
    return this.#map.size;
  }

  /** The state of the object with this key and UID; undefined where there is none, or one of another UID. */
  get(key: string, uid: string): KeptState<S> | undefined {
    const entry = this.#map.get(key);
    return entry && entry.uid === this.#uid(key, uid) ? { state: entry.state, version: entry.version } : undefined;
  }

  /**
   * Keeps a state over the version that was read; undefined means that the object had none. Throws ConflictError when another write was there first. The state of
   * another UID under the key counts as none and is replaced. Returns the new version.
   */
  async set(key: string, uid: string, state: S, expected: number | undefined): Promise<number> {
    const kept = this.#copy(key, state);
    return this.#map.withKey(key, async () => {
      this.#compare(key, uid, expected);
      const version = this.#log ? this.#checked(key, await this.#log.write(key, { uid, state: kept })) : this.#map.sequence + 1;
      this.#map.set(key, { uid, state: kept, version });
      return version;
    });
  }

  /** Forgets the state over the version that was read. Throws ConflictError when another write was there first. */
  async delete(key: string, uid: string, expected: number): Promise<void> {
    await this.#map.withKey(key, async () => {
      this.#compare(key, uid, expected);
      await this.#log?.remove(key);
      this.#map.delete(key);
    });
  }

  /**
   * Reads, calls `change`, and keeps what it returns; undefined forgets the state. When another write was there first, `change` is called again with what stands
   * there now, at most `tries` times in all; then the ConflictError is thrown. What `change` throws is thrown on, and nothing is written.
   */
  async update(
    key: string,
    uid: string,
    change: (current: DeepReadonly<S> | undefined) => S | undefined | PromiseLike<S | undefined>,
    options: UpdateOptions = {},
  ): Promise<KeptState<S> | undefined> {
    checkFunction(`what update() of the map "${this.name}" calls`, change);
    checkOptions(`update() of the map "${this.name}"`, options, ['tries', 'signal']);
    checkSignal(`update() of the map "${this.name}"`, options.signal);
    const { tries = 5, signal } = options;
    if (!Number.isSafeInteger(tries) || tries < 1)
      throw new MapOptionsError(
        `the option "tries" of update() of the map "${this.name}" is an integer of at least 1, not ${String(tries)}`,
      );
    for (let left = tries; ; left -= 1) {
      signal?.throwIfAborted();
      const current = this.get(key, uid);
      const next = await abortable(change(current?.state), signal);
      try {
        if (next !== undefined) {
          const version = await this.set(key, uid, next, current?.version);
          return { state: this.#copy(key, next), version };
        }
        if (current) await this.delete(key, uid, current.version);
        return undefined;
      } catch (error) {
        if (!(error instanceof ConflictError) || left <= 1) throw error;
      }
    }
  }

  /** The object with this UID is gone: its state ends with it, whatever its version. The state of another UID stays. */
  async end(key: string, uid: string): Promise<void> {
    this.#uid(key, uid);
    await this.#map.withKey(key, async () => {
      if (this.#map.get(key)?.uid !== uid) return;
      await this.#log?.remove(key);
      this.#map.delete(key);
    });
  }

  /** Keys and UIDs of all that is kept: for comparing them with the objects that there are after a restart. */
  *keys(): IterableIterator<{ readonly key: string; readonly uid: string }> {
    for (const [key, { uid }] of this.#map) yield { key, uid };
  }

  #compare(key: string, uid: string, expected: number | undefined): void {
    const version = this.get(key, uid)?.version;
    if (version !== expected) throw new ConflictError(this.name, key, expected, version);
  }

  #uid(key: string, uid: string): string {
    if (typeof uid !== 'string' || uid === '')
      throw new MapValueError(this.name, typeof key === 'string' ? key : '', 'belongs to no UID: a UID is a string that is not empty');
    return uid;
  }

  #checked(key: string, version: unknown): number {
    if (!Number.isSafeInteger(version) || (version as number) < 1)
      throw new MapValueError(this.name, key, `has the version ${String(version)}: a log gives integers from 1 on`);
    return version as number;
  }

  #copy(key: string, state: S): DeepReadonly<S> {
    if (typeof key !== 'string') throw new KeyError(this.name, key);
    try {
      return frozenCopy(state);
    } catch (error) {
      if (error instanceof NotKeptError) throw new MapValueError(this.name, key, error.message);
      throw error;
    }
  }
}

function checkLog(name: string, log: unknown): void {
  const { load, write, remove } = (log ?? {}) as Partial<StateLog>;
  if (typeof load !== 'function' || typeof write !== 'function' || typeof remove !== 'function')
    throw new MapOptionsError(`the option "log" of the map "${name}" has load(), write() and remove(); it is ${typeNameOf(log)}`);
}

async function abortable<R>(work: R | PromiseLike<R>, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
