export { Backoff } from './backoff.ts';
export type { BackoffOptions } from './backoff.ts';
export { byField } from './by-field.ts';
export type { Change } from './change.ts';
export type { Clock } from './clock.ts';
export type { DeepReadonly, Entry } from './entry.ts';
export { decodeGenericKey, encodeGenericKey } from './generic-key.ts';
export type { GenericKey } from './generic-key.ts';
export { compareBytes, compareKeys, encodeKey } from './key-order.ts';
export type { Key } from './key.ts';
export type { LabelRequirement, LabelSelector } from './label-selector.ts';
export { nodeFileSystem } from './node-file-system.ts';
export type { NodeFiles } from './node-file-system.ts';
export { createObjectStore } from './object-store.ts';
export type { ObjectStore, ObjectStoreOptions } from './object-store.ts';
export { andSelectors, formatLabelSelector, labelSelectorFromObject, matchesLabels, parseLabelSelector } from './parse-label-selector.ts';
export type { Query } from './query.ts';
export { readPath } from './read-path.ts';
export type { PathRead } from './read-path.ts';
export type { RawRecord, ScopeId } from './record.ts';
export { compareResourceVersions } from './resource-version.ts';
export { ShardedMap } from './sharded-map.ts';
export { attach } from './shared/attach.ts';
export type { AttachOptions, SharedView, SharedViewCounters } from './shared/attach.ts';
export type { StoreHandle } from './shared/layout.ts';
export type { SharedOptions } from './shared/shared-writer.ts';
export type { StoreCounters } from './store-counters.ts';
export {
  isStoreError,
  IterationExpired,
  LabelSelectorError,
  RecordError,
  SnapshotExpired,
  StoreError,
  StoreFileError,
} from './store-error.ts';
export { loadStore, saveStore } from './store-file.ts';
export type { LoadedStore, OpenFile, SaveOptions, StoreFileSystem } from './store-file.ts';
export { systemClock } from './system-clock.ts';
export type { View } from './view.ts';
export type { IndexExtractor, Replacement, Writer } from './writer.ts';
