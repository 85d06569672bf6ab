import type { Clock } from '@kubecast/clock';
import { WaitTimeoutError } from '../errors.ts';

export interface WaiterOptions {
  /** What is waited for, in words. */
  readonly what: string;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/**
 * After so many that were told, those go on before the next are told: what they do at once counts into the slice.
 */
export const TOLD_AT_ONCE = 16;

/** One promise that is waited for, with its signal and its deadline. It leaves nothing behind once it is settled. */
export class Waiter {
  readonly promise: Promise<void>;
  readonly #signal: AbortSignal | undefined;
  #timer: AbortController | undefined;
  readonly #onAbort = (): void => this.reject(this.#signal?.reason);
  readonly #onSettled: () => void;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #settled = false;

  constructor(clock: Clock, options: WaiterOptions, onSettled: () => void) {
    const { signal, deadlineMs, what } = options;
    this.#onSettled = onSettled;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal?.aborted === true) {
      // Whoever makes it does not have it yet, and has nothing to take away.
      this.#settled = true;
      this.#reject(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (deadlineMs === undefined) return;
    this.#timer = new AbortController();
    clock.sleep(deadlineMs, this.#timer.signal).then(
      () => this.reject(new WaitTimeoutError(`waited ${deadlineMs} ms for ${what}`)),
      () => undefined,
    );
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(): void {
    if (this.#end()) this.#resolve();
  }

  reject(reason: unknown): void {
    if (this.#end()) this.#reject(reason);
  }

  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#timer?.abort();
    this.#onSettled();
    return true;
  }
}
