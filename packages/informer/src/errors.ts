import { CodedError } from '@kubecast/errors';
/** What went wrong in an informer; `code` is stable. */
export class InformerError extends CodedError {
  override readonly name: string = 'InformerError';
}

/** waitFor's deadline passed first. The write it waited for may still arrive. */
export class WaitTimeoutError extends InformerError {
  override readonly name = 'WaitTimeoutError';

  constructor(message: string) {
    super('WAIT_TIMEOUT', message);
  }
}

/** The handler, or the whole informer, was taken away before what was waited for happened. */
export class InformerStoppedError extends InformerError {
  override readonly name = 'InformerStoppedError';

  constructor(message: string) {
    super('STOPPED', message);
  }
}

/** A scope failed for good before its first complete list: its client was closed. `cause` is what the client threw. */
export class ScopeFailedError extends InformerError {
  override readonly name = 'ScopeFailedError';
  /** The scope's id, as in `informer.scopes()`. */
  readonly scope: string;

  constructor(message: string, scope: string, options: { readonly cause: unknown }) {
    super('SCOPE_FAILED', message, options);
    this.scope = scope;
  }
}

/** Options that cannot work; thrown by createInformer and the like, before anything was started. */
export class InformerOptionsError extends InformerError {
  override readonly name = 'InformerOptionsError';

  constructor(message: string, options?: ErrorOptions) {
    super('OPTIONS_INVALID', message, options);
  }
}

export function isInformerError(error: unknown): error is InformerError {
  return error instanceof InformerError;
}

export function isWaitTimeoutError(error: unknown): error is WaitTimeoutError {
  return error instanceof WaitTimeoutError;
}
