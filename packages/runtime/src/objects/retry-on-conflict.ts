import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';
import { isConflict } from './api-status.ts';

export interface RetryOptions {
  /** Tries in all. Default 5. */
  readonly tries?: number;
  /** Milliseconds between tries, lengthened by up to a tenth at random. Default 10. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Runs a task again while the server answers 409: read, change and write within it (client-go's RetryOnConflict with DefaultRetry). The last
 * conflict, and every other failure at once, is thrown.
 */
export async function retryOnConflict<T>(task: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = 5, waitMs = 10, signal, clock = systemClock } = options;
  if (!Number.isInteger(tries) || tries < 1) throw new RuntimeOptionsError('retryOnConflict: tries must be a whole number from 1 up');
  if (!(Number.isFinite(waitMs) && waitMs >= 0)) throw new RuntimeOptionsError('retryOnConflict: waitMs must be a number, 0 or more');
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      if (attempt >= tries || !isConflict(error)) throw error;
    }
    await clock.sleep(waitMs * (1 + 0.1 * clock.random()), signal);
  }
}
