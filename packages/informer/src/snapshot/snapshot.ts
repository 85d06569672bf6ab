import type { ScopeId, StoreFileSystem } from '@kubecast/store';
import type { InformerOptions } from '../contract/informer-options.ts';

/** Where an informer keeps its state over restarts. */
export interface SnapshotPlace {
  readonly files: StoreFileSystem;
  readonly path: string;
  /** Milliseconds between saves while it runs. Default 0: on stop and on demand only. */
  readonly everyMs?: number;
  /** Names the transform, where there is one: a file that was made by another is not used. */
  readonly transformName?: string;
  /** Must be true to keep Secrets in a file. */
  readonly secrets?: boolean;
}

/** What a file was made of; one with another identity is not ours. */
export function snapshotIdentity<T>(options: InformerOptions<T>, place: SnapshotPlace): string {
  const { type, metadataOnly, cluster, clusters, labelSelector, fieldSelector, drop, transform } = options;
  return JSON.stringify([
    [cluster ?? '', ...(clusters ?? []).map((one) => one.cluster)],
    type.group,
    type.version,
    metadataOnly === true ? `${type.plural} (metadata)` : type.plural,
    labelSelector ?? '',
    fieldSelector ?? '',
    drop ?? null,
    transform === undefined ? null : (place.transformName ?? 'unnamed'),
  ]);
}

/** What a restored informer begins with. */
export interface RestoredState {
  readonly versions: ReadonlyMap<ScopeId, string>;
  /** Milliseconds since the epoch, by the calendar of who saved it. */
  readonly savedAt: number;
}
