export {
  readAnnouncement,
  serviceAnnotation,
  type Announcement,
  type AppModelLike,
  type ObjectHeader,
  type ServiceReference,
} from './announcement.ts';
export type { AppAnswer, AppModelEntry, Freshness, ModelAnswer, ModelEvent, ModelListener } from './answer.ts';
export { Claims, type ClaimChange } from './claims.ts';
export {
  EndpointBook,
  type Candidate,
  type EndpointsAnswer,
  type ResolvedEndpoint,
  type ServicePortLike,
  type SliceContent,
} from './endpoint-book.ts';
export { ModelCore, type ModelCoreOptions, type StateCounts } from './model-core.ts';
export { joinModelIndex } from './join-model-index.ts';
export type {
  EndpointsSource,
  ModelIndex,
  ModelIndexCounters,
  ModelIndexParts,
  ModelIndexSettings,
  RedisStatus,
  SourceStatus,
} from './model-index.ts';
export { payloadId, type HeldPayload, type PayloadSource, type PayloadState, type WantedPayload } from './payload-source.ts';
export type { Problem, ProblemCode } from './problem.ts';
export {
  readEndpoints,
  readServicePorts,
  readSlice,
  serviceNameLabel,
  type EndpointLike,
  type EndpointsLike,
  type EndpointSliceLike,
  type ServiceLike,
} from './read-endpoints.ts';
export { isModelIndexError, ModelIndexError, ModelIndexOptionsError, ModelIndexStoppedError } from './errors.ts';
export { chooseEndpoints, type EndpointsBuilder, type Serves } from './choose-endpoints.ts';
export { createModelIndex, defaultSelector, type IndexClient, type ModelIndexOptions } from './create-model-index.ts';
export { loaderPayloads } from './loader-payloads.ts';
export {
  createPublisher,
  type AppModelApi,
  type AppModelReceipt,
  type ApplyOptions,
  type Payloads,
  type Publisher,
  type PublisherOptions,
  type PublishOptions,
  type ValueReceipt,
} from './publisher.ts';
export { appModelApi, type AppModelResource } from './publisher-client.ts';
export {
  isPublishRefusedError,
  PublishFailedError,
  PublishRefusedError,
  type PublishRefusal,
  type RefusedValue,
} from './publish-errors.ts';
