import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { DurationHistogram, workDurationBounds } from '../timing/duration-histogram.ts';
import { OrderedHeap } from './ordered-heap.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** For keys that can wait: those of an initial list and of a resync. They age (see `agingMs`), so that they never starve. */
export const lowPriority = -100;

export interface WorkQueueOptions<K> {
  /** Names the queue in metrics. */
  readonly name: string;
  /** The identity of a key; equal ids are one key. Injective, please: `encodeKey` of `@kubecast/store` is. */
  readonly idOf: (key: K) => string;
  readonly clock?: Clock;
  readonly rateLimiter?: RateLimiter;
  /** Waiting this long is worth one point of priority. Default 50 ms: a key at -100 is overtaken for at most 5 s. */
  readonly agingMs?: number;
}

export interface AddOptions {
  /** Higher goes first. Default 0. A key that waits is only ever raised; a run takes the priority with it. */
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
  /** Keys that did not run, or whose run had not ended by the deadline; timers too. */
  readonly abandoned: readonly K[];
}

/**
 * Hands out keys that need work. One record a key: it is ready, waiting for a time, or running, and in a run at most one more run is
 * noted. So one key never runs twice at once, any number of adds during a run is one more run, and of two times the earlier one wins:
 * an immediate add cancels a timer, and a timer on a ready key is dropped. Memory is bounded by the number of keys.
 */
export interface WorkQueue<K> {
  add(key: K, options?: AddOptions): void;
  /** Milliseconds; 0 or less adds at once. */
  addAfter(key: K, ms: number, options?: AddOptions): void;
  /** Counts a failure of the key and adds it after the delay that the rate limiter says, or a longer one that is asked for. Gives the delay. */
  addRateLimited(key: K, options?: AddOptions & { readonly atLeastMs?: number }): number;
  forget(key: K): void;
  failures(key: K): number;
  /** The next key, when there is one. Undefined when the queue is at its end. Rejects with the signal's reason. */
  get(signal?: AbortSignal): Promise<WorkItem<K> | undefined>;
  /** Ends the key's run. Must be called once for each key that `get` gave. */
  done(key: K): void;
  /** Ends the queue at once: what is ready or timed is dropped, `get` gives undefined. Idempotent. */
  shutDown(): void;
  /**
   * Ends the queue in order: adds are refused, timers are abandoned, what is ready is still handed out and awaited. Resolves when nothing
   * is ready and nothing runs, or at the deadline. A second call waits for the same.
   */
  drain(options: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<DrainResult<K>>;
  readonly name: string;
  /** Keys that are ready. */
  readonly depth: number;
  /** Keys that wait for a time. */
  readonly delayed: number;
  readonly running: number;
  /** Milliseconds that the oldest run has taken so far; 0 if none runs. */
  readonly longestRunMs: number;
  readonly counters: WorkQueueCounters;
  /** Seconds from ready to handed out, and from handed out to done. */
  readonly waited: DurationHistogram;
  readonly worked: DurationHistogram;
}

interface Again {
  readonly at: number;
  readonly priority: number;
}

interface Entry<K> {
  readonly key: K;
  readonly id: string;
  state: 'ready' | 'delayed' | 'running';
  priority: number;
  /** When it became ready, is due, or was handed out. */
  at: number;
  /** Changes with each place in a heap; a place with another one is void. */
  place: number;
  again: Again | undefined;
}

interface Place<K> {
  readonly entry: Entry<K>;
  readonly place: number;
  readonly score: number;
}

interface Waiter<K> {
  readonly resolve: (item: WorkItem<K> | undefined) => void;
  readonly leave: () => void;
}

const before = (a: { score: number; place: number }, b: { score: number; place: number }): boolean =>
  a.score === b.score ? a.place < b.place : a.score < b.score;

export function createWorkQueue<K>(options: WorkQueueOptions<K>): WorkQueue<K> {
  return new RecordQueue(options);
}

class RecordQueue<K> implements WorkQueue<K> {
  readonly name: string;
  readonly waited: DurationHistogram = new DurationHistogram(workDurationBounds);
  readonly worked: DurationHistogram = new DurationHistogram(workDurationBounds);
  readonly #idOf: (key: K) => string;
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #agingMs: number;
  readonly #entries = new Map<string, Entry<K>>();
  readonly #ready = new OrderedHeap<Place<K>>(before);
  readonly #due = new OrderedHeap<Place<K>>(before);
  readonly #waiters = new Set<Waiter<K>>();
  readonly #drainers = new Set<() => void>();
  readonly #counters = { adds: 0, retries: 0, coalesced: 0, refused: 0, done: 0 };
  #state: 'open' | 'draining' | 'closed' = 'open';
  #places = 0;
  #depth = 0;
  #delayed = 0;
  #running = 0;
  #timer: { readonly at: number; readonly abort: AbortController } | undefined;
  #abandoned: K[] = [];

  constructor(options: WorkQueueOptions<K>) {
    this.name = options.name;
    this.#idOf = options.idOf;
    this.#clock = options.clock ?? systemClock;
    this.#limiter = options.rateLimiter ?? createRateLimiter(this.#clock);
    this.#agingMs = options.agingMs ?? 50;
  }

  get depth(): number {
    return this.#depth;
  }

  get delayed(): number {
    return this.#delayed;
  }

  get running(): number {
    return this.#running;
  }

  get counters(): WorkQueueCounters {
    return { ...this.#counters };
  }

  get longestRunMs(): number {
    let longest = 0;
    const now = this.#clock.now();
    if (this.#running > 0)
      for (const entry of this.#entries.values()) if (entry.state === 'running') longest = Math.max(longest, now - entry.at);
    return longest;
  }

  add(key: K, options: AddOptions = {}): void {
    this.#addAt(key, -Infinity, options.priority ?? 0);
  }

  addAfter(key: K, ms: number, options: AddOptions = {}): void {
    this.#addAt(key, ms > 0 ? this.#clock.now() + ms : -Infinity, options.priority ?? 0);
  }

  addRateLimited(key: K, options: AddOptions & { readonly atLeastMs?: number } = {}): number {
    const delay = Math.max(this.#limiter.next(this.#idOf(key)), options.atLeastMs ?? 0);
    this.#counters.retries += 1;
    this.addAfter(key, delay, options);
    return delay;
  }

  forget(key: K): void {
    this.#limiter.forget(this.#idOf(key));
  }

  failures(key: K): number {
    return this.#limiter.failures(this.#idOf(key));
  }

  #addAt(key: K, at: number, priority: number): void {
    if (this.#state !== 'open') {
      this.#counters.refused += 1;
      return;
    }
    const id = this.#idOf(key);
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#counters.adds += 1;
      const made: Entry<K> = { key, id, state: 'delayed', priority, at, place: 0, again: undefined };
      this.#entries.set(id, made);
      this.#put(made, at, priority);
      return;
    }
    switch (entry.state) {
      case 'running':
        if (entry.again === undefined) this.#counters.adds += 1;
        else this.#counters.coalesced += 1;
        entry.again = { at: Math.min(entry.again?.at ?? Infinity, at), priority: Math.max(entry.again?.priority ?? -Infinity, priority) };
        return;
      case 'ready':
        this.#counters.coalesced += 1;
        // A timer on a ready key says nothing new, its priority neither.
        if (at !== -Infinity || priority <= entry.priority) return;
        entry.priority = priority;
        this.#placeReady(entry);
        return;
      case 'delayed':
        this.#counters.coalesced += 1;
        if (at >= entry.at) {
          entry.priority = Math.max(entry.priority, priority);
          return;
        }
        this.#delayed -= 1;
        this.#put(entry, at, Math.max(entry.priority, priority));
        return;
    }
  }

  #put(entry: Entry<K>, at: number, priority: number): void {
    entry.priority = priority;
    if (at === -Infinity || at <= this.#clock.now()) {
      entry.state = 'ready';
      entry.at = this.#clock.now();
      this.#depth += 1;
      this.#placeReady(entry);
      return;
    }
    entry.state = 'delayed';
    entry.at = at;
    this.#delayed += 1;
    entry.place = ++this.#places;
    this.#due.push({ entry, place: entry.place, score: at });
    if (this.#due.size > 2 * this.#delayed + 64) this.#due.keep((place) => this.#holds(place, 'delayed'));
    this.#arm();
  }

  #placeReady(entry: Entry<K>): void {
    entry.place = ++this.#places;
    // All keys age alike, so their order never changes while they wait: a fixed score is enough.
    this.#ready.push({ entry, place: entry.place, score: entry.at - entry.priority * this.#agingMs });
    if (this.#ready.size > 2 * this.#depth + 64) this.#ready.keep((place) => this.#holds(place, 'ready'));
    this.#serve();
  }

  #holds({ entry, place }: Place<K>, state: Entry<K>['state']): boolean {
    return entry.place === place && entry.state === state && this.#entries.get(entry.id) === entry;
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      const item = this.#take();
      if (item === undefined) return;
      this.#waiters.delete(waiter);
      waiter.leave();
      waiter.resolve(item);
    }
  }

  #take(): WorkItem<K> | undefined {
    for (;;) {
      const place = this.#ready.pop();
      if (place === undefined) return undefined;
      if (!this.#holds(place, 'ready')) continue;
      const { entry } = place;
      const now = this.#clock.now();
      this.waited.observe((now - entry.at) / 1000);
      entry.state = 'running';
      entry.at = now;
      this.#depth -= 1;
      this.#running += 1;
      return { key: entry.key, priority: entry.priority, failures: this.#limiter.failures(entry.id) };
    }
  }

  get(signal?: AbortSignal): Promise<WorkItem<K> | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const item = this.#state === 'closed' ? undefined : this.#take();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#state === 'closed' || (this.#state === 'draining' && this.#running === 0)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason as Error);
      };
      const waiter: Waiter<K> = { resolve, leave: () => signal?.removeEventListener('abort', onAbort) };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  done(key: K): void {
    const entry = this.#entries.get(this.#idOf(key));
    if (entry?.state !== 'running') return;
    this.worked.observe((this.#clock.now() - entry.at) / 1000);
    this.#counters.done += 1;
    this.#running -= 1;
    const { again } = entry;
    entry.again = undefined;
    if (again === undefined || this.#state === 'closed') {
      this.#entries.delete(entry.id);
      if (again !== undefined) this.#abandoned.push(entry.key);
    } else if (this.#state === 'draining' && again.at > this.#clock.now()) {
      this.#entries.delete(entry.id);
      this.#abandoned.push(entry.key);
    } else {
      this.#put(entry, again.at, again.priority);
    }
    this.#checkEnd();
  }

  #checkEnd(): void {
    if (this.#state === 'open' || this.#running > 0 || this.#depth > 0) return;
    for (const waiter of this.#waiters) {
      waiter.leave();
      waiter.resolve(undefined);
    }
    this.#waiters.clear();
    for (const drainer of this.#drainers) drainer();
  }

  shutDown(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const [id, entry] of this.#entries) {
      if (entry.state === 'running') continue;
      this.#abandoned.push(entry.key);
      this.#entries.delete(id);
    }
    this.#depth = 0;
    this.#delayed = 0;
    this.#ready.clear();
    this.#dropTimers();
    for (const waiter of this.#waiters) {
      waiter.leave();
      waiter.resolve(undefined);
    }
    this.#waiters.clear();
    this.#checkEnd();
  }

  #dropTimers(): void {
    this.#due.clear();
    this.#timer?.abort.abort();
    this.#timer = undefined;
  }

  async drain({ deadlineMs, signal }: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<DrainResult<K>> {
    const before = this.#counters.done;
    if (this.#state === 'open') {
      this.#state = 'draining';
      for (const [id, entry] of this.#entries) {
        if (entry.state !== 'delayed') continue;
        this.#abandoned.push(entry.key);
        this.#entries.delete(id);
      }
      this.#delayed = 0;
      this.#dropTimers();
    }
    if (this.#running > 0 || this.#depth > 0) {
      const ended = Promise.withResolvers<void>();
      const timer = new AbortController();
      const onAbort = (): void => ended.resolve();
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
      this.#drainers.add(ended.resolve);
      this.#clock.sleep(deadlineMs, timer.signal).then(ended.resolve, () => {});
      await ended.promise;
      timer.abort();
      signal?.removeEventListener('abort', onAbort);
      this.#drainers.delete(ended.resolve);
    }
    this.shutDown();
    this.#checkEnd();
    const stuck = [...this.#entries.values()].map((entry) => entry.key);
    return { drained: this.#counters.done - before, abandoned: [...this.#abandoned, ...stuck] };
  }

  /** One timer stands for the earliest time of all. */
  #arm(): void {
    let next = this.#due.peek();
    while (next !== undefined && !this.#holds(next, 'delayed')) {
      this.#due.pop();
      next = this.#due.peek();
    }
    if (next === undefined || this.#timer?.at === next.score) return;
    this.#timer?.abort.abort();
    const abort = new AbortController();
    this.#timer = { at: next.score, abort };
    this.#clock.sleep(Math.max(0, next.score - this.#clock.now()), abort.signal).then(
      () => {
        if (this.#timer?.abort !== abort) return;
        this.#timer = undefined;
        this.#fire();
      },
      () => {},
    );
  }

  #fire(): void {
    const now = this.#clock.now();
    for (let next = this.#due.peek(); next !== undefined; next = this.#due.peek()) {
      if (this.#holds(next, 'delayed')) {
        if (next.score > now) break;
        const { entry } = next;
        this.#due.pop();
        this.#delayed -= 1;
        this.#put(entry, -Infinity, entry.priority);
      } else {
        this.#due.pop();
      }
    }
    this.#arm();
  }
}
