import type { KeyStates } from './kept-states.ts';

/** What a reconcile may ask for. Nothing: the key is done until something changes. */
export interface Result {
  /**
   * Run the key again after this many milliseconds; 0: at once, behind the keys that are ready. Of several such times for one key the earliest
   * counts. A change that comes first runs the key at once; the time stands all the same. A value that is no finite number of 0 or more
   * fails the run with ReconcileResultError.
   */
  readonly requeueAfterMs?: number;
  /** The priority of that run; default: 0, also where this run came with a low one. */
  readonly priority?: number;
}

export interface ReconcileContext<S = never> {
  /** Aborted when the run's time is over, when leadership ends, and when the controller stops. Hand it to everything that waits. */
  readonly signal: AbortSignal;
  /**
   * Throws unless the run may act at this very moment: with LeadershipLostError when leadership is over, else with the signal's reason. Call it
   * right before a write: a stalled event loop or a suspended machine delays the signal, but not this.
   */
  check(): void;
  /** Unique in the process, for logs. */
  readonly runId: string;
  /** Failures in a row before this run. */
  readonly failures: number;
  readonly priority: number;
  /**
   * What the controller keeps under the key between runs, by the UID of its object: needs the option `states`. A ConflictError that the reconcile throws runs the
   * key again at once.
   */
  readonly states: KeyStates<S>;
  /** The term of leadership, to fence writes with: grows with each new leader. 0 without election. */
  readonly term: number;
}

/** Brings the world to what the key's object asks for. Reads the state itself; must be repeatable. */
export type Reconcile<K, S = never> = (key: K, context: ReconcileContext<S>) => Promise<Result | void> | Result | void;

/** Who adds keys to a controller. */
export interface Source<K> {
  /** Names it in states and messages. */
  readonly name: string;
  /**
   * Begins; resolves when everything that stood at the start was enqueued. Called once. Rejects with the signal's reason. `onError` is
   * told what a map function or a predicate throws: it costs the one change that it was called for.
   */
  start(enqueue: Enqueue<K>, signal: AbortSignal, onError?: (error: unknown) => void): Promise<void>;
  /** What it is waiting for, in words, while it is not complete. */
  readonly state?: () => string;
}

export type Enqueue<K> = (key: K, options?: { readonly priority?: number; readonly afterMs?: number }) => void;

/** What a controller tells of: worth a line in a log, with the key and the run. */
export type ReconcileReport<K> =
  | { readonly type: 'failed'; readonly key: K; readonly runId: string; readonly error: unknown; readonly retryInMs: number }
  | { readonly type: 'terminal'; readonly key: K; readonly runId: string; readonly error: unknown }
  /** Another write to a kept state was first: the key runs again at once. */
  | { readonly type: 'conflict'; readonly key: K; readonly runId: string; readonly error: unknown }
  | { readonly type: 'source-failed'; readonly source: string; readonly error: unknown }
  | { readonly type: 'timeout'; readonly key: K; readonly runId: string; readonly afterMs: number }
  | { readonly type: 'done'; readonly key: K; readonly runId: string; readonly ms: number; readonly requeueAfterMs?: number };
