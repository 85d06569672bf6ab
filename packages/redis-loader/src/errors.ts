import { CodedError } from '@kubecast/errors';
/** What a failure of this package is about. Stable: programs may compare it. */
export type RedisLoaderErrorCode =
  | 'BadConnection'
  | 'BadInput'
  | 'BadKeyTemplate'
  | 'BadKey'
  | 'BadValue'
  | 'BadEnvelope'
  | 'RedisFailed'
  | 'PublishRefused'
  | 'Unreplicated'
  | 'NotLoaded'
  | 'Closed'
  | 'TestRedis';

/** The base of every error of this package. No message and no cause of one holds a password, a command's arguments or a value. */
export class RedisLoaderError extends CodedError<RedisLoaderErrorCode> {
  override readonly name: string = 'RedisLoaderError';
}

/** The options of a connection cannot be used. Never shows the URL: it may hold a password. */
export class ConnectionOptionsError extends RedisLoaderError {
  override readonly name = 'ConnectionOptionsError';

  constructor(message: string) {
    super('BadConnection', message);
  }
}

/** An option, a want or an item that cannot be used. The message names it. */
export class InputError extends RedisLoaderError {
  override readonly name = 'InputError';

  constructor(message: string) {
    super('BadInput', message);
  }
}

/** A key template that cannot be read, or names that it cannot make a key of. */
export class KeyTemplateError extends RedisLoaderError {
  override readonly name = 'KeyTemplateError';
}

/** A value that does not have its form, or an envelope that cannot be written. */
export class ValueError extends RedisLoaderError {
  override readonly name = 'ValueError';
}

/** Why a publisher did not write. Each is decided on the very bytes that the write would have replaced. */
export type RefusalReason =
  /** The stored envelope carries a number that is not smaller than the one to write. */
  | 'smaller-number'
  /** The stored envelope has the same version with other content. */
  | 'same-version-other-content'
  /** The stored value is no envelope, and `adopt` was not given. */
  | 'unverified'
  /** The stored envelope belongs to another namespace, app or model. */
  | 'foreign'
  /** The version to go back to is not kept. */
  | 'not-retained'
  /** Others kept writing between the look and the write. */
  | 'contended';

/** A publish that was refused; nothing was written. */
export class PublishRefusedError extends RedisLoaderError {
  override readonly name = 'PublishRefusedError';
  readonly reason: RefusalReason;
  readonly key: string;

  constructor(reason: RefusalReason, key: string, message: string) {
    super('PublishRefused', message);
    this.reason = reason;
    this.key = key;
  }
}

/** The value was written, but too few replicas confirmed it in time: it may be lost in a failover. Publish again before announcing. */
export class UnreplicatedError extends RedisLoaderError {
  override readonly name = 'UnreplicatedError';
  readonly key: string;
  readonly wanted: number;
  readonly confirmed: number;

  constructor(key: string, wanted: number, confirmed: number, withinMs: number) {
    super(
      'Unreplicated',
      `the value under ${JSON.stringify(key)} is written, but ${confirmed} of ${wanted} replicas confirmed it within ${withinMs} ms; publish it again before it is announced`,
    );
    this.key = key;
    this.wanted = wanted;
    this.confirmed = confirmed;
  }
}

/** Redis, or the way to it, failed. `kind` says what to do about it. */
export class RedisFailedError extends RedisLoaderError {
  override readonly name = 'RedisFailedError';
  readonly kind: RedisFailureKind;

  constructor(kind: RedisFailureKind, message: string, options?: { readonly cause?: unknown }) {
    super('RedisFailed', message, options);
    this.kind = kind;
  }
}

/** The loader or publisher was closed. */
export class ClosedError extends RedisLoaderError {
  override readonly name = 'ClosedError';

  constructor(what: string) {
    super('Closed', `the ${what} is closed`);
  }
}

/**
 * What a failure of Redis asks for: 'away' and 'timeout' try again soon, 'elsewhere' go to the primary, 'refused' mend the credentials or
 * the ACL, 'unwritable' Redis takes no writes now, 'wrong-type' the key holds no string, 'other' anything else.
 */
export type RedisFailureKind = 'away' | 'timeout' | 'elsewhere' | 'refused' | 'unwritable' | 'wrong-type' | 'other';

export function isRedisLoaderError(error: unknown): error is RedisLoaderError {
  return error instanceof RedisLoaderError;
}

export function isPublishRefused(error: unknown): error is PublishRefusedError {
  return error instanceof PublishRefusedError;
}

export function isRedisFailed(error: unknown): error is RedisFailedError {
  return error instanceof RedisFailedError;
}
