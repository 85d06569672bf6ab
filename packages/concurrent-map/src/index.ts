export { ConcurrentMap } from './concurrent/concurrent-map.ts';
export type { ConcurrentMapOptions } from './concurrent/concurrent-map.ts';
export type { WithKeyOptions } from './concurrent/key-lock.ts';
export type { MapSnapshot } from './concurrent/map-snapshot.ts';
export type { SubscribeOptions } from './concurrent/subscription.ts';
export type { MapChange, MapDifference, Versioned } from './concurrent/versioned.ts';
export {
  ChangesLostError,
  ConcurrentMapError,
  ConflictError,
  DeadlineError,
  isConcurrentMapError,
  isConflictError,
  KeyError,
  MapOptionsError,
  MapValueError,
  ReentryError,
  SnapshotDisposedError,
} from './errors.ts';
export { TenantCache } from './tenant/tenant-cache.ts';
export type { TenantCacheOptions, TenantHandle, TenantId, TenantLimits } from './tenant/tenant-cache.ts';
export type { TenantCounters } from './tenant/tenant-counters.ts';
export type { CollectionReport } from './tenant/collector.ts';
export { Indexer } from './keyed/indexer.ts';
export type { IndexFunc, Indexers } from './keyed/index-table.ts';
export {
  DeletedFinalStateUnknown,
  formatCompositeKey,
  metaNamespaceKey,
  parseCompositeKey,
  splitMetaNamespaceKey,
} from './keyed/object-keys.ts';
export type { CompositeKey, KeyFunc, NamedObject } from './keyed/object-keys.ts';
export { VersionCache } from './keyed/version-cache.ts';
export type { DeepReadonly } from './stateful/frozen-copy.ts';
export { StatefulMap } from './stateful/stateful-map.ts';
export type { KeptRecord, KeptState, StatefulMapOptions, StateLog, StateRecord, UpdateOptions } from './stateful/stateful-map.ts';
