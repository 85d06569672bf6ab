import { CodedError } from '@kubecast/errors';
/** Every error that this package throws. `code` is stable. */
export class ModelIndexError extends CodedError {
  override readonly name: string = 'ModelIndexError';
}

/** Options that contradict each other or cannot be read. Nothing was started. */
export class ModelIndexOptionsError extends ModelIndexError {
  override readonly name = 'ModelIndexOptionsError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ModelIndexBadOptions', message, options);
  }
}

/** The index was stopped before it was synced. */
export class ModelIndexStoppedError extends ModelIndexError {
  override readonly name = 'ModelIndexStoppedError';

  constructor() {
    super('ModelIndexStopped', 'the model index was stopped');
  }
}

export function isModelIndexError(error: unknown): error is ModelIndexError {
  return error instanceof ModelIndexError;
}
