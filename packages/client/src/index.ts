export type { CallAnswer, CallRequest, Priority } from './api-call.ts';
export { apiVersionOf, resourcePath } from './api-path.ts';
export { createClient, type ApplyTypeOf, type ClientOptions, type KubernetesClient, type ServerVersion } from './client.ts';
export type { Connection, ConnectionInit, CredentialCounters, Credentials, CredentialSource, Impersonation } from './connection.ts';
export { connectionFrom } from './connection-from.ts';
export { connectionFromDefaults } from './connection-from-defaults.ts';
export { connectionFromKubeconfig, type KubeconfigOptions } from './connection-from-kubeconfig.ts';
export { connectionInCluster, isInCluster, type InClusterOptions } from './connection-in-cluster.ts';
export type { DiscoveredGroup, DiscoveredResource, DiscoveredVersion } from './discovered.ts';
export { Discovery, splitApiVersion, type DiscoveryCounters, type Names } from './discovery.ts';
export {
  ClientError,
  ClosedError,
  ConfigError,
  ConnectionError,
  CredentialsError,
  DiscoveryError,
  isClientError,
  ProtocolError,
  RequestError,
  TimeoutError,
  TlsError,
  type ClientErrorCode,
} from './errors.ts';
export type { Frame, FrameType, WatchFrames, WatchOptions } from './frame.ts';
export { KindRegistry, type KindLookup, type KindName } from './kind-registry.ts';
export { MetadataView, type PartialObjectMetadata } from './partial-metadata.ts';
export type { ListPages, ListPagesOptions, RawPage, ResourceSource } from './raw-page.ts';
export type { BudgetCounters, BudgetOptions } from './request-budget.ts';
export { ResourceClient, type Appliable } from './resource-client.ts';
export type {
  ApplyOptions,
  CallOptions,
  DeleteCollectionOptions,
  DeleteOptions,
  Deleted,
  DeletedCollection,
  GetOptions,
  JsonPatchOperation,
  ListOptions,
  ListPage,
  PatchKind,
  Scaled,
  UnknownObject,
  WatchEvent,
  WriteOptions,
  Written,
  WrittenSubresource,
} from './resource-options.ts';
export {
  ApplyConflictError,
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isExpired,
  isForbidden,
  isNotFound,
  isStatusError,
  StatusError,
  statusErrorOf,
  type ApplyConflict,
  type StatusCause,
  type StatusDetails,
} from './status-error.ts';
export { TableView, type IncludeObject, type Table, type TableColumn, type TableEvent, type TableObject, type TableRow } from './table.ts';
export { TokenFile } from './token-file.ts';
export type { Answer, Transport, TransportCounters, TransportLimits, TransportOptions, TransportRequest } from './transport-options.ts';
export type { WriteReceipt } from './write-receipt.ts';
