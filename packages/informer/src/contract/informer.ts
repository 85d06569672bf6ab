import type { IndexExtractor, KeyInput, ScopeId, StoreCounters, StoreHandle, View } from '@kubecast/store';
import type { WriteReceipt } from '@kubecast/client';
import type { Delta } from './delta.ts';
import type { ClusterOptions } from './informer-options.ts';
import type { HandlerCounters } from './handler-counters.ts';
import type { ReflectorCounters } from './reflector-report.ts';

import type { WriteBarrier } from './write-barrier.ts';

export type ReflectorState =
  | 'Idle'
  | 'Streaming'
  | 'Listing'
  | 'Watching'
  | 'BackingOff'
  | 'Stale'
  | 'Forbidden'
  | 'Gone'
  | 'Regressed'
  | 'Failed'
  | 'Stopped';

/** The state of one scope of an informer, as a value. */
export interface ScopeStatus {
  readonly scope: ScopeId;
  readonly cluster: string;
  /** `''`: all namespaces. */
  readonly namespace: string;
  readonly state: ReflectorState;
  /** Why it is in this state, in words. */
  readonly reason: string;
  /** Clock.now() of the last change of state. */
  readonly since: number;
  /** Whether a complete list stands in the view. */
  readonly synced: boolean;
  readonly resourceVersion: string;
  /** Milliseconds since the last event or bookmark; Infinity before the first. */
  readonly ageMs: number;
  /** Grows when the server is found to have gone back (a restored etcd, a replaced cluster). Versions compare within an epoch only. */
  readonly epoch: number;
  readonly counters: Readonly<ReflectorCounters>;
}

export type Handler<T> = (delta: Delta<T>, signal: AbortSignal) => void | Promise<void>;

export interface HandlerOptions<T> {
  readonly filter?: (entry: Delta<T>['entry']) => boolean;
  /** Milliseconds between replays of the store to this handler; default: the informer's. 0: never. */
  readonly resyncMs?: number;
  /** Distinct (key, UID) pairs that may wait. Default 1,024. */
  readonly buffer?: number;
  /**
   * Bytes of records, `previous` among them, that what waits may keep alive. Default 16 MiB. Beyond it, as beyond the buffer, only keys wait: an
   * object is read from the view when its turn comes, and `previous` is not told. A delete keeps its last state, which stands nowhere else.
   */
  readonly pinnedBytes?: number;
  /** Keys handled at once; one key is never handled twice at once. Default 16. */
  readonly workers?: number;
  /**
   * What happens when more than `buffer` wait. 'coalesce' (default): only their keys are kept, and nothing is dropped. 'resync': what
   * waits is dropped but for deletes, and the whole store is handed out again once the handler has caught up (origin 'resync'); bounded by
   * the buffer and the deletes, at the price of a map of what the handler was given, and without `previous`.
   */
  readonly overflow?: 'coalesce' | 'resync';
  /** Whether an update tells what the handler was given before it, as `previous`; absent where that became too much to keep. */
  readonly withPrevious?: boolean;
  /** Called for what the handler throws; the handler goes on. */
  readonly onError?: (error: unknown, delta: Delta<T>) => void;
  readonly name?: string;
}

export interface HandlerHandle extends Disposable {
  /**
   * Resolves once the handler has settled its last initial item (processed, not queued). Rejects when the handler is removed before, and with
   * ScopeFailedError where `whenSynced` does.
   */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  readonly name: string;
  readonly counters: Readonly<HandlerCounters>;
  /** Distinct (key, UID) pairs that wait for it now. */
  readonly waiting: number;
  /** Bytes of records that what waits keeps alive. */
  readonly pinned: number;
  /** Takes it away: its signal is aborted, nothing more is handed to it. A second call does nothing. */
  remove(): void;
}

export interface DeltasOptions<T> extends Omit<HandlerOptions<T>, 'workers'> {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/** An iteration over deltas. `return()`, `throw()` and `await using` end it at once, also while a `next()` waits, which then resolves as done. */
export interface DeltaIterator<T> extends AsyncIterableIterator<Delta<T>, undefined>, AsyncDisposable {}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly deadlineMs: number;
  /** A barrier that was taken before the write: a receipt that proves by it that the server went back is waited for in the new epoch. */
  readonly after?: WriteBarrier;
}

/**
 * After `stop()` the view, the states and the counters stay readable. What would begin something (`start`, `handle`, `addIndex`, `setNamespaces`,
 * `addCluster`, `removeCluster`, `onStatus`) throws InformerStoppedError, what would wait (`whenSynced`, `waitFor`, `save`) settles at once, and an
 * iteration is over.
 */
export interface Informer<T> extends AsyncDisposable {
  readonly view: View<T>;
  /** What the store behind the view counts: objects, bytes, and how often a read found its value parsed. */
  readonly storeCounters: StoreCounters;
  /**
   * What another thread needs to read the view: see `attach` of `@kubecast/store`.
   * @throws StoreError STORE_PRIVATE if the informer was not made with `store: { shared }`
   */
  share(): StoreHandle;
  /** Adds an index to the view while it is live: `select({ index: { name, value } })` finds by it at once what stands there. Pure. */
  addIndex(name: string, extract: IndexExtractor<T>): void;
  scopes(): readonly ScopeStatus[];
  readonly hasSynced: boolean;
  /**
   * Resolves when every scope holds a complete list in the view. Rejects when the signal is aborted, when the informer is stopped before, and with
   * ScopeFailedError when a scope without a complete list is `Failed` for good: its client was closed. Every other failure is tried again.
   */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /**
   * Adds a handler, at any time. It is handed each object that stands in the view once, as 'added', then every change; changes of one
   * object that it has not taken yet fold into one, so it always ends at the final state of each. Order is kept per object, not between
   * objects. What it throws is counted and given to `onError`; it costs no other handler and never the watch.
   */
  handle(handler: Handler<T>, options?: HandlerOptions<T>): HandlerHandle;
  /**
   * The same as an async iteration: one delta at a time, settled when the next is asked for. It ends when the signal is aborted or the
   * informer is stopped. The handler behind it is registered by the first `next()`.
   */
  deltas(options?: DeltasOptions<T>): DeltaIterator<T>;
  readonly handlers: readonly HandlerHandle[];
  /** Called after each change of a scope's state. Gives back its undo. */
  onStatus(listener: (status: ScopeStatus) => void): Disposable;
  /**
   * Resolves when a version is reached in a scope, or a write stands in the view or was overtaken (deletes by UID). Rejects with
   * WaitTimeoutError after `deadlineMs`, with the signal's reason, and with InformerStoppedError when the informer is stopped.
   */
  waitFor(what: WriteReceipt | { readonly scope: ScopeId; readonly version: string }, options: WaitOptions): Promise<void>;
  /** Notes what was seen of a key before a write to it, for `observeReceipt` and `waitFor`. Cheap. */
  writeBarrier(key: KeyInput): WriteBarrier;
  /**
   * Gives the informer a write's receipt with the barrier taken before the write began. True: the receipt's version stands at or below what was
   * seen before, which only a server that went back can answer (etcd restored under an API server that lives on, whose lists and watches
   * still show the old state). The scope is then `Regressed`, keeps its view, and asks until the server shows another state.
   */
  observeReceipt(receipt: WriteReceipt, barrier: WriteBarrier): boolean;
  /**
   * Changes the namespaces that are watched (`['']`: all), while it runs. Scopes that stay are not touched. Objects of a namespace that is
   * taken away leave the view at once, as deletes with the cause 'scope-removed'. From single namespaces to all and back, no object leaves
   * the view or goes back to an older version on the way. `hasSynced` is false until the new scopes are complete.
   */
  setNamespaces(namespaces: readonly string[], cluster?: string): void;
  /** Adds another cluster to the view, while it runs. Throws if there is one of this name. */
  addCluster(options: ClusterOptions): void;
  /** Takes a cluster's objects out of the view, as deletes with the cause 'scope-removed'. False: there was none. */
  removeCluster(cluster: string): boolean;
  /**
   * Saves the view and the versions it stands at, in one piece, to where `restoreInformer` made it keep them. Throws
   * InformerOptionsError if it was made without such a place, the store's StoreFileError if the file cannot be written, and InformerStoppedError
   * after `stop()`, which has saved once more: the file may belong to another informer by then.
   */
  save(): Promise<void>;
  /** Begins to read. A second call does nothing; after `stop()` it throws InformerStoppedError. */
  start(): void;
  /**
   * Ends all streams and removes all handlers at once; resolves when nothing runs any more. The view stays readable. Further calls give the same
   * promise.
   */
  stop(): Promise<void>;
}
