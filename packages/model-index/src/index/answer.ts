import type { ResolvedEndpoint } from '../endpoints/endpoint-book.ts';
import type { PayloadState } from './payload-source.ts';

/** How fresh the index's picture of the cluster is, for one namespace. */
export interface Freshness {
  /** Up to which resourceVersion the AppModels of the namespace were seen. */
  readonly resourceVersion: string;
  /** Milliseconds since the last word of the API server. A quiet server says something each 60 s. Infinity before the first. */
  readonly ageMs: number;
}

/** Everything known about one model. A picture of the moment of the call; it does not change afterwards. */
export interface ModelAnswer {
  readonly namespace: string;
  readonly app: string;
  readonly appVersion: string;
  readonly model: string;
  /** The version of `metadata`. The announced one, unless `state` is stale; `''` where a stale value carries none. */
  readonly version: string;
  /**
   * 'current': metadata is what was announced. 'stale': it is the last good one, `announcedVersion` could not be loaded yet.
   * 'unverified': the value in Redis carries no version. 'missing': nothing was loaded, metadata is null.
   */
  readonly state: PayloadState;
  /** Milliseconds since `metadata` stopped being the announced one; 0 unless stale. */
  readonly staleForMs: number;
  /** Owned by the index: do not write to it. null where there is none, where it was evicted, and where it was not asked for. */
  readonly metadata: unknown;
  /** Only where the metadata is known and not in memory, since the budget is full (`payloadBytes`): `await index.load(namespace, model)` reads it. */
  readonly payload?: 'evicted';
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly freshness: Freshness;
  /** Only where it differs from `version`. */
  readonly announcedVersion?: string;
  /** Why the state is stale or missing. */
  readonly reason?: string;
  /** What the port of the app's Service speaks, where it says so (`https`, `kubernetes.io/h2c` ...). */
  readonly appProtocol?: string;
  /** The Service's name, where `appProtocol` is told: certificates of its endpoints are for it. */
  readonly service?: string;
  /** Why there are no endpoints. */
  readonly endpointsProblem?: string;
}

/** What is asked for of a model. */
export interface ResolveOptions {
  /** false: the metadata is left out (null). For routing: it is not parsed, and the call is no use that keeps it in memory. Default true. */
  readonly metadata?: boolean;
}

/** One model in the answer about an app. */
export interface AppModelEntry {
  readonly model: string;
  readonly version: string;
  readonly state: PayloadState;
  readonly staleForMs: number;
}

export interface AppAnswer {
  readonly namespace: string;
  readonly app: string;
  readonly appVersion: string;
  /** metadata.name of the AppModel that speaks for the app. */
  readonly appModel: string;
  /** In the order of the AppModel's list; without those that an older AppModel holds. */
  readonly models: readonly AppModelEntry[];
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly freshness: Freshness;
  readonly appProtocol?: string;
  readonly service?: string;
  readonly endpointsProblem?: string;
}

/** A change that a subscriber is told of, after the index holds it. */
export interface ModelEvent {
  readonly type: 'added' | 'updated' | 'removed';
  readonly namespace: string;
  readonly app: string;
  readonly model: string;
  /** The announced version; for 'removed' the last one. */
  readonly version: string;
  /** What changed: the AppModel, the metadata in memory, or the endpoints. */
  readonly what: 'announcement' | 'metadata' | 'endpoints';
}

export type ModelListener = (event: ModelEvent) => void;
