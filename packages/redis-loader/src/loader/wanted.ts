import { RedisLoaderError } from '../errors.ts';
import type { Owner } from '../values/envelope.ts';

/** A value that is wanted: one version of what belongs to an owner. The kind of resource that announced it plays no role. */
export interface Wanted {
  /** The identity of what is wanted, unique in a loader; opaque. Two wants of one id are the same thing at different times. */
  readonly id: string;
  /** The announced version; opaque, compared for equality. */
  readonly version: string;
  readonly owner: Owner;
  /** The key in Redis; without it the loader's template makes it of the owner and `fields`. */
  readonly key?: string;
  /** More fields for the template, `group` or `kind` say. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * 'current': the payload is the announced one, its envelope says so. 'unverified': read after the version was announced, but the value
 * carries no version. 'stale': the last good payload; the announced one was not loaded yet. 'missing': nothing was ever loaded.
 */
export type HeldState = 'current' | 'stale' | 'unverified' | 'missing';

/** What is held for a wanted value, at the moment of asking. */
export interface Held<P = unknown> {
  readonly state: HeldState;
  /** The version that the payload's envelope names; absent if there is no payload or no envelope. */
  readonly version?: string;
  /** Owned by the loader: not to be written to. Absent where there is none, where it was evicted, and in what state() gives. */
  readonly payload?: P;
  /** The payload was loaded, and is not in memory any more, since the budget is full: load() reads it again. */
  readonly evicted?: true;
  /** Milliseconds since the payload stopped being the announced one; 0 unless stale. */
  readonly staleForMs: number;
  /** Why the announced value is not held. */
  readonly error?: LoadFailure;
}

/** Why a value could not be loaded. */
export type LoadFailureCode =
  /** No value under the key (or none that is a string). Never taken for a deletion. */
  | 'Missing'
  /** The value is of another version. */
  | 'OtherVersion'
  /** The value's envelope belongs to another namespace, app or model. */
  | 'Foreign'
  /** The value does not have its form. */
  | 'Malformed'
  /** No key can be made of the names. */
  | 'BadKey'
  /** The value is larger than `maxValueBytes`. */
  | 'TooLarge'
  /** Redis refuses this user the key. */
  | 'Denied'
  /** Redis fails whenever this value is asked for. */
  | 'Unreadable'
  /** Redis cannot be reached or cannot answer now. */
  | 'Away';

export interface LoadFailure {
  readonly code: LoadFailureCode;
  readonly message: string;
  readonly key: string;
  /** Failures in a row. */
  readonly attempts: number;
  /** Clock.now() of the first of them. */
  readonly since: number;
}

/** A payload that was asked for by load() could not be read. `failure` says why; ask again when that may be over. */
export class NotLoadedError extends RedisLoaderError {
  override readonly name = 'NotLoadedError';
  readonly failure: LoadFailure;

  constructor(failure: LoadFailure) {
    super('NotLoaded', `the value could not be loaded: ${failure.message}`);
    this.failure = failure;
  }
}
