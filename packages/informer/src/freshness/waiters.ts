import type { Clock } from '@kubecast/clock';
import { WaitTimeoutError } from '../errors.ts';

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Who waits until something holds of an informer's state; asked again after each step of it. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  check(): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of [...this.#waiting]) if (waiter.holds()) waiter.resolve();
  }

  fail(reason: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.reject(reason);
  }

  /** Resolves once `holds()`; rejects with WaitTimeoutError after the deadline, or with the signal's reason. Leaves nothing behind. */
  until(
    holds: () => boolean,
    options: { readonly what: string; readonly signal?: AbortSignal; readonly deadlineMs?: number },
  ): Promise<void> {
    const { signal, deadlineMs, what } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = new AbortController();
      const end = (): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        timer.abort();
      };
      const waiter: Waiter = {
        holds,
        resolve: () => {
          end();
          resolve();
        },
        reject: (reason) => {
          end();
          reject(reason as Error);
        },
      };
      const onAbort = (): void => waiter.reject(signal?.reason);
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (deadlineMs === undefined) return;
      this.#clock.sleep(deadlineMs, timer.signal).then(
        () => waiter.reject(new WaitTimeoutError(`waited ${deadlineMs} ms for ${what}`)),
        () => undefined,
      );
    });
  }
}
