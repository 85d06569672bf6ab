import type { Service } from '@kubecast/crd';
import type { Informer, ScopeStatus } from '@kubecast/informer';
import type { Clock } from '@kubecast/clock';
import type { AppModelLike } from '../claims/announcement.ts';
import type { AppAnswer, Freshness, ModelAnswer, ModelListener, ResolveOptions } from './answer.ts';
import type { StateCounts } from './model-core.ts';
import type { PayloadSource } from './payload-source.ts';
import type { AllowEndpoint } from '../endpoints/endpoint-book.ts';
import type { Problem } from '../claims/problem.ts';
import type { EndpointsLike, EndpointSliceLike } from '../endpoints/read-endpoints.ts';

/** Where endpoints are watched: one kind, whichever the cluster serves. */
export type EndpointsSource =
  | { readonly kind: 'EndpointSlice'; readonly informer: Informer<EndpointSliceLike> }
  | { readonly kind: 'Endpoints'; readonly informer: Informer<EndpointsLike> };

/** What an index stands on. `createModelIndex` makes the parts from a client and a Redis; tests and embedders may bring their own. */
export interface ModelIndexParts {
  readonly appModels: Informer<AppModelLike>;
  /** Reads what an object announces, where it is no AppModel. Must be pure. */
  readonly announce?: (object: unknown) => AppModelLike;
  readonly services: Informer<Service>;
  /** A function where the cluster must be asked first; called once, at the start. It must not reject before its signal is aborted. */
  readonly endpoints: EndpointsSource | ((signal: AbortSignal, onTrouble: (reason: string) => void) => Promise<EndpointsSource>);
  readonly payloads: PayloadSource;
  /** The connection that payloads come over, if there is one to tell of. */
  readonly redis?: () => RedisStatus;
  /** Begins what was made for the index alone. */
  readonly open?: () => void;
  /** Ends what was made for the index alone, after it stopped. */
  readonly close?: () => Promise<void>;
}

/** The state of the connection to Redis. */
export interface RedisStatus {
  /** 'idle': nothing was wanted yet. 'refused': the user or password is not accepted; it goes on to try. */
  readonly state: 'idle' | 'connecting' | 'ready' | 'refused' | 'closed';
  readonly reason: string;
  /** Clock.now() of the last change. */
  readonly since: number;
}

export interface ModelIndexSettings {
  readonly clock?: Clock;
  /** The zone of this process; endpoints meant for it are preferred where the cluster gives hints. */
  readonly zone?: string;
  /**
   * Whether an endpoint is used although its address cannot be that of a Pod (loopback, link-local, a name ...); for development. Without it no such
   * endpoint is ever given: it is a problem of its app, and counted.
   */
  readonly allowEndpoint?: AllowEndpoint;
  /** Milliseconds between two resyncs, spread by a tenth. Default 300,000; 0: never. */
  readonly resyncMs?: number;
  /** Told of what a subscriber or a handler throws. */
  readonly onError?: (error: unknown) => void;
}

export interface ModelIndexCounters {
  readonly resyncs: number;
  /** Models that a resync changed: what the watch had not handed over yet, or what was missed. */
  readonly resyncRepairs: number;
  readonly deltas: number;
  /** Objects that could not be decoded. */
  readonly undecodable: number;
  readonly listenerErrors: number;
  /** Endpoints that were left out because of their address, each time the endpoints of their Service were joined. */
  readonly addressesRefused: number;
}

/** The state of one watched kind in one scope. */
export interface SourceStatus extends Pick<
  ScopeStatus,
  'namespace' | 'state' | 'reason' | 'synced' | 'resourceVersion' | 'ageMs' | 'epoch'
> {
  readonly kind: 'AppModel' | 'Service' | 'EndpointSlice' | 'Endpoints';
}

/**
 * Model to app to endpoints, in the memory of this process, with the loaded metadata. Reads are synchronous and never wait for the
 * cluster or for Redis: what is not known yet says so in its state. Answers are consistent within one turn of the event loop.
 */
export interface ModelIndex extends AsyncDisposable {
  /** Undefined: nobody announces the model in the namespace. */
  resolve(namespace: string, model: string, options?: ResolveOptions): ModelAnswer | undefined;
  /**
   * As `resolve`, with the metadata: at once where it is in memory, else after it was read from Redis; all who wait for one model share one read. Rejects with
   * a MetadataNotLoadedError, which has the answer without metadata, when the read fails; ends by its signal.
   */
  load(namespace: string, model: string, options?: { readonly signal?: AbortSignal }): Promise<ModelAnswer | undefined>;
  app(namespace: string, app: string): AppAnswer | undefined;
  /** All models of a namespace by name, or those of one app in the order of its list. */
  models(namespace: string, app?: string): readonly ModelAnswer[];
  apps(namespace: string): readonly AppAnswer[];
  namespaces(): readonly string[];
  /** Sorted; for a walk in steps where `models` would be too much at once. */
  modelNames(namespace: string): readonly string[];
  appNames(namespace: string): readonly string[];
  states(): StateCounts;
  problems(): readonly Problem[];
  /** Tells of each change after the index holds it; what stands already is not told. Gives back its undo. */
  subscribe(listener: ModelListener): Disposable;
  /**
   * Whether every scope was listed: from now on `resolve` gives the app and the endpoints of every model. Waits for the API server only, never for
   * Redis; metadata that is not there yet is `state: 'missing'`. Never turns false again.
   */
  readonly hasRoutes: boolean;
  /**
   * Whether every scope was listed, and the metadata of what was found then was loaded, is known to be missing, or cannot be loaded because Redis
   * is away (it is loaded as soon as Redis is back). Never turns false again.
   */
  readonly hasSynced: boolean;
  /** Resolves when `hasSynced` turns true; rejects with the signal's reason. */
  readonly synced: Promise<void>;
  whenSynced(signal?: AbortSignal): Promise<void>;
  freshness(namespace: string): Freshness;
  sources(): readonly SourceStatus[];
  /** The informers by resource, for their counters and views; that of the endpoints once the cluster was asked for it. */
  informers(): readonly { readonly resource: string; readonly informer: Pick<Informer<unknown>, 'view' | 'scopes'> }[];
  /** Undefined where payloads do not come from a Redis. */
  redis(): RedisStatus | undefined;
  /** Compares everything with the watched objects and tries again what failed to load. Done by itself every `resyncMs`. */
  resync(): void;
  readonly counters: ModelIndexCounters;
  readonly modelCount: number;
  readonly appCount: number;
  /** Grows with whatever may change an answer or a problem; equal numbers, equal answers but for ages and what failed to load. */
  readonly revision: number;
  start(): void;
  /** Ends watching and loading; what is held can still be read. Idempotent. */
  stop(): Promise<void>;
}
