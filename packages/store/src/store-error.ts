import { CodedError } from '@kubecast/errors';
/** What went wrong in a store; `code` is stable. */
export class StoreError extends CodedError {
  override readonly name: string = 'StoreError';
}

/** A record that cannot be stored: not JSON, or without the parts that identify an object. Nothing was changed. */
export class RecordError extends StoreError {
  override readonly name = 'RecordError';

  constructor(message: string, options?: ErrorOptions) {
    super('RECORD_INVALID', message, options);
  }
}

/** A label selector that does not parse; the texts are the API server's. */
export class LabelSelectorError extends StoreError {
  override readonly name = 'LabelSelectorError';

  constructor(message: string) {
    super('LABEL_SELECTOR_INVALID', message);
  }
}

export function isStoreError(error: unknown): error is StoreError {
  return error instanceof StoreError;
}

/** More keys changed since a snapshot was taken than it can take back. Take another. */
export class SnapshotExpired extends StoreError {
  override readonly name = 'SnapshotExpired';

  constructor() {
    super('SNAPSHOT_EXPIRED', 'more keys changed than the snapshot can take back; take another');
  }
}

/** What a reader in another thread iterates over could not be kept any longer. Begin anew. */
export class IterationExpired extends StoreError {
  override readonly name = 'IterationExpired';

  constructor(why: string) {
    super('ITERATION_EXPIRED', `the store is no longer kept as this reader began to read it: ${why}; begin anew`);
  }
}

/** A file that cannot be written, read, or used; the message names the file and the reason. */
export class StoreFileError extends StoreError {
  override readonly name = 'StoreFileError';
  declare readonly code: 'FILE_SECRETS' | 'FILE_WRITE' | 'FILE_READ' | 'FILE_DAMAGED' | 'FILE_FORMAT' | 'FILE_OTHER';

  // oxlint-disable-next-line eslint/no-useless-constructor -- it takes these codes only
  constructor(code: StoreFileError['code'], message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
