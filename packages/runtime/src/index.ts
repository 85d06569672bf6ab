export {
  DeadlineError,
  FinalizerError,
  FlagError,
  isRuntimeError,
  isTerminalError,
  LeadershipLostError,
  ListenError,
  OwnerReferenceError,
  ReconcileTimeoutError,
  RuntimeError,
  RuntimeOptionsError,
  StoppedError,
  SyncTimeoutError,
  TerminalError,
  type RuntimeErrorCode,
} from './errors.ts';
export { createRateLimiter, type RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';
export {
  createWorkQueue,
  lowPriority,
  type AddOptions,
  type DrainResult,
  type WorkItem,
  type WorkQueue,
  type WorkQueueCounters,
  type WorkQueueOptions,
} from './work-queue.ts';
export type { Enqueue, Reconcile, ReconcileContext, ReconcileReport, Result, Source } from './reconcile.ts';
export { createController, type Controller, type ControllerCounters, type ControllerOptions } from './controller.ts';
export { informerSource, type InformerSourceOptions } from './informer-source.ts';
export type { LeaseLock } from './lease-lock.ts';
export type { Leadership } from './leadership.ts';
export {
  createLeaderElector,
  type ElectionCounters,
  type ElectionReport,
  type LeaderElectionOptions,
  type LeaderElector,
} from './leader-election.ts';
export { createFinalizer, type Finalizer, type FinalizerOptions, type ObjectAccess } from './finalizer.ts';
export { controllerOf, ownerReference, withController, withoutOwner, withOwner } from './owner-references.ts';
export { findCondition, isConditionTrue, withCondition, type ConditionUpdate } from './conditions.ts';
export {
  createEventRecorder,
  type EventCounters,
  type EventNote,
  type EventRecorder,
  type EventRecorderOptions,
  type EventSink,
} from './event-recorder.ts';
export { formatReport, runChecks, type HealthCheck, type HealthOutcome, type HealthReport } from './health-checks.ts';
export { createHealthServer, type HealthServer, type HealthServerOptions } from './health-server.ts';
export { DurationHistogram, reconcileBounds, workDurationBounds } from './duration-histogram.ts';
export {
  createMetrics,
  histogramFamily,
  type Collector,
  type CountersOptions,
  type Labels,
  type MetricFamily,
  type Metrics,
  type MetricSample,
  type MetricsOptions,
} from './metrics.ts';
export { controllerCollector, electionCollector, informerCollector, type InformerLike } from './collectors.ts';
export { createShutdown, type ProcessLike, type Shutdown, type ShutdownOptions } from './shutdown.ts';
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
} from './app-flags.ts';
export { describeFlags, environmentNameOf, readFlags, type Flag, type FlagsOptions, type GivenFlags } from './cli-flags.ts';
export { toMicroTime, toTime } from './micro-time.ts';
export { withDeadline } from './deadline.ts';
export { eventSink, leaseLock, objectAccess, type ResourceLike } from './client-adapters.ts';
