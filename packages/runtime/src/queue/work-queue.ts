import type { Clock } from '@kubecast/clock';
import type { DurationHistogram } from '../timing/duration-histogram.ts';
import type { RateLimiter } from './limiters.ts';

/** For keys that can wait: those of an initial list and of a resync. They age (see `agingMs`), so that they never starve. */
export const lowPriority = -100;

export interface WorkQueueOptions<K> {
  /** Names the queue in metrics and errors. */
  readonly name: string;
  /** The identity of a key; equal ids are one key. Must be injective: `encodeKey` of `@kubecast/store` is. */
  readonly idOf: (key: K) => string;
  readonly clock?: Clock;
  /** Default: client-go's, `createRateLimiter`. */
  readonly rateLimiter?: RateLimiter;
  /** 'fifo' (default): in the order in which keys became ready, as client-go; priorities change nothing. 'priority': higher ones first. */
  readonly order?: 'fifo' | 'priority';
  /** With priorities: waiting this long is worth one point. Default 50 ms: a key at -100 is overtaken for at most 5 s. */
  readonly agingMs?: number;
  /**
   * 'independent' (default): a time that a key waits for is kept when the key is added in the meantime, as client-go: the key runs at once and
   * at that time. 'merged': an immediate add cancels the time, and a time for a key that is ready is dropped, as controller-runtime.
   */
  readonly timers?: 'independent' | 'merged';
}

export interface AddOptions {
  /** Higher goes first where the queue's order is 'priority'. Default 0. A key that waits is only ever raised; a run takes the priority with it. */
  readonly priority?: number;
}

/** A key that was handed out; it is running until `done`. */
export interface WorkItem<K> {
  readonly key: K;
  readonly priority: number;
  /** Failures before this run that were not forgotten. */
  readonly failures: number;
}

export interface WorkQueueCounters {
  /** Adds that made a key ready or will. */
  readonly adds: number;
  /** Rate-limited adds: failures. */
  readonly retries: number;
  /** Adds of keys that waited already. */
  readonly coalesced: number;
  /** Adds after the end. */
  readonly refused: number;
  readonly done: number;
}

export interface DrainResult<K> {
  /** Runs that ended since the drain began. */
  readonly drained: number;
  /** Keys that did not run, or whose run had not ended by the deadline; those that waited for a time too. */
  readonly abandoned: readonly K[];
}

/** A key that waits for a worker. */
export interface WaitingKey {
  readonly id: string;
  readonly priority: number;
  readonly waitedMs: number;
}

/**
 * Hands out keys that need work, by the rules of client-go's workqueue (util/workqueue, typed, delaying, rate limiting): one key never runs
 * twice at once; any number of adds before it is handed out is one run; any number of adds during its run is one more run, behind the
 * keys that were ready before; of several times for one key the earliest counts. Memory is bounded by the number of keys.
 */
export interface WorkQueue<K> {
  add(key: K, options?: AddOptions): void;
  /** Milliseconds; 0 or less adds at once. @throws RuntimeOptionsError for what is no finite number */
  addAfter(key: K, ms: number, options?: AddOptions): void;
  /** Counts a failure of the key and adds it after the delay that the rate limiter says, or a longer one that is asked for. Gives the delay. */
  addRateLimited(key: K, options?: AddOptions & { readonly atLeastMs?: number }): number;
  forget(key: K): void;
  failures(key: K): number;
  /** The next key, when there is one. Undefined when the queue has ended and no key is ready. Rejects with the signal's reason. */
  get(signal?: AbortSignal): Promise<WorkItem<K> | undefined>;
  /** Ends the key's run. Must be called once for each key that `get` gave; a key that does not run is ignored. */
  done(key: K): void;
  /** Ends the queue: adds are refused, keys that wait for a time are dropped, keys that are ready are still handed out. Idempotent. */
  shutDown(): void;
  /** The same, and resolves when no key runs. `shutDown` ends the waiting. Keys may still be ready: workers take them by `get`. */
  shutDownWithDrain(): Promise<void>;
  /**
   * The same, and resolves when no key is ready and none runs, or at the deadline, and says what was left. At the deadline what is ready is
   * dropped. A second call waits for the same.
   */
  drain(options: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<DrainResult<K>>;
  readonly name: string;
  /** Keys that are ready. */
  readonly depth: number;
  /** Keys that wait for a time. */
  readonly delayed: number;
  readonly running: number;
  readonly shuttingDown: boolean;
  /** Milliseconds that the oldest run has taken so far; 0 if none runs. */
  readonly longestRunMs: number;
  /** The keys that have been ready longest, the longest first. Costs the number of keys that are ready. */
  longestWaiting(most: number): readonly WaitingKey[];
  readonly counters: WorkQueueCounters;
  /** Seconds from ready to handed out, and from handed out to done. */
  readonly waited: DurationHistogram;
  readonly worked: DurationHistogram;
}
