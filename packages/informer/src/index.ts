export { createInformer, createMetadataInformer } from './create-informer.ts';
export type { DeleteCause, Delta, DeltaOrigin } from './delta.ts';
export {
  InformerError,
  InformerOptionsError,
  InformerStoppedError,
  WaitTimeoutError,
  isInformerError,
  isWaitTimeoutError,
} from './errors.ts';
export type { HandlerCounters } from './handler-counters.ts';
export type { ClusterOptions, InformerOptions, SourceClient } from './informer-options.ts';
export type { Handler, HandlerHandle, HandlerOptions, Informer, ReflectorState, ScopeStatus } from './informer.ts';
export { defaultLimits } from './limits.ts';
export type { ReflectorLimits } from './limits.ts';
export type { ReflectorCounters, ReflectorReport } from './reflector-report.ts';
export { followConfigMap, followNamespaces } from './scope-follower.ts';
export type { FollowConfigMapOptions, FollowNamespacesOptions, ScopeFollower } from './scope-follower.ts';
export { readScopeConfig } from './scope-config.ts';
export type { ScopeConfig } from './scope-config.ts';
export { scopeId, scopeOf } from './scope.ts';
export type { Scope } from './scope.ts';
export { ServerMemory } from './server-memory.ts';
export { restoreInformer } from './restore-informer.ts';
export type { SnapshotPlace } from './snapshot.ts';
export { createInformerFactory } from './informer-factory.ts';
export type { FactoryOptions, InformerFactory, SharedOptions } from './informer-factory.ts';
export type { WriteMark } from './write-mark.ts';
export { byOwner, jointView } from './joint-view.ts';
export type { JointEntry, JointView } from './joint-view.ts';
