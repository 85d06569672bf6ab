import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';
import { DurationHistogram, workDurationBounds } from '../timing/duration-histogram.ts';
import { DelayedKeys } from './delayed-keys.ts';
import { checkDelay, checkLimiter, createRateLimiter, shown, type RateLimiter } from './limiters.ts';
import { FifoKeys, PriorityKeys, type QueueEntry, type ReadyKeys } from './ready-keys.ts';
import type { AddOptions, DrainResult, WaitingKey, WorkItem, WorkQueue, WorkQueueCounters, WorkQueueOptions } from './work-queue.ts';

interface Waiter<K> {
  readonly resolve: (item: WorkItem<K> | undefined) => void;
  readonly leave: () => void;
}

/** @throws RuntimeOptionsError for options that cannot work */
export function createWorkQueue<K>(options: WorkQueueOptions<K>): WorkQueue<K> {
  return new KeyQueue(options);
}

/** The queue behind `createWorkQueue`. One entry a key that is ready or runs; beside it the times that keys wait for. */
class KeyQueue<K> implements WorkQueue<K> {
  readonly name: string;
  readonly waited: DurationHistogram = new DurationHistogram(workDurationBounds);
  readonly worked: DurationHistogram = new DurationHistogram(workDurationBounds);
  readonly #idOf: (key: K) => string;
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #merged: boolean;
  readonly #entries = new Map<string, QueueEntry<K>>();
  readonly #ready: ReadyKeys<K>;
  readonly #delayed: DelayedKeys<K>;
  readonly #running = new Set<QueueEntry<K>>();
  readonly #waiters = new Set<Waiter<K>>();
  readonly #drainers = new Set<() => void>();
  readonly #counters = { adds: 0, retries: 0, coalesced: 0, refused: 0, done: 0 };
  #state: 'open' | 'ending' | 'closed' = 'open';
  #waitsForRuns = false;
  #places = 0;
  #abandoned: K[] = [];

  constructor(options: WorkQueueOptions<K>) {
    const { name, idOf, order = 'fifo', timers = 'independent', agingMs = 50 } = options;
    const wrong =
      typeof idOf !== 'function'
        ? 'idOf is no function'
        : order !== 'fifo' && order !== 'priority'
          ? "order must be 'fifo' or 'priority'"
          : timers !== 'independent' && timers !== 'merged'
            ? "timers must be 'independent' or 'merged'"
            : !(Number.isFinite(agingMs) && agingMs >= 0)
              ? `agingMs is ${shown(agingMs)}; it must be a number, 0 or more`
              : '';
    if (wrong !== '') throw new RuntimeOptionsError(`work queue ${name}: ${wrong}`);
    if (options.rateLimiter !== undefined) checkLimiter(`work queue ${name}: rateLimiter`, options.rateLimiter);
    this.name = name;
    this.#idOf = idOf;
    this.#clock = options.clock ?? systemClock;
    this.#limiter = options.rateLimiter ?? createRateLimiter(this.#clock);
    this.#merged = timers === 'merged';
    this.#ready = order === 'fifo' ? new FifoKeys<K>() : new PriorityKeys<K>(agingMs);
    this.#delayed = new DelayedKeys<K>(this.#clock, (key, priority) => {
      this.#addNow(this.#id(key), key, priority, 0);
    });
  }

  get depth(): number {
    return this.#ready.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  get running(): number {
    return this.#running.size;
  }

  get shuttingDown(): boolean {
    return this.#state !== 'open';
  }

  get counters(): WorkQueueCounters {
    return { ...this.#counters };
  }

  get longestRunMs(): number {
    // Runs stand in the order in which they began.
    const oldest = this.#running.values().next().value;
    return oldest === undefined ? 0 : this.#clock.now() - oldest.startedAt;
  }

  longestWaiting(most: number): readonly WaitingKey[] {
    const now = this.#clock.now();
    const before = (a: QueueEntry<K>, b: QueueEntry<K>): boolean => (a.readyAt === b.readyAt ? a.place < b.place : a.readyAt < b.readyAt);
    // A few of very many: only those few are kept in order.
    const longest: QueueEntry<K>[] = [];
    for (const entry of most > 0 ? this.#ready.values() : []) {
      if (longest.length >= most && !before(entry, longest[longest.length - 1] as QueueEntry<K>)) continue;
      let at = longest.length;
      while (at > 0 && before(entry, longest[at - 1] as QueueEntry<K>)) at -= 1;
      longest.splice(at, 0, entry);
      if (longest.length > most) longest.pop();
    }
    return longest.map(({ id, priority, readyAt }) => ({ id, priority, waitedMs: now - readyAt }));
  }

  add(key: K, options: AddOptions = {}): void {
    const id = this.#id(key);
    const priority = this.#priority(options);
    if (this.#refuses()) return;
    if (this.#merged) this.#delayed.drop(id);
    this.#addNow(id, key, priority);
  }

  addAfter(key: K, ms: number, options: AddOptions = {}): void {
    if (!Number.isFinite(ms)) throw new RuntimeOptionsError(`work queue ${this.name}: addAfter got ${shown(ms)}; it takes milliseconds`);
    if (ms <= 0) {
      this.add(key, options);
      return;
    }
    const id = this.#id(key);
    const priority = this.#priority(options);
    if (this.#refuses()) return;
    if ((this.#merged && this.#entries.get(id)?.dirty === true) || !this.#delayed.add(id, key, this.#clock.now() + ms, priority))
      this.#counters.coalesced += 1;
    else this.#counters.adds += 1;
  }

  addRateLimited(key: K, options: AddOptions & { readonly atLeastMs?: number } = {}): number {
    const { atLeastMs = 0 } = options;
    if (!Number.isFinite(atLeastMs))
      throw new RuntimeOptionsError(
        `work queue ${this.name}: atLeastMs is ${shown(atLeastMs)}; it must be a finite number of milliseconds`,
      );
    const delay = Math.max(checkDelay(`work queue ${this.name}: rateLimiter`, this.#limiter.next(this.#id(key))), atLeastMs);
    this.#counters.retries += 1;
    this.addAfter(key, delay, options);
    return delay;
  }

  forget(key: K): void {
    this.#limiter.forget(this.#id(key));
  }

  failures(key: K): number {
    return this.#limiter.failures(this.#id(key));
  }

  #id(key: K): string {
    const id: unknown = this.#idOf(key);
    if (typeof id !== 'string')
      throw new RuntimeOptionsError(`work queue ${this.name}: idOf must give a text; it gave a value ${shown(id)}`);
    return id;
  }

  #priority({ priority = 0 }: AddOptions): number {
    if (!Number.isFinite(priority))
      throw new RuntimeOptionsError(`work queue ${this.name}: the priority is ${shown(priority)}; it must be a finite number`);
    return priority;
  }

  #refuses(): boolean {
    if (this.#state === 'open') return false;
    this.#counters.refused += 1;
    return true;
  }

  #addNow(id: string, key: K, priority: number, counts = 1): void {
    let entry = this.#entries.get(id);
    if (entry?.dirty === true) {
      this.#counters.coalesced += counts;
      if (priority <= entry.priority) return;
      entry.priority = priority;
      if (entry.running) return;
      // Behind the keys that stand at this priority already.
      this.#places += 1;
      entry.place = this.#places;
      this.#ready.raised(entry);
      return;
    }
    this.#counters.adds += counts;
    if (entry === undefined) {
      entry = { key, id, priority, readyAt: 0, startedAt: 0, place: 0, dirty: true, running: false, heapAt: -1 };
      this.#entries.set(id, entry);
    }
    entry.dirty = true;
    entry.priority = priority;
    if (!entry.running) this.#makeReady(entry);
  }

  #makeReady(entry: QueueEntry<K>): void {
    this.#places += 1;
    entry.place = this.#places;
    entry.readyAt = this.#clock.now();
    this.#ready.push(entry);
    for (const waiter of this.#waiters) {
      const item = this.#take();
      if (item === undefined) return;
      this.#waiters.delete(waiter);
      waiter.leave();
      waiter.resolve(item);
    }
  }

  #take(): WorkItem<K> | undefined {
    const entry = this.#ready.pop();
    if (entry === undefined) return undefined;
    const now = this.#clock.now();
    this.waited.observe((now - entry.readyAt) / 1000);
    entry.dirty = false;
    entry.running = true;
    entry.startedAt = now;
    this.#running.add(entry);
    return { key: entry.key, priority: entry.priority, failures: this.#failuresOf(entry.id) };
  }

  /** A limiter of the program that cannot say it must not cost the key its run. */
  #failuresOf(id: string): number {
    try {
      const failures: unknown = this.#limiter.failures(id);
      return typeof failures === 'number' && failures >= 0 ? failures : 0;
    } catch {
      return 0;
    }
  }

  get(signal?: AbortSignal): Promise<WorkItem<K> | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const item = this.#take();
    if (item !== undefined || this.#state !== 'open') return Promise.resolve(item);
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
    const entry = this.#entries.get(this.#id(key));
    if (entry?.running !== true) return;
    this.worked.observe((this.#clock.now() - entry.startedAt) / 1000);
    this.#counters.done += 1;
    this.#running.delete(entry);
    entry.running = false;
    if (!entry.dirty) this.#entries.delete(entry.id);
    else if (this.#state === 'closed') this.#abandon(entry);
    else this.#makeReady(entry);
    this.#tellDrainers();
  }

  #abandon(entry: QueueEntry<K>): void {
    this.#entries.delete(entry.id);
    this.#abandoned.push(entry.key);
  }

  shutDown(): void {
    this.#waitsForRuns = false;
    this.#end();
    this.#tellDrainers();
  }

  #end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#abandoned = this.#abandoned.concat(this.#delayed.clear());
    for (const waiter of this.#waiters) {
      waiter.leave();
      waiter.resolve(undefined);
    }
    this.#waiters.clear();
  }

  async shutDownWithDrain(): Promise<void> {
    this.#end();
    this.#waitsForRuns = true;
    while (this.#running.size > 0 && this.#waitsForRuns) await this.#change();
  }

  async drain({ deadlineMs, signal }: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<DrainResult<K>> {
    if (!(deadlineMs >= 0))
      throw new RuntimeOptionsError(`work queue ${this.name}: deadlineMs is ${shown(deadlineMs)}; it must be 0 or more`);
    const before = this.#counters.done;
    this.#end();
    const end = { over: deadlineMs === 0 || signal?.aborted === true };
    const timer = new AbortController();
    const onEnd = (): void => {
      end.over = true;
      this.#tellDrainers();
    };
    signal?.addEventListener('abort', onEnd, { once: true });
    if (!end.over && deadlineMs !== Infinity) this.#clock.sleep(deadlineMs, timer.signal).then(onEnd, () => {});
    while (!end.over && (this.#running.size > 0 || this.#ready.size > 0)) await this.#change();
    timer.abort();
    signal?.removeEventListener('abort', onEnd);
    this.#state = 'closed';
    for (const entry of this.#ready.values()) this.#abandon(entry);
    this.#ready.clear();
    this.#tellDrainers();
    return { drained: this.#counters.done - before, abandoned: [...this.#abandoned, ...Array.from(this.#running, (entry) => entry.key)] };
  }

  /** Resolves at the next end of a run, or when the queue is told to end. */
  #change(): Promise<void> {
    return new Promise((resolve) => void this.#drainers.add(resolve));
  }

  #tellDrainers(): void {
    if (this.#drainers.size === 0) return;
    const drainers = [...this.#drainers];
    this.#drainers.clear();
    for (const drainer of drainers) drainer();
  }
}
