import type { ScopeId, View } from '@kubecast/store';
import type { WriteReceipt } from '@kubecast/client';
import type { Delta } from './delta.ts';

export type ReflectorState =
  | 'Idle' | 'Streaming' | 'Listing' | 'Watching' | 'BackingOff' | 'Stale' | 'Forbidden' | 'Gone' | 'Regressed' | 'Stopped';

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
  readonly epoch: number;
}

export type Handler<T> = (delta: Delta<T>, signal: AbortSignal) => void | Promise<void>;

export interface HandlerOptions<T> {
  readonly filter?: (entry: Delta<T>['entry']) => boolean;
  /** Milliseconds between replays of the store to this handler; default: the informer's. 0: never. */
  readonly resyncMs?: number;
  /** Distinct (key, UID) pairs that may wait. Default 1,024. */
  readonly buffer?: number;
  /** Keys handled at once; one key is never handled twice at once. Default 16. */
  readonly workers?: number;
  /** What happens when the buffer is full. Default 'coalesce'. */
  readonly overflow?: 'coalesce' | 'resync';
  readonly withPrevious?: boolean;
  /** Called for what the handler throws; the handler goes on. */
  readonly onError?: (error: unknown, delta: Delta<T>) => void;
  readonly name?: string;
}

export interface HandlerHandle extends Disposable {
  /** Resolves once the handler has settled its last initial item (processed, not queued). */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  remove(): void;
}

export interface Informer<T> extends AsyncDisposable {
  readonly view: View<T>;
  scopes(): readonly ScopeStatus[];
  readonly hasSynced: boolean;
  /** Resolves when every scope holds a complete list in the view; rejects when the signal is aborted. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  handle(handler: Handler<T>, options?: HandlerOptions<T>): HandlerHandle;
  /** Called after each change of a scope's state. Gives back its undo. */
  onStatus(listener: (status: ScopeStatus) => void): Disposable;
  waitFor(
    what: WriteReceipt | { readonly scope: ScopeId; readonly version: string },
    options: { readonly signal?: AbortSignal; readonly deadlineMs: number },
  ): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}
