import { CodedError } from '@kubecast/errors';

export type ConcurrentMapErrorCode =
  | 'MAP_KEY'
  | 'MAP_VALUE'
  | 'MAP_OPTIONS'
  | 'MAP_REENTRY'
  | 'MAP_DEADLINE'
  | 'MAP_CHANGES_LOST'
  | 'MAP_SNAPSHOT_DISPOSED'
  | 'MAP_INDEX'
  | 'MAP_CONFLICT'
  | 'MAP_FULL'
  | 'MAP_SNAPSHOT_EXPIRED'
  | 'MAP_HANDLE'
  | 'MAP_DAMAGED'
  | 'MAP_CLOSED'
  | 'MAP_FOLDER'
  | 'MAP_FORMAT'
  | 'MAP_HELD'
  | 'MAP_NOT_DURABLE'
  | 'MAP_PEER_MISSING'
  | 'MAP_PENDING_FULL';

/** Every error that this package throws. `code` is stable; messages name the map and the key. */
export class ConcurrentMapError extends CodedError<ConcurrentMapErrorCode> {
  override readonly name: string = 'ConcurrentMapError';
}

/** What was given is no key: a key is a string; in shared memory one of at most `longest` characters, in a DurableMap one without halves of surrogate pairs. */
export class KeyError extends ConcurrentMapError {
  override readonly name = 'KeyError';

  constructor(map: string, key: unknown, longest?: number) {
    super(
      'MAP_KEY',
      typeof key === 'string'
        ? longest === undefined
          ? `the map "${map}" takes no key with half of a surrogate pair, which UTF-8 does not hold: ${show(key)}`
          : `the map "${map}" takes keys of at most ${longest} characters, not ${show(key)}`
        : `the map "${map}" takes strings as keys, not ${describe(key)}`,
    );
  }
}

/** What was given cannot be kept. `undefined` is none of a map's values: get() returns it for a key that is absent. */
export class MapValueError extends ConcurrentMapError {
  override readonly name = 'MapValueError';

  constructor(map: string, key: string, reason: string, options?: ErrorOptions) {
    super('MAP_VALUE', `the value for ${show(key)} of the map "${map}" ${reason}`, options);
  }
}

/** Options that cannot work. */
export class MapOptionsError extends ConcurrentMapError {
  override readonly name = 'MapOptionsError';

  constructor(message: string) {
    super('MAP_OPTIONS', message);
  }
}

/** A critical section, a load or the content of a replaceAll() asked for what it runs within: it would wait for itself. */
export class ReentryError extends ConcurrentMapError {
  override readonly name = 'ReentryError';

  constructor(map: string, method: string, key: string | undefined, within: string) {
    super(
      'MAP_REENTRY',
      `${method}(${key === undefined ? '' : show(key)}) of the map "${map}" was called within ${within}, and would wait for itself; pass on what the outer call holds`,
    );
  }
}

/** The deadline passed before the key was free. What was to run did not run. */
export class DeadlineError extends ConcurrentMapError {
  override readonly name = 'DeadlineError';
  readonly afterMs: number;

  constructor(map: string, key: string, afterMs: number) {
    super('MAP_DEADLINE', `withKey(${show(key)}) of the map "${map}" did not get the key within ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

/** The changes after the sequence that was asked for are no longer kept. Take a snapshot and subscribe after its sequence. */
export class ChangesLostError extends ConcurrentMapError {
  override readonly name = 'ChangesLostError';
  readonly asked: number;
  readonly oldest: number;

  constructor(map: string, asked: number, oldest: number) {
    super(
      'MAP_CHANGES_LOST',
      `the map "${map}" keeps its changes after ${oldest}, not those after ${asked}; take a snapshot and subscribe after its sequence`,
    );
    this.asked = asked;
    this.oldest = oldest;
  }
}

/** The snapshot was disposed. */
export class SnapshotDisposedError extends ConcurrentMapError {
  override readonly name = 'SnapshotDisposedError';

  constructor(map: string) {
    super('MAP_SNAPSHOT_DISPOSED', `a snapshot of the map "${map}" was read after it was disposed`);
  }
}

/** A bound of a map in shared memory is reached. Nothing was changed; keys can be deleted. */
export class MapFullError extends ConcurrentMapError {
  override readonly name = 'MapFullError';

  constructor(map: string, key: string, reason: string, option: string) {
    super('MAP_FULL', `the map "${map}" has no room for ${show(key)}: ${reason}; delete keys, or make the map with a larger "${option}"`);
  }
}

/** The map no longer keeps what the snapshot shows: too much was changed since, or the room was wanted. Take another. */
export class SnapshotExpiredError extends ConcurrentMapError {
  override readonly name = 'SnapshotExpiredError';
  readonly sequence: number;

  constructor(map: string, sequence: number) {
    super(
      'MAP_SNAPSHOT_EXPIRED',
      `the map "${map}" no longer keeps its content after change ${sequence}; take another snapshot, or make the map with more "changes" or "maxBytes"`,
    );
    this.sequence = sequence;
  }
}

/** What was given is no handle of a map in shared memory. */
export class MapHandleError extends ConcurrentMapError {
  override readonly name = 'MapHandleError';

  constructor(message: string) {
    super('MAP_HANDLE', message);
  }
}

/** Something else wrote over the shared memory of the map: a checksum does not fit. */
export class MapDamagedError extends ConcurrentMapError {
  override readonly name = 'MapDamagedError';

  constructor(map: string) {
    super('MAP_DAMAGED', `a record of the map "${map}" was damaged in shared memory; make the map anew`);
  }
}

/** Another write was there first. Read again and decide anew; a reconciler runs the key again. */
export class ConflictError extends ConcurrentMapError {
  override readonly name = 'ConflictError';
  /** The version that the write compared; undefined: nothing was to be there. */
  readonly expected: number | undefined;
  /** The version that stands there; undefined: nothing does. */
  readonly actual: number | undefined;

  constructor(map: string, key: string, expected: number | undefined, actual: number | undefined) {
    super(
      'MAP_CONFLICT',
      `${show(key)} of the map "${map}" stands at ${actual === undefined ? 'no version' : `version ${actual}`}, not at ${expected === undefined ? 'none' : expected}: another write was there first`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

export function isConflictError(error: unknown): error is ConflictError {
  return error instanceof ConflictError;
}

export function isConcurrentMapError(error: unknown): error is ConcurrentMapError {
  return error instanceof ConcurrentMapError;
}

/** A key for a message: quoted, and cut where it is long. */
export function show(key: string): string {
  return key.length <= 64 ? JSON.stringify(key) : `${JSON.stringify(key.slice(0, 64))}… (${key.length} characters)`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value);
  return `a value of type ${typeof value}`;
}
