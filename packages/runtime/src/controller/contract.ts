import type { Clock } from '@kubecast/clock';
import type { StatefulMap } from '@kubecast/concurrent-map';
import type { RateLimiter } from '../queue/limiters.ts';
import type { DrainResult, WorkQueue } from '../queue/work-queue.ts';
import type { DurationHistogram } from '../timing/duration-histogram.ts';
import type { Reconcile, ReconcileReport, Source } from './reconcile.ts';

export interface ControllerOptions<K, S = never> {
  /** Names it in metrics, reports and messages. */
  readonly name: string;
  readonly sources?: readonly Source<K>[];
  readonly reconcile: Reconcile<K, S>;
  /** Identity of a key; injective. */
  readonly idOf: (key: K) => string;
  /** Keys that run at the same time; one key never does. Default 1. */
  readonly concurrency?: number;
  /** Milliseconds after which a run's signal is aborted and the run is reported. Default 0: never. */
  readonly timeoutMs?: number;
  /** Milliseconds until all sources must be complete, else `whenSynced` rejects with SyncTimeoutError. Default 0: wait. */
  readonly syncTimeoutMs?: number;
  /** How long a failed key waits. Default: client-go's (`createRateLimiter`), shortened by up to a fifth at random. */
  readonly rateLimiter?: RateLimiter;
  /** Runs of all keys together: so many a second, after a burst. Default: no limit; failed keys have the rate limiter's bucket. */
  readonly runLimit?: { readonly perSecond: number; readonly burst?: number };
  readonly agingMs?: number;
  /**
   * What reconciles keep between runs, as `context.states`: under the key's id, by the UID of the object. Default: nothing is kept. The states of an object end by
   * `endState`, which a manager calls by itself.
   */
  readonly states?: StatefulMap<S>;
  readonly clock?: Clock;
  readonly onReport?: (report: ReconcileReport<K>) => void;
}

export interface ControllerCounters {
  readonly runs: number;
  readonly succeeded: number;
  /** Failed runs that are tried again. */
  readonly failed: number;
  readonly terminal: number;
  /** Of the failures, those that are mistakes in the program: TypeError, ReferenceError, RangeError, SyntaxError, no Error at all, or a bad result. */
  readonly panics: number;
  /** Runs whose time was over, counted when it was, also while they still run. */
  readonly timeouts: number;
  readonly requeues: number;
  /** Runs that threw a ConflictError of their states, and were run again at once. */
  readonly conflicts: number;
  /** What map functions and predicates of the sources threw. */
  readonly sourceErrors: number;
}

export interface WorkOptions {
  /** The term of leadership. Default 0. */
  readonly term?: number;
  /** Throws when leadership is over; a run's `context.check()` calls it. Default: there is no leadership to lose. */
  readonly check?: () => void;
}

/** A loop that brings the world to what objects ask for: sources add keys, workers reconcile them. */
export interface Controller<K> {
  readonly name: string;
  readonly queue: WorkQueue<K>;
  /** Starts the sources: keys are collected, nothing runs yet. So a standby is warm when it becomes leader. Idempotent. */
  start(): void;
  /** Resolves when every source is complete; rejects with SyncTimeoutError, the signal's reason, or a source's failure. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  readonly hasSynced: boolean;
  /** What the controller is waiting for, in words; '' when it works. For health checks. */
  readonly waitingFor: string;
  /**
   * Works until the signal is aborted: then aborts every run, and resolves when all have ended. Waits for the sources first. May be called
   * again after it resolved (leadership that comes back); not while it runs.
   */
  work(signal: AbortSignal, options?: WorkOptions): Promise<void>;
  /** Adds a key by hand. */
  enqueue(key: K, options?: { readonly priority?: number; readonly afterMs?: number }): void;
  /** Tells that the object with this UID is gone: its kept state ends, also one that a run of the key writes after this. */
  endState(key: K, uid: string): Promise<void>;
  /** Ends sources and queue; runs until what is ready was done or the deadline passed. Idempotent. */
  stop(options?: { readonly deadlineMs?: number }): Promise<DrainResult<K>>;
  readonly counters: ControllerCounters;
  /** Seconds a run. */
  readonly durations: DurationHistogram;
  /** Runs that went past their time and have not ended. */
  readonly overdue: readonly { readonly id: string; readonly runId: string; readonly ms: number }[];
}
