export type { CallAnswer } from './calls/api-call.ts';
export type { CallRequest, Priority } from './calls/call-request.ts';
export { apiVersionOf, collectionPath, objectPath } from './calls/api-path.ts';
export {
  createClient,
  type AskOptions,
  type ApplyTypeOf,
  type ClientOptions,
  type KubernetesClient,
  type ServerVersion,
} from './client.ts';
export type {
  Connection,
  ConnectionInit,
  CredentialCounters,
  Credentials,
  CredentialSource,
  Impersonation,
  ReloadCounters,
  TrustSource,
} from './connection/connection.ts';
export { connectionFrom } from './connection/connection-from.ts';
export { connectionFromDefaults } from './connect/connection-from-defaults.ts';
export { connectionFromKubeconfig } from './connect/connection-from-kubeconfig.ts';
export type { KubeconfigOptions } from './connect/kubeconfig-options.ts';
export { connectionInCluster, isInCluster, type InClusterOptions } from './connect/connection-in-cluster.ts';
export type { DiscoveredGroup, DiscoveredResource, DiscoveredVersion } from './discovery/discovered.ts';
export { Discovery, splitApiVersion, type DiscoveryCounters, type Names } from './discovery/discovery.ts';
export {
  ClientError,
  ClosedError,
  ConfigError,
  ConnectionError,
  CredentialsError,
  DiscoveryError,
  faultOf,
  isClientError,
  ProtocolError,
  RequestError,
  TimeoutError,
  TlsError,
  type ClientErrorCode,
  type Fault,
} from './errors.ts';
export type { Frame, FrameType, WatchFrames, WatchOptions } from './streams/frame.ts';
export { KindRegistry, type KindLookup, type KindName } from './discovery/kind-registry.ts';
export { MetadataView, type PartialObjectMetadata } from './resources/partial-metadata.ts';
export type { ListPages, ListPagesOptions, RawPage, ResourceSource } from './streams/raw-page.ts';
export type { BudgetCounters, BudgetOptions } from './calls/request-budget.ts';
export { ResourceClient } from './resources/resource-client.ts';
export type {
  Appliable,
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
} from './resources/resource-options.ts';
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
} from './calls/status-error.ts';
export {
  TableView,
  type IncludeObject,
  type Table,
  type TableColumn,
  type TableEvent,
  type TableObject,
  type TableRow,
} from './resources/table.ts';
export { TokenFile } from './credentials/token-file.ts';
export type {
  Answer,
  Transport,
  TransportCounters,
  TransportLimits,
  TransportOptions,
  TransportRequest,
} from './transport/transport-options.ts';
export type { WriteReceipt } from './resources/write-receipt.ts';
