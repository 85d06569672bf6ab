import type { ResourceSource } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import type { Clock } from '@kubecast/clock';
import type { HotOptions, IndexExtractor, SharedOptions } from '@kubecast/store';
import type { ReflectorLimits } from './limits.ts';
import type { ReflectorReport } from './reflector-report.ts';
import type { Scope } from './scope.ts';
import type { ServerDescription } from './server-identity.ts';
import type { ServerCapabilities } from './server-capabilities.ts';

/** What an informer needs of a client. `@kubecast/client`'s is one. */
export interface SourceClient {
  resource(type: ResourceType): {
    source(options: { readonly namespace?: string }): ResourceSource;
    /** For informers of the metadata alone. */
    asMetadata?(): { source(options: { readonly namespace?: string }): ResourceSource };
    /** Reads one object. It is asked for the Namespace `kube-system`, whose UID tells one server from another. */
    get?(name: string, options: { readonly signal?: AbortSignal }): Promise<unknown>;
  };
  /** Where the server is. A file that was saved from another server is not used. */
  readonly connection?: { readonly server: string; readonly ca?: string };
}

/** Where the objects of one cluster come from. */
export interface ClusterOptions {
  /** The cluster's part of the keys; `''` where there is one. */
  readonly cluster: string;
  /** A client, or sources by namespace (`''`: all). One of both. */
  readonly client?: SourceClient;
  readonly source?: ResourceSource | ((namespace: string) => ResourceSource);
  /** Default `['']`: all namespaces, by one watch. Each namespace named is watched by a stream of its own. None: nothing yet. */
  readonly namespaces?: readonly string[];
  /** What is known of the server; share one among the informers of one server. */
  readonly capabilities?: ServerCapabilities;
  /** Which server the `source` reads, so that a file of another server is not used. Default: what the client says. */
  readonly server?: ServerDescription;
}

/** How the informer's own store keeps its objects, and which of them parsed. */
export interface StoreSettings extends HotOptions {
  /** Keeps the store in shared memory, so that other threads may read it: `informer.share()` gives the handle for `attach` of `@kubecast/store`. */
  readonly shared?: SharedOptions | true;
}

export interface InformerOptions<T> extends Omit<ClusterOptions, 'cluster'> {
  readonly type: ResourceType<T>;
  /**
   * Asks the server for the metadata alone (PartialObjectMetadata): names, labels, owners, versions, at a fraction of the bytes. `T` must say so;
   * `createMetadataInformer` does. A `source` must give this form then.
   */
  readonly metadataOnly?: boolean;
  /** Default `''`. */
  readonly cluster?: string;
  /** More clusters in the same view, each with its own state: one that is dead or forbidden blocks no other. */
  readonly clusters?: readonly ClusterOptions[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexes?: Readonly<Record<string, IndexExtractor<T>>>;
  /** Paths dropped before anything is kept. Default: metadata.managedFields. */
  readonly drop?: readonly (readonly string[])[];
  /** Changes each object before it is kept; every list and every event goes through it. Must be pure. */
  readonly transform?: (object: Record<string, unknown>) => Record<string, unknown>;
  /** Milliseconds between replays of the store to the handlers that name none themselves. Default 0: never. */
  readonly resyncMs?: number;
  readonly clock?: Clock;
  readonly limits?: Partial<ReflectorLimits>;
  /** Something cost an object or a detour: worth a line in a log. */
  readonly onReport?: (report: ReflectorReport, scope: Scope) => void;
  /** How the store keeps its objects. The informer makes the store itself: the order of versions, `indexes`, `drop` and `transform` are its own. */
  readonly store?: StoreSettings;
}
