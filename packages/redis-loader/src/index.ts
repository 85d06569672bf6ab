export type { ConnectionState, ConnectionStatus } from './connection/connection.ts';
export { readRedisConfig } from './connection/node-redis-config.ts';
export { redisTargetOf } from './connection/redis-config.ts';
export type { RedisConfig, RedisNode, RedisTlsConfig } from './connection/redis-config.ts';
export type { TrackingStatus } from './connection/tracking.ts';
export type { ClusterConnection, RedisTarget } from './connection/connection-options.ts';
export { describeOwner, formatEnvelope, isSameOwner, payloadDigest, readEnvelope } from './values/envelope.ts';
export type { Envelope, Owner } from './values/envelope.ts';
export {
  ClosedError,
  ConnectionOptionsError,
  InputError,
  isPublishRefused,
  isRedisFailed,
  isRedisLoaderError,
  KeyTemplateError,
  PublishRefusedError,
  RedisFailedError,
  RedisLoaderError,
  UnreplicatedError,
  ValueError,
} from './errors.ts';
export type { RedisFailureKind, RedisLoaderErrorCode, RefusalReason } from './errors.ts';
export type { Inspection } from './publisher/inspection.ts';
export { versionKeys } from './values/version-keys.ts';
export type { VersionKeys } from './values/version-keys.ts';
export { defaultKeyTemplate, parseKeyTemplate } from './values/key-template.ts';
export type { KeyEncoding, KeyTemplate } from './values/key-template.ts';
export { createLoader } from './loader/create-loader.ts';
export type { Loader, LoaderOptions, SettledOptions } from './loader/loader.ts';
export type { LoaderCounters } from './loader/loader-counters.ts';
export { createValuePublisher } from './publisher/publisher.ts';
export type { RetainedVersion, VersionRetention } from './publisher/retained.ts';
export type {
  DeleteOutcome,
  PublisherCounters,
  PublishItem,
  PublishReceipt,
  RollbackItem,
  ValueLook,
  ValuePublisher,
  ValuePublisherOptions,
} from './publisher/value-publisher.ts';
export type { ValueForm } from './values/read-value.ts';
export { NotLoadedError } from './loader/wanted.ts';
export type { Held, HeldState, LoadFailure, LoadFailureCode, Wanted } from './loader/wanted.ts';
export { syncWanted } from './loader/wanted-source.ts';
export type { ObjectSource, SourceChange } from './loader/wanted-source.ts';
