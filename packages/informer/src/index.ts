export { createInformer, createMetadataInformer } from './informer/create-informer.ts';
export type { DeleteCause, Delta, DeltaOrigin } from './contract/delta.ts';
export {
  InformerError,
  InformerOptionsError,
  InformerStoppedError,
  ScopeFailedError,
  WaitTimeoutError,
  isInformerError,
  isWaitTimeoutError,
} from './errors.ts';
export type { HandlerCounters } from './contract/handler-counters.ts';
export type { ClusterOptions, InformerOptions, SourceClient, StoreSettings } from './contract/informer-options.ts';
export type {
  DeltaIterator,
  DeltasOptions,
  Handler,
  HandlerHandle,
  HandlerOptions,
  Informer,
  ReflectorState,
  ScopeStatus,
  WaitOptions,
} from './contract/informer.ts';
export { defaultLimits } from './contract/limits.ts';
export type { ReflectorLimits } from './contract/limits.ts';
export type { ReflectorCounters, ReflectorReport } from './contract/reflector-report.ts';
export { followConfigMap, followNamespaces } from './scopes/scope-follower.ts';
export type { FollowConfigMapOptions, FollowNamespacesOptions, ScopeFollower } from './scopes/scope-follower.ts';
export { readScopeConfig } from './scopes/scope-config.ts';
export type { ScopeConfig } from './scopes/scope-config.ts';
export { scopeId, scopeOf } from './contract/scope.ts';
export type { Scope } from './contract/scope.ts';
export { ServerCapabilities } from './contract/server-capabilities.ts';
export { restoreInformer } from './informer/restore-informer.ts';
export type { SnapshotPlace } from './snapshot/snapshot.ts';
export type { ServerDescription } from './contract/server-identity.ts';
export { createInformerFactory } from './informer/informer-factory.ts';
export type { FactoryOptions, InformerFactory, SharedOptions } from './informer/informer-factory.ts';
export type { WriteBarrier } from './contract/write-barrier.ts';
export { byOwner, jointView } from './informer/joint-view.ts';
export type { JointEntry, JointView } from './informer/joint-view.ts';
