import { ConcurrentMapError } from '../errors.ts';

/** An error of a folder that holds a map. */
class FolderError extends ConcurrentMapError {
  readonly folder: string;

  constructor(code: ConcurrentMapError['code'], folder: string, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? undefined : { cause });
    this.folder = folder;
  }
}

/** The folder cannot be used: it is no folder, it holds something else, or the system refuses to read or write it. Nothing in it was changed. */
export class DurableFolderError extends FolderError {
  override readonly name = 'DurableFolderError';

  constructor(folder: string, reason: string, wayOut: string, cause?: unknown) {
    super('MAP_FOLDER', folder, `the folder ${folder} cannot hold a map: ${reason}; ${wayOut}`, cause);
  }
}

/** Another process, or another DurableMap of this process, holds the folder. Nothing in it was changed. */
export class DurableHeldError extends FolderError {
  override readonly name = 'DurableHeldError';

  constructor(folder: string, cause?: unknown) {
    super(
      'MAP_HELD',
      folder,
      `the folder ${folder} is held by another process, or by another DurableMap of this one; close that one first, or give each its own folder`,
      cause,
    );
  }
}

/** What stands in the folder is not what was written there. The folder is left as it was found. */
export class DurableDamagedError extends FolderError {
  override readonly name = 'DurableDamagedError';

  constructor(folder: string, reason: string, cause?: unknown) {
    super(
      'MAP_DAMAGED',
      folder,
      `the map in ${folder} is damaged: ${reason}; the folder is left as it was found: put it back from a backup, or move it away to begin with an empty map`,
      cause,
    );
  }
}

/** The folder was written by a release of another format. Nothing in it was changed. */
export class DurableFormatError extends FolderError {
  override readonly name = 'DurableFormatError';
  readonly format: unknown;

  constructor(folder: string, format: unknown, known: number) {
    super(
      'MAP_FORMAT',
      folder,
      `the map in ${folder} has the format ${JSON.stringify(format)}, this release reads ${known}; open it with the release that wrote it, or give another folder`,
    );
    this.format = format;
  }
}

/** The disk refused a write. The map holds the writes from `from` to `to`, but a restart may not find them. */
export class DurableWriteError extends FolderError {
  override readonly name = 'DurableWriteError';
  /** The first sequence that is not known to be durable. */
  readonly from: number;
  /** The last one. */
  readonly to: number;

  constructor(map: string, folder: string, from: number, to: number, cause: unknown) {
    super(
      'MAP_NOT_DURABLE',
      folder,
      `the map "${map}" could not write to ${folder}: ${reasonOf(cause)}; the writes ${from} to ${to} are not durable: remove the reason (make room), then call flushed() again`,
      cause,
    );
    this.from = from;
    this.to = to;
  }
}

/** More bytes wait for the disk than may. The map is unchanged. */
export class DurablePendingError extends FolderError {
  override readonly name = 'DurablePendingError';

  constructor(map: string, folder: string, bytes: number, most: number) {
    super(
      'MAP_PENDING_FULL',
      folder,
      `a write of ${bytes} bytes to the map "${map}" would make more than ${most} bytes wait for the disk at ${folder}; await flushed() now and then, or raise maxPendingBytes`,
    );
  }
}

/** The map is closed. */
export class DurableClosedError extends FolderError {
  override readonly name = 'DurableClosedError';

  constructor(map: string, folder: string, method: string) {
    super('MAP_CLOSED', folder, `${method}() of the map "${map}" in ${folder} was called after close(); open it anew`);
  }
}

/** What led to an error, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
