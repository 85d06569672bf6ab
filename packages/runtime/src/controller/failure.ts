import { isTerminalError, ReconcileResultError } from '../errors.ts';
import { findCause } from '../thrown.ts';

/** What a run's failure means for its key. */
export interface Failure {
  readonly terminal: boolean;
  /** Whether it is a mistake in the program. */
  readonly panic: boolean;
  /** What a server asked to wait, on the error or on what caused it, an hour at most; 0 without. */
  readonly retryAfterMs: number;
}

/** A server may ask for a wait; a broken answer must not lose the key for a year. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Reads what a reconcile threw. Never throws, whatever it is. */
export function readFailure(thrown: unknown): Failure {
  return {
    terminal: isTerminalError(thrown),
    // The error itself counts: one whose cause is a mistake was thrown by a program that knows of it.
    panic: findCause(thrown, isMistake) ?? true,
    retryAfterMs: Math.min(
      MAX_RETRY_AFTER_MS,
      findCause(thrown, (error) => {
        const { retryAfterMs } = error as { readonly retryAfterMs?: unknown };
        return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && retryAfterMs > 0 ? retryAfterMs : undefined;
      }) ?? 0,
    ),
  };
}

const isMistake = (error: Error): boolean =>
  error instanceof TypeError ||
  error instanceof ReferenceError ||
  error instanceof RangeError ||
  error instanceof SyntaxError ||
  error instanceof ReconcileResultError;
