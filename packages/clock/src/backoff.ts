import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** The first delay's upper bound, in milliseconds. Default 800. */
  readonly baseMs?: number;
  /** No delay is longer. Default 30,000. */
  readonly maxMs?: number;
  /** After this long without a failure the next one starts from the base. Default 120,000. */
  readonly resetAfterMs?: number;
}

/** Exponential back-off with full jitter: the n-th delay is uniform in (0, min(max, base * 2^n)]. */
export class Backoff {
  readonly #clock: Clock;
  readonly #base: number;
  readonly #max: number;
  readonly #resetAfter: number;
  #failures = 0;
  #last = -Infinity;

  constructor(clock: Clock, options: BackoffOptions = {}) {
    this.#clock = clock;
    this.#base = options.baseMs ?? 800;
    this.#max = options.maxMs ?? 30_000;
    this.#resetAfter = options.resetAfterMs ?? 120_000;
  }

  /** Failures in a row, as far as they count. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and gives the delay before the next try, in milliseconds; never below `atLeastMs` (a Retry-After). */
  next(atLeastMs = 0): number {
    const now = this.#clock.now();
    if (now - this.#last > this.#resetAfter) this.#failures = 0;
    this.#last = now;
    const bound = Math.min(this.#max, this.#base * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.max(atLeastMs, bound * (1 - this.#clock.random()));
  }

  reset(): void {
    this.#failures = 0;
  }
}
