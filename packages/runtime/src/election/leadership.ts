import type { Clock } from '@kubecast/clock';
import { LeadershipLostError } from '../errors.ts';

/** The right to act, for one term. */
export interface Leadership {
  /** leaseTransitions of the Lease: grows with each acquisition. Fence writes with it: the Lease alone stops nobody. */
  readonly term: number;
  /** Aborted when the right ends: before another can hold the Lease, and before it is released. */
  readonly signal: AbortSignal;
  /**
   * Throws LeadershipLostError unless the right stands at this very moment. Call it right before a write: a stalled event loop or a
   * suspended machine delays the signal, but not this.
   */
  check(): void;
}

/**
 * A right that ends by itself. It stands until the START of the last renewal that succeeded plus the lease's duration minus a margin, by
 * the monotonic clock; time that the calendar shows and the monotonic clock does not (a suspend) counts too.
 */
export class TimedLeadership implements Leadership {
  readonly term: number;
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #lastsMs: number;
  #startedNow = 0;
  #startedWall = 0;
  #timer: AbortController | undefined;

  constructor(clock: Clock, term: number, lastsMs: number, start: { readonly now: number; readonly wall: number }) {
    this.#clock = clock;
    this.term = term;
    this.#lastsMs = lastsMs;
    this.signal = this.#controller.signal;
    this.renewed(start);
  }

  /** Milliseconds for which it still stands. */
  get leftMs(): number {
    if (this.signal.aborted) return 0;
    const elapsed = Math.max(this.#clock.now() - this.#startedNow, this.#clock.wall() - this.#startedWall);
    return Math.max(0, this.#lastsMs - elapsed);
  }

  /** A renewal that began then has succeeded. */
  renewed(start: { readonly now: number; readonly wall: number }): void {
    // It may have ended while the answer was on its way: it does not come back.
    if (this.#timer !== undefined && this.leftMs <= 0) {
      this.#expire();
      return;
    }
    this.#startedNow = start.now;
    this.#startedWall = start.wall;
    this.#arm();
  }

  #arm(): void {
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    const left = this.leftMs;
    if (left <= 0) {
      this.#expire();
      return;
    }
    this.#clock.sleep(left, timer.signal).then(
      () => {
        if (this.leftMs <= 0) this.#expire();
        else this.#arm();
      },
      () => {},
    );
  }

  #expire(): void {
    this.end(new LeadershipLostError(`leadership of term ${this.term} ended: the Lease was not renewed in time`));
  }

  /** Says aloud that it is over, if it is and the timer has not yet. */
  endIfOver(): void {
    if (!this.signal.aborted && this.leftMs <= 0) this.#expire();
  }

  check(): void {
    this.endIfOver();
    if (this.signal.aborted) throw this.signal.reason;
  }

  end(reason: unknown): void {
    this.#timer?.abort();
    this.#controller.abort(reason);
  }
}
