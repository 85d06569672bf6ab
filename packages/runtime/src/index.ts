export {
  DeadlineError,
  FinalizerError,
  FlagError,
  isRuntimeError,
  isTerminalError,
  EventError,
  LeadershipLostError,
  ListenError,
  ManagerError,
  OwnerReferenceError,
  ReconcileResultError,
  ReconcileTimeoutError,
  RuntimeError,
  RuntimeOptionsError,
  StoppedError,
  StopTimeoutError,
  SyncTimeoutError,
  TerminalError,
  type RuntimeErrorCode,
} from './errors.ts';
export {
  createRateLimiter,
  fastSlow,
  itemExponential,
  maxOf,
  tokenBucket,
  type FastSlowOptions,
  type ItemExponentialOptions,
  type RateLimiter,
  type RateLimiterOptions,
  type TokenBucketOptions,
} from './queue/limiters.ts';
export { createWorkQueue } from './queue/key-queue.ts';
export {
  lowPriority,
  type AddOptions,
  type DrainResult,
  type WaitingKey,
  type WorkItem,
  type WorkQueue,
  type WorkQueueCounters,
  type WorkQueueOptions,
} from './queue/work-queue.ts';
export type { KeyStates } from './controller/kept-states.ts';
export type { Enqueue, Reconcile, ReconcileContext, ReconcileReport, Result, Source } from './controller/reconcile.ts';
export type { Controller, ControllerCounters, ControllerOptions, WorkOptions } from './controller/contract.ts';
export { createController } from './controller/controller.ts';
export { informerSource, type InformerSourceOptions } from './sources/informer-source.ts';
export { ownerKeys, type OwnerKeysOptions } from './sources/owner-keys.ts';
export {
  allOf,
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  not,
  resourceVersionChanged,
  type Predicate,
} from './sources/predicates.ts';
export type { LeaseLock } from './election/lease-lock.ts';
export type { Leadership } from './election/leadership.ts';
export {
  createLeaderElector,
  type ElectionCounters,
  type ElectionReport,
  type LeaderElectionOptions,
  type LeaderElector,
} from './election/leader-election.ts';
export { createFinalizer, type Finalizer, type FinalizerOptions, type ObjectAccess, type WithMetadata } from './objects/finalizer.ts';
export { controllerOf, ownerReference, withController, withoutOwner, withOwner } from './objects/owner-references.ts';
export { applyAll, type ApplyAllOptions, type ApplyResource, type ApplyResult, type ApplySummary } from './objects/apply-all.ts';
export { createOrUpdate, type CreatedOrUpdated, type CreateOrUpdateResource } from './objects/create-or-update.ts';
export { retryOnConflict, type RetryOptions } from './objects/retry-on-conflict.ts';
export { patchStatus, type StatusPatchOptions, type StatusResource } from './objects/status-patch.ts';
export { findCondition, isConditionTrue, withCondition, type ConditionUpdate } from './objects/conditions.ts';
export { createEventRecorder } from './events/event-recorder.ts';
export type { EventCounters, EventNote, EventRecorder, EventRecorderOptions, EventSink, Regarded } from './events/event-contract.ts';
export { formatReport, runChecks, type HealthCheck, type HealthOutcome, type HealthReport } from './serving/health-checks.ts';
export { createHealthServer, type HealthServer, type HealthServerOptions } from './serving/health-server.ts';
export { DurationHistogram, reconcileBounds, workDurationBounds } from './timing/duration-histogram.ts';
export { createMetrics, histogramFamily, type Collector, type Metrics, type MetricsOptions } from './serving/metrics.ts';
export type { Labels, MetricFamily, MetricSample } from './serving/metric-family.ts';
export type { CountersOptions } from './serving/plain-counters.ts';
export { controllerCollector, electionCollector, informerCollector, type InformerLike } from './serving/collectors.ts';
export { createShutdown, type ProcessLike, type Shutdown, type ShutdownOptions } from './cli/shutdown.ts';
export {
  givenText,
  helpFlag,
  kubeconfigOf,
  kubernetesFlags,
  logLevels,
  processFlags,
  readConnectionFlags,
  readSelectorFlag,
  redisFlags,
  scopeFlags,
  type ConnectionFlags,
  type LogLevel,
} from './cli/app-flags.ts';
export { describeFlags, environmentNameOf, readFlags, type Flag, type FlagsOptions, type GivenFlags } from './cli/cli-flags.ts';
export { toMicroTime, toTime } from './timing/micro-time.ts';
export { withDeadline } from './timing/deadline.ts';
export { eventSink, leaseLock, objectAccess, type ResourceLike } from './client-adapters.ts';
export { createManager } from './manager/manager.ts';
export type {
  Listening,
  ManagedControllerOptions,
  ManagedInformerOptions,
  Manager,
  ManagerClient,
  ManagerOptions,
  Runnable,
} from './manager/manager-options.ts';
export type { ManagerReport } from './manager/manager-reports.ts';
export type { Preparation, PreparationContext } from './manager/preparations.ts';
export { owned, reconciled, watched, type WatchedKind, type WatchedOptions } from './manager/watched-kind.ts';
export { stderrLogger, type Logger } from './logging/logger.ts';
