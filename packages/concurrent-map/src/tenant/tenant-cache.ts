import { systemClock, TimeSlice, type Clock } from '@kubecast/clock';
import { checkOptions, typeNameOf } from '../arguments.ts';
import { KeyError, MapOptionsError, MapValueError } from '../errors.ts';
import { collectExpired, type CollectionReport } from './collector.ts';
import { addCounters, noCounters, type TenantCounters } from './tenant-counters.ts';
import { TenantSpace } from './tenant-space.ts';

/** Each tenant has a place for each. */
const MOST_SHARDS = 4096;

/** A tenant: a namespace of a cluster. */
export interface TenantId {
  /** Default: the empty name, for programs that know one cluster. */
  readonly cluster?: string;
  readonly namespace: string;
}

export interface TenantLimits {
  /** How long an entry is served after it was written, in milliseconds; Infinity: for ever. Applies to what is held already, too. */
  readonly ttlMs?: number;
  /** What the tenant's entries may weigh together, in the unit of `weigh`. */
  readonly quota?: number;
}

export interface TenantCacheOptions<V> {
  /** Named in errors. Default `cache`. */
  readonly name?: string;
  /** The limits of a tenant that was given none of its own. `ttlMs` is Infinity by default. */
  readonly defaults: TenantLimits & { readonly quota: number };
  /** What an entry weighs, at least 0; called once for each write. Default: 1. */
  readonly weigh?: (value: V, key: string) => number;
  /** Parts of each tenant. Default, and least, 16; at most 4,096. */
  readonly shards?: number;
  /** How often run() begins a collection, in milliseconds. Default 30,000. */
  readonly collectEveryMs?: number;
  /** Tenants that counters() tells apart; the others are told together. Default 100. */
  readonly labels?: number;
  readonly clock?: Clock;
}

/** One tenant's part of the cache. It stays usable when the tenant was empty for a while. */
export interface TenantHandle<V> {
  readonly size: number;
  readonly weight: number;
  get(key: string): V | undefined;
  /** Like get(), but it counts nothing and does not make the entry stay longer. */
  peek(key: string): V | undefined;
  /** False when the value alone weighs more than the quota, or was not asked for often enough to take another's place. */
  set(key: string, value: V): boolean;
  delete(key: string): boolean;
  keys(): IterableIterator<string>;
  /** Sets limits for this tenant alone, at once and for what is held, too. */
  configure(limits: TenantLimits): void;
}

/**
 * A cache for many tenants: each has a TTL and a quota of its own, and none can evict another's entries. An expired entry is never served, whether it was
 * collected or not. A full quota keeps what is asked for often (W-TinyLFU). run() removes expired entries in small slices.
 */
export class TenantCache<V> {
  readonly name: string;
  readonly #defaults: { readonly ttlMs: number; readonly quota: number };
  readonly #weigh: (value: V, key: string) => number;
  readonly #shards: number;
  readonly #every: number;
  readonly #labels: number;
  readonly #clock: Clock;
  readonly #tenants = new Map<string, Map<string, TenantSpace<V>>>();
  #running = false;
  /** What tenants counted that were forgotten since they were empty: no counter goes back. */
  #forgotten: TenantCounters = noCounters;
  /** Asked of tenants that hold nothing and were given nothing. */
  #missed = 0;

  constructor(options: TenantCacheOptions<V>) {
    checkOptions('a TenantCache', options, ['name', 'defaults', 'weigh', 'shards', 'collectEveryMs', 'labels', 'clock']);
    const { name = 'cache', defaults, shards = 16, collectEveryMs = 30_000, labels = 100 } = options;
    if (typeof name !== 'string') throw new MapOptionsError(`the option "name" of a TenantCache is a string, not ${typeNameOf(name)}`);
    this.name = name;
    checkLimits(name, defaults);
    if (defaults.quota === undefined) throw new MapOptionsError(`the option "defaults.quota" of the cache "${name}" is missing`);
    if (!Number.isSafeInteger(shards) || shards < 16 || shards > MOST_SHARDS)
      throw new MapOptionsError(
        `the option "shards" of the cache "${name}" is an integer of at least 16 and at most ${MOST_SHARDS}, not ${String(shards)}`,
      );
    if (typeof collectEveryMs !== 'number' || !(collectEveryMs > 0))
      throw new MapOptionsError(`the option "collectEveryMs" of the cache "${name}" is a number above 0, not ${String(collectEveryMs)}`);
    if (!Number.isSafeInteger(labels) || labels < 0)
      throw new MapOptionsError(`the option "labels" of the cache "${name}" is an integer of at least 0, not ${String(labels)}`);
    if (options.weigh !== undefined && typeof options.weigh !== 'function')
      throw new MapOptionsError(`the option "weigh" of the cache "${name}" is a function, not ${typeof options.weigh}`);
    this.#defaults = { ttlMs: defaults.ttlMs ?? Infinity, quota: defaults.quota };
    this.#weigh = options.weigh ?? (() => 1);
    this.#shards = shards;
    this.#every = collectEveryMs;
    this.#labels = labels;
    this.#clock = options.clock ?? systemClock;
  }

  tenant(id: TenantId): TenantHandle<V> {
    checkOptions(`tenant() of the cache "${this.name}"`, id, ['cluster', 'namespace']);
    const { cluster = '', namespace } = id;
    for (const part of [cluster, namespace]) if (typeof part !== 'string') throw new KeyError(this.name, part);
    let known: TenantSpace<V> | undefined;
    const find = (): TenantSpace<V> | undefined => {
      if (known === undefined || known.forgotten) known = this.#tenants.get(cluster)?.get(namespace);
      return known;
    };
    const make = (): TenantSpace<V> => find() ?? this.#make(cluster, namespace);
    const check = (key: string): void => {
      if (typeof key !== 'string') throw new KeyError(this.name, key);
    };
    const { name } = this;
    return {
      get size() {
        return find()?.size ?? 0;
      },
      get weight() {
        return find()?.weight ?? 0;
      },
      get: (key) => {
        check(key);
        const space = find();
        if (space !== undefined) return space.get(key);
        // Whoever only asks does not make a tenant: names may come from outside.
        this.#missed += 1;
        return undefined;
      },
      peek: (key) => {
        check(key);
        return find()?.peek(key);
      },
      set: (key, value) => {
        check(key);
        if (value === undefined) throw new MapValueError(name, key, 'is undefined: delete() removes a key');
        try {
          return make().set(key, value);
        } catch (error) {
          if (error instanceof RangeError) throw new MapValueError(name, key, `cannot be weighed: ${error.message}`);
          throw error;
        }
      },
      delete: (key) => {
        check(key);
        return find()?.delete(key) ?? false;
      },
      *keys() {
        yield* find()?.keys() ?? [];
      },
      configure: (limits) => {
        checkLimits(name, limits);
        const space = make();
        space.configured = true;
        if (limits.ttlMs !== undefined) space.ttlMs = limits.ttlMs;
        if (limits.quota !== undefined) space.quota = limits.quota;
      },
    };
  }

  /** Removes every entry that is expired now, in slices of at most 256 removals and 1 ms, one a turn of the event loop. */
  async collect(): Promise<CollectionReport> {
    const report = await collectExpired(this.#all(), this.#clock);
    const slice = new TimeSlice(this.#clock, 1);
    for (const [cluster, namespaces] of this.#tenants) {
      for (const [namespace, space] of namespaces) {
        if (slice.due()) await slice.yield();
        if (space.size > 0 || space.configured || namespaces.get(namespace) !== space) continue;
        namespaces.delete(namespace);
        space.forgotten = true;
        this.#forgotten = addCounters(this.#forgotten, { ...space.report(), quota: 0 });
      }
      if (namespaces.size === 0) this.#tenants.delete(cluster);
    }
    return report;
  }

  /** Begins a collection every 30 s (`collectEveryMs`), until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    if (!(signal instanceof AbortSignal))
      throw new MapOptionsError(`run() of the cache "${this.name}" takes an AbortSignal, which ends it`);
    if (this.#running) throw new MapOptionsError(`the cache "${this.name}" runs already`);
    this.#running = true;
    try {
      while (!signal.aborted) {
        await this.#clock.sleep(this.#every, signal).catch(() => undefined);
        if (!signal.aborted) await this.collect();
      }
    } finally {
      this.#running = false;
    }
  }

  /**
   * The counters of the tenants with the most entries, and last those of all others together (`undefined`), tenants that were forgotten included.
   * A label made of this has a bounded number of values.
   */
  counters(): { readonly tenant: Required<TenantId> | undefined; readonly counters: TenantCounters }[] {
    const all: { tenant: Required<TenantId>; counters: TenantCounters }[] = [];
    for (const [cluster, namespaces] of this.#tenants)
      for (const [namespace, space] of namespaces) all.push({ tenant: { cluster, namespace }, counters: space.report() });
    all.sort((a, b) => b.counters.entries - a.counters.entries);
    const told = all.slice(0, this.#labels);
    const others = all.slice(this.#labels);
    const rest = { ...this.#forgotten, misses: this.#forgotten.misses + this.#missed };
    return [...told, { tenant: undefined, counters: others.reduce((sum, { counters }) => addCounters(sum, counters), rest) }];
  }

  *#all(): IterableIterator<TenantSpace<V>> {
    for (const namespaces of this.#tenants.values()) yield* namespaces.values();
  }

  #make(cluster: string, namespace: string): TenantSpace<V> {
    let namespaces = this.#tenants.get(cluster);
    if (!namespaces) this.#tenants.set(cluster, (namespaces = new Map()));
    const space = new TenantSpace<V>(this.#shards, this.#defaults.ttlMs, this.#defaults.quota, this.#weigh, this.#clock);
    namespaces.set(namespace, space);
    return space;
  }
}

function checkLimits(name: string, limits: TenantLimits): void {
  checkOptions(`the limits of the cache "${name}"`, limits, ['ttlMs', 'quota']);
  for (const option of ['ttlMs', 'quota'] as const) {
    const value = limits[option];
    if (value !== undefined && (typeof value !== 'number' || !(value > 0)))
      throw new MapOptionsError(`the limit "${option}" of the cache "${name}" is a number above 0, not ${String(value)}`);
  }
}
