export type { ConnectionState, ConnectionStatus } from './connection.ts';
export type { ClusterConnection, RedisTarget } from './connection-options.ts';
export { describeOwner, formatEnvelope, payloadDigest, readEnvelope } from './envelope.ts';
export type { Envelope, Owner } from './envelope.ts';
export {
  ClosedError,
  ConnectionOptionsError,
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
export type { Inspection } from './inspection.ts';
export { defaultKeyTemplate, parseKeyTemplate } from './key-template.ts';
export type { KeyEncoding, KeyTemplate } from './key-template.ts';
export { createLoader } from './loader.ts';
export type { Loader, LoaderOptions } from './loader.ts';
export type { LoaderCounters } from './loader-counters.ts';
export { createValuePublisher } from './publisher.ts';
export type { DeleteOutcome, PublisherCounters, PublishItem, PublishReceipt, ValuePublisher, ValuePublisherOptions } from './publisher.ts';
export type { ValueForm } from './read-value.ts';
export type { Held, HeldState, LoadFailure, LoadFailureCode, Wanted } from './wanted.ts';
export { syncWanted } from './wanted-source.ts';
export type { ObjectSource, SourceChange } from './wanted-source.ts';
