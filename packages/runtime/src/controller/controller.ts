import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { linkedController } from '../timing/deadline.ts';
import { DurationHistogram, reconcileBounds } from '../timing/duration-histogram.ts';
import { ReconcileTimeoutError, RuntimeOptionsError, StoppedError, SyncTimeoutError } from '../errors.ts';
import { createRateLimiter, shown, tokenBucket, type RateLimiter } from '../queue/limiters.ts';
import { createWorkQueue } from '../queue/key-queue.ts';
import type { ReconcileReport, Result, Source } from './reconcile.ts';
import type { DrainResult, WorkItem, WorkQueue } from '../queue/work-queue.ts';
import { messageOf } from '../thrown.ts';
import { readFailure } from './failure.ts';
import { Conflicts } from './conflicts.ts';
import type { Controller, ControllerCounters, ControllerOptions, WorkOptions } from './contract.ts';
import { KeptStates } from './kept-states.ts';
import { runContext } from './run-context.ts';
import { turnsOf, type Turns } from './turns.ts';
import { checkResult } from './result.ts';

/** Why a timer is cleared. One for all: to make an error with its stack costs more than a short run. */
const TIMER_OVER = new Error('the run has ended');

/** How long a key waits when its rate limiter fails. */
const LIMITER_FAILED_MS = 1_000;

/** @throws RuntimeOptionsError for options that cannot work */
export function createController<K, S = never>(options: ControllerOptions<K, S>): Controller<K> {
  return new QueueController(options);
}

interface Run {
  readonly id: string;
  readonly runId: string;
  readonly startedAt: number;
  overdue: boolean;
}

class QueueController<K, S> implements Controller<K> {
  readonly name: string;
  readonly queue: WorkQueue<K>;
  readonly durations: DurationHistogram = new DurationHistogram(reconcileBounds);
  readonly #o: ControllerOptions<K, S>;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #stopping = new AbortController();
  readonly #runs = new Set<Run>();
  readonly #unsynced = new Set<Source<K>>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #counters = {
    runs: 0,
    succeeded: 0,
    failed: 0,
    terminal: 0,
    panics: 0,
    timeouts: 0,
    requeues: 0,
    conflicts: 0,
    sourceErrors: 0,
  };
  readonly #bucket: RateLimiter | undefined;
  readonly #interrupted = new Map<string, K>();
  readonly #states: KeptStates<S>;
  readonly #conflicts = new Conflicts();
  #started = false;
  #hasSynced = false;
  #working = 0;
  #trouble = '';
  #stopped: Promise<DrainResult<K>> | undefined;
  #runNumber = 0;

  constructor(options: ControllerOptions<K, S>) {
    const { concurrency = 1, timeoutMs = 0, syncTimeoutMs = 0, sources = [] } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new RuntimeOptionsError(`controller ${options.name}: concurrency is ${concurrency}; it must be a whole number from 1 up`);
    if (typeof options.reconcile !== 'function')
      throw new RuntimeOptionsError(`controller ${options.name}: reconcile must be a function; it is of type ${typeof options.reconcile}`);
    for (const [option, value] of Object.entries({ timeoutMs, syncTimeoutMs }))
      if (typeof value !== 'number' || !(value >= 0))
        throw new RuntimeOptionsError(
          `controller ${options.name}: ${option} is ${shown(value)}; it must be a number of milliseconds, 0 or more`,
        );
    if (!Array.isArray(sources)) throw new RuntimeOptionsError(`controller ${options.name}: sources must be a list`);
    this.#o = options;
    this.name = options.name;
    this.#clock = options.clock ?? systemClock;
    this.queue = createWorkQueue<K>({
      name: options.name,
      idOf: options.idOf,
      clock: this.#clock,
      order: 'priority',
      rateLimiter: options.rateLimiter ?? createRateLimiter(this.#clock, { jitter: 0.2 }),
      ...(options.agingMs === undefined ? {} : { agingMs: options.agingMs }),
    });
    this.#bucket = options.runLimit === undefined ? undefined : tokenBucket({ burst: 1, ...options.runLimit, clock: this.#clock });
    this.#turns = turnsOf(this.#clock);
    this.#states = new KeptStates<S>(options.name, options.states);
    this.#synced.promise.catch(() => {}); // Nobody need wait for it.
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get counters(): ControllerCounters {
    return { ...this.#counters };
  }

  get overdue(): readonly { readonly id: string; readonly runId: string; readonly ms: number }[] {
    return [...this.#runs]
      .filter((run) => run.overdue)
      .map(({ id, runId, startedAt }) => ({ id, runId, ms: this.#clock.now() - startedAt }));
  }

  get waitingFor(): string {
    if (this.#trouble !== '') return this.#trouble;
    if (!this.#started) return `${this.name} is not started`;
    return this.#hasSynced ? '' : `${this.name} waits for ${[...this.#unsynced].map((source) => describe(source)).join('; ')}`;
  }

  start(): void {
    if (this.#started || this.#stopped !== undefined) return;
    this.#started = true;
    const { sources = [], syncTimeoutMs = 0 } = this.#o;
    const { signal } = this.#stopping;
    const enqueue = (key: K, how: { readonly priority?: number; readonly afterMs?: number } = {}): void => this.enqueue(key, how);
    for (const source of sources) this.#unsynced.add(source);
    const timer = new AbortController();
    const all = Promise.all(
      sources.map(async (source) => {
        await source.start(enqueue, signal, (error) => this.#sourceFailed(source.name, error));
        this.#unsynced.delete(source);
      }),
    );
    all.then(
      () => {
        timer.abort();
        this.#hasSynced = true;
        this.#synced.resolve();
      },
      (error: unknown) => {
        timer.abort();
        if (!signal.aborted) this.#trouble = `${this.name}: a source failed: ${messageOf(error)}`;
        this.#synced.reject(error);
      },
    );
    if (syncTimeoutMs > 0) {
      this.#clock.sleep(syncTimeoutMs, timer.signal).then(
        () => {
          const waiting = [...this.#unsynced].map((source) => describe(source)).join('; ');
          this.#synced.reject(new SyncTimeoutError(`${this.name} was not complete within ${syncTimeoutMs} ms: ${waiting}`));
        },
        () => {},
      );
    }
  }

  #sourceFailed(source: string, error: unknown): void {
    this.#counters.sourceErrors += 1;
    this.#report({ type: 'source-failed', source, error });
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return this.#synced.promise;
    const { controller, unlink } = linkedController(signal);
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => {});
    const onAbort = (): void => aborted.reject(signal.reason);
    controller.signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      unlink();
    }
  }

  enqueue(key: K, options: { readonly priority?: number; readonly afterMs?: number } = {}): void {
    const how = options.priority === undefined ? {} : { priority: options.priority };
    if (options.afterMs === undefined) this.queue.add(key, how);
    else this.queue.addAfter(key, options.afterMs, how);
  }

  async work(signal: AbortSignal, options: WorkOptions = {}): Promise<void> {
    if (this.#working > 0) throw new RuntimeOptionsError(`controller ${this.name} works already`);
    this.start();
    this.#working = 1;
    try {
      try {
        await this.whenSynced(signal);
      } catch (error) {
        if (signal.aborted || this.#stopping.signal.aborted) return;
        throw error;
      }
      await Promise.all(Array.from({ length: this.#o.concurrency ?? 1 }, () => this.#worker(signal, options)));
    } finally {
      this.#working = 0;
    }
  }

  async #worker(signal: AbortSignal, options: WorkOptions): Promise<void> {
    while (!signal.aborted) {
      let item: WorkItem<K> | undefined;
      try {
        await this.#pace(signal);
        item = await this.queue.get(signal);
      } catch {
        return;
      }
      if (item === undefined) return;
      await this.#run(item, signal, options);
    }
  }

  /** Waits for the limit of runs; and lets the event loop turn after 4 ms of work, since runs that never wait would keep it for themselves. */
  async #pace(signal: AbortSignal): Promise<void> {
    const wait = this.#bucket?.next('') ?? 0;
    if (wait > 0) await this.#clock.sleep(wait, signal);
    const turn = this.#turns.due();
    if (turn !== undefined) await turn;
  }

  async #run(item: WorkItem<K>, outer: AbortSignal, { term = 0, check }: WorkOptions): Promise<void> {
    const { key, failures, priority } = item;
    this.#runNumber += 1;
    const run: Run = { id: this.#o.idOf(key), runId: `${this.name}-${this.#runNumber}`, startedAt: this.#clock.now(), overdue: false };
    const running = runContext(outer, { runId: run.runId, failures, priority, term }, { states: this.#states, id: run.id }, check);
    const { timeoutMs = 0 } = this.#o;
    const timer = timeoutMs > 0 ? new AbortController() : undefined;
    this.#runs.add(run);
    this.#states.begins(run.id);
    this.#counters.runs += 1;
    if (timer !== undefined) {
      this.#clock.sleep(timeoutMs, timer.signal).then(
        () => {
          run.overdue = true;
          this.#counters.timeouts += 1;
          running.abort(new ReconcileTimeoutError(this.name, run.id, timeoutMs));
          this.#report({ type: 'timeout', key, runId: run.runId, afterMs: timeoutMs });
        },
        () => {},
      );
    }
    try {
      const result = await this.#o.reconcile(key, running.context);
      this.#succeeded(key, run, checkResult(this.name, result));
    } catch (error) {
      this.#failed(item, run, error, outer);
    } finally {
      timer?.abort(TIMER_OVER);
      running.end();
      await this.#states.ends(run.id)?.catch((error: unknown) => this.#sourceFailed('states', error));
      this.#runs.delete(run);
      this.durations.observe((this.#clock.now() - run.startedAt) / 1000);
      this.queue.done(key);
    }
  }

  #succeeded(key: K, run: Run, result: Result): void {
    this.#counters.succeeded += 1;
    this.#conflicts.over(run.id);
    this.queue.forget(key);
    const after = result.requeueAfterMs;
    if (after !== undefined) {
      this.#counters.requeues += 1;
      // Not the priority of this run: a key of the initial list would stay behind all others for ever.
      this.queue.addAfter(key, after, { priority: result.priority ?? 0 });
    }
    this.#report({
      type: 'done',
      key,
      runId: run.runId,
      ms: this.#clock.now() - run.startedAt,
      ...(after === undefined ? {} : { requeueAfterMs: after }),
    });
  }

  #failed(item: WorkItem<K>, run: Run, error: unknown, outer: AbortSignal): void {
    const { key, priority } = item;
    if (outer.aborted) {
      // Ended by us, not by itself: it counts as no failure, and the next one who works takes it up.
      if (this.queue.shuttingDown) this.#interrupted.set(run.id, key);
      else this.queue.add(key, { priority });
      return;
    }
    const { panic, terminal, retryAfterMs } = readFailure(error);
    if (panic) this.#counters.panics += 1;
    if (terminal) {
      this.#counters.terminal += 1;
      this.#conflicts.over(run.id);
      this.#report({ type: 'terminal', key, runId: run.runId, error: this.#forgotten(key, error) });
      return;
    }
    if (this.#conflicts.again(run.id, error)) {
      this.#counters.conflicts += 1;
      this.queue.add(key, { priority });
      this.#report({ type: 'conflict', key, runId: run.runId, error });
      return;
    }
    this.#counters.failed += 1;
    try {
      const retryInMs = this.queue.addRateLimited(key, { priority, atLeastMs: retryAfterMs });
      this.#report({ type: 'failed', key, runId: run.runId, error, retryInMs });
    } catch (limiter) {
      // A rate limiter of the program that fails must not cost the key its next run.
      const retryInMs = Math.max(LIMITER_FAILED_MS, retryAfterMs);
      this.queue.addAfter(key, retryInMs, { priority });
      this.#report({ type: 'failed', key, runId: run.runId, error: this.#limiterFailed(limiter, error), retryInMs });
    }
  }

  /** The key's failures no longer count. Gives the error to report: one that names a rate limiter of the program that fails at it, too. */
  #forgotten(key: K, error: unknown): unknown {
    try {
      this.queue.forget(key);
      return error;
    } catch (limiter) {
      return this.#limiterFailed(limiter, error);
    }
  }

  #limiterFailed(limiter: unknown, error: unknown): Error {
    const reason = `controller ${this.name}: the rate limiter failed: ${messageOf(limiter)}; the run before failed: ${messageOf(error)}`;
    return new Error(reason, { cause: error });
  }

  endState(key: K, uid: string): Promise<void> {
    return this.#states.gone(this.#o.idOf(key), uid);
  }

  #report(report: ReconcileReport<K>): void {
    try {
      this.#o.onReport?.(report);
    } catch {
      // A report that cannot be written must not cost the key its next run.
    }
  }

  stop(options: { readonly deadlineMs?: number } = {}): Promise<DrainResult<K>> {
    this.#stopped ??= this.#end(options.deadlineMs ?? 30_000);
    return this.#stopped;
  }

  async #end(deadlineMs: number): Promise<DrainResult<K>> {
    const stopped = new StoppedError(`controller ${this.name}`);
    this.#stopping.abort(stopped);
    this.#synced.reject(stopped);
    // Without a worker nobody takes what is ready.
    const { drained, abandoned } = await this.queue.drain({ deadlineMs: this.#working === 0 ? 0 : deadlineMs });
    return { drained, abandoned: [...abandoned, ...this.#interrupted.values()] };
  }
}

function describe<K>(source: Source<K>): string {
  const state = source.state?.() ?? '';
  return state === '' ? source.name : `${source.name} (${state})`;
}
