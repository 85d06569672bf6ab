export { byField } from './indexes/by-field.ts';
export type { Change } from './contract/change.ts';
export type { DeepReadonly, Entry } from './contract/entry.ts';
export { decodeGenericKey, encodeGenericKey } from './keys/generic-key.ts';
export type { GenericKey } from './keys/generic-key.ts';
export { compareBytes, compareKeys, encodeKey } from './keys/key-order.ts';
export type { Key, KeyInput } from './contract/key.ts';
export type { LabelRequirement, LabelSelector } from './selectors/label-selector.ts';
export type { HotOptions } from './entries/hot-options.ts';
export { nodeFileSystem } from './file/node-file-system.ts';
export type { NodeFiles } from './file/node-file-system.ts';
export { createObjectStore } from './object-store.ts';
export type { ObjectStore, ObjectStoreOptions } from './object-store.ts';
export { andSelectors, labelSelectorFromObject, parseLabelSelector } from './selectors/parse-label-selector.ts';
export { formatLabelSelector, matchesLabels } from './selectors/match-labels.ts';
export type { Query } from './contract/query.ts';
export type { RawRecord, ScopeId } from './contract/record.ts';
export { compareResourceVersions } from './contract/resource-version.ts';
export { ShardedMap } from './keys/sharded-map.ts';
export { attach } from './shared/attached/attach.ts';
export type { AttachOptions, SharedView, SharedViewCounters } from './shared/attached/attach.ts';
export type { StoreHandle } from './shared/layout.ts';
export type { SharedOptions } from './shared/shared-writer.ts';
export type { HotCounters, StoreCounters } from './contract/store-counters.ts';
export {
  isStoreError,
  IterationExpired,
  LabelSelectorError,
  RecordError,
  SnapshotExpired,
  StoreError,
  StoreFileError,
} from './store-error.ts';
export { loadStore, saveStore } from './file/store-file.ts';
export type { LoadedStore, OpenFile, SaveOptions, StoreFileSystem } from './file/store-file.ts';
export type { View } from './contract/view.ts';
export type { IndexExtractor, Replacement, Writer } from './contract/writer.ts';
