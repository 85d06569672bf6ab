export {
  readAnnouncement,
  serviceAnnotation,
  type Announcement,
  type AppModelLike,
  type ObjectHeader,
  type ServiceReference,
} from './claims/announcement.ts';
export type { AppAnswer, AppModelEntry, Freshness, ModelAnswer, ModelEvent, ModelListener, ResolveOptions } from './index/answer.ts';
export { MetadataNotLoadedError } from './index/metadata-not-loaded.ts';
export { Claims, type ClaimChange } from './claims/claims.ts';
export { checkAddress, type AddressType, type CheckedAddress } from './endpoints/address-rules.ts';
export {
  EndpointBook,
  type AllowEndpoint,
  type Candidate,
  type EndpointsAnswer,
  type IpFamily,
  type ResolvedEndpoint,
  type ServicePortLike,
  type SliceContent,
} from './endpoints/endpoint-book.ts';
export { ModelCore, type ModelCoreOptions, type StateCounts } from './index/model-core.ts';
export { joinModelIndex } from './index/join-model-index.ts';
export type {
  EndpointsSource,
  ModelIndex,
  ModelIndexCounters,
  ModelIndexParts,
  ModelIndexSettings,
  RedisStatus,
  SourceStatus,
} from './index/model-index.ts';
export { payloadId, type HeldPayload, type PayloadSource, type PayloadState, type WantedPayload } from './index/payload-source.ts';
export type { Problem, ProblemCode } from './claims/problem.ts';
export {
  readEndpoints,
  readServiceFamily,
  readServicePorts,
  readSlice,
  serviceNameLabel,
  type EndpointLike,
  type EndpointsLike,
  type EndpointSliceLike,
  type ServiceLike,
} from './endpoints/read-endpoints.ts';
export { isModelIndexError, ModelIndexError, ModelIndexOptionsError, ModelIndexStoppedError } from './errors.ts';
export { chooseEndpoints, type EndpointsBuilder, type Serves } from './index/choose-endpoints.ts';
export { createModelIndex, defaultSelector, type IndexClient, type ModelIndexOptions } from './index/create-model-index.ts';
export { loaderPayloads } from './index/loader-payloads.ts';
export {
  type AppModelApi,
  type AppModelReceipt,
  type ApplyOptions,
  type Payloads,
  type Publisher,
  type Rollback,
  type PublisherOptions,
  type PublishOptions,
  type ValueReceipt,
} from './publisher/publisher.ts';
export { createPublisher } from './publisher/create-publisher.ts';
export { appModelApi, type AppModelResource } from './publisher/publisher-client.ts';
export {
  AppModelChangedError,
  isPublishOvertaken,
  isPublishRefusedError,
  PublishOvertakenError,
  PublishFailedError,
  PublishRefusedError,
  type PublishRefusal,
  type RefusedValue,
} from './publisher/publish-errors.ts';
