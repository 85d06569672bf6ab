import type { Clock } from '@kubecast/clock';
import { ClosedError, ConfigError, TimeoutError } from '../errors.ts';

export interface BudgetOptions {
  /** Requests a second, over time. Default 100; 0: no limit. */
  readonly perSecond?: number;
  /** Requests at once after a pause. Default 200. */
  readonly burst?: number;
  /** The share of the tokens, 0 to 1, that low priority (lists and watches of informers) may not use up. Default 0.25. */
  readonly reserved?: number;
}

export interface BudgetCounters {
  readonly granted: number;
  /** Those that had to wait. */
  readonly delayed: number;
  readonly waiting: number;
  /** Times the server asked us to wait (429). */
  readonly pauses: number;
}

type Level = 'high' | 'normal' | 'low';
interface Waiter {
  /** When the call's deadline ends the wait; Infinity: never. */
  readonly endsAt: number;
  readonly tooLate: () => TimeoutError;
  readonly grant: () => void;
  readonly refuse: (reason: unknown) => void;
}

const LONGEST_PAUSE_MS = 3_600_000;
const levels: readonly Level[] = ['high', 'normal', 'low'];
/**
 * A bucket of requests for one connection. Those that wait are granted by priority, in order within one; low ones leave a reserve to the
 * others, and none is starved by those above it. After a 429 nothing but high priority is granted until the time that the server asked for has passed;
 * a call whose deadline comes before that is refused at once.
 */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #reserved: number;
  readonly #waiting: Record<Level, Set<Waiter>> = { high: new Set(), normal: new Set(), low: new Set() };
  readonly #counters = { granted: 0, delayed: 0, pauses: 0 };
  /** A priority that waits is granted one at least so often, whatever waits above it: else a busy writer would starve its own informers. */
  readonly #overdueMs: number;
  readonly #overdueAt: Record<Level, number> = { high: 0, normal: 0, low: 0 };
  #tokens: number;
  #filledAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #timer: AbortController | undefined;
  #closed = false;

  constructor(clock: Clock, options: BudgetOptions = {}) {
    for (const name of ['perSecond', 'burst', 'reserved'] as const) {
      const value = options[name];
      if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
        throw new ConfigError(`the budget's ${name} is ${String(value)}; expected a number that is not negative`);
    }
    this.#clock = clock;
    this.#perSecond = options.perSecond ?? 100;
    // At most a tenth of what there is.
    this.#overdueMs = Math.max(250, this.#perSecond > 0 ? 10_000 / this.#perSecond : 0);
    this.#burst = Math.max(1, options.burst ?? 200);
    this.#reserved = Math.min(0.9, Math.max(0, options.reserved ?? 0.25)) * this.#burst;
    this.#tokens = this.#burst;
    this.#filledAt = clock.now();
  }

  get counters(): BudgetCounters {
    return { ...this.#counters, waiting: levels.reduce((sum, level) => sum + this.#waiting[level].size, 0) };
  }

  /** Resolves when the request may be sent. Rejects with the signal's reason, TimeoutError after `deadlineMs` (0: none), ClosedError. */
  take(
    level: Level,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly deadlineMs: number;
      /** The whole call's limit, of which `deadlineMs` is left: what the error tells. */
      readonly totalMs?: number;
      readonly what: string;
    },
  ): Promise<void> {
    const { signal, deadlineMs, totalMs = deadlineMs, what } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#closed) return Promise.reject(new ClosedError());
    const endsAt = deadlineMs > 0 ? this.#clock.now() + deadlineMs : Number.POSITIVE_INFINITY;
    const tooLate = (): TimeoutError => {
      const retryAfterMs = Math.ceil(this.#pausedUntil - this.#clock.now());
      const message = `${what}: after a 429 the server asked this client to wait ${retryAfterMs} ms more, longer than the ${totalMs} ms of this call`;
      return new TimeoutError('budget', totalMs, message, { retryAfterMs });
    };
    if (level !== 'high' && endsAt <= this.#pausedUntil) return Promise.reject(tooLate());
    this.#fill();
    if (this.#ahead(level) === 0 && !levels.some((other) => this.#overdueIn(other) === 0) && this.#wait(level) === 0) {
      this.#spend();
      return Promise.resolve();
    }
    this.#counters.delayed++;
    return new Promise((resolve, reject) => {
      const timer = new AbortController();
      const leave = (): void => {
        this.#waiting[level].delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        timer.abort();
      };
      const waiter: Waiter = {
        endsAt,
        tooLate,
        grant: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason as Error);
        },
      };
      const onAbort = (): void => {
        waiter.refuse(signal?.reason);
      };
      if (this.#waiting[level].size === 0) this.#overdueAt[level] = this.#clock.now() + this.#overdueMs;
      this.#waiting[level].add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (deadlineMs > 0) {
        this.#clock.sleep(deadlineMs, timer.signal).then(
          () => {
            waiter.refuse(new TimeoutError('budget', totalMs, `${what}: the request budget granted nothing within ${totalMs} ms`));
          },
          () => {},
        );
      }
      this.#schedule();
    });
  }

  /** The server asked to wait; an hour at most, for a broken answer to one call must not silence the client for days. */
  pause(ms: number): void {
    this.#counters.pauses++;
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + Math.min(ms, LONGEST_PAUSE_MS));
    for (const level of ['normal', 'low'] as const)
      for (const waiter of this.#waiting[level]) if (waiter.endsAt <= this.#pausedUntil) waiter.refuse(waiter.tooLate());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.abort();
    for (const level of levels) for (const waiter of this.#waiting[level]) waiter.refuse(new ClosedError());
  }

  #ahead(level: Level): number {
    let count = 0;
    for (const other of levels) {
      count += this.#waiting[other].size;
      if (other === level) break;
    }
    return count;
  }

  /** Milliseconds until one of this level may go. */
  #wait(level: Level): number {
    const paused = level === 'high' ? 0 : Math.max(0, this.#pausedUntil - this.#clock.now());
    if (this.#perSecond <= 0) return paused;
    const needed = 1 + (level === 'low' ? this.#reserved : 0) - this.#tokens;
    return Math.max(paused, needed <= 0 ? 0 : (needed / this.#perSecond) * 1000);
  }

  /** Milliseconds until one of this level must go before all others; Infinity where none waits. */
  #overdueIn(level: Level): number {
    return this.#waiting[level].size === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#overdueAt[level] - this.#clock.now());
  }

  #fill(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
  }

  #spend(): void {
    this.#counters.granted++;
    if (this.#perSecond > 0) this.#tokens--;
  }

  #schedule(): void {
    this.#timer?.abort();
    let wait = Number.POSITIVE_INFINITY;
    for (const level of levels) {
      if (this.#waiting[level].size === 0) continue;
      // One that is overdue needs a token, and no reserve.
      wait = Math.min(wait, this.#wait(level), Math.max(this.#wait(level === 'low' ? 'normal' : level), this.#overdueIn(level)));
    }
    if (wait === Number.POSITIVE_INFINITY) return;
    const timer = new AbortController();
    this.#timer = timer;
    // A whole millisecond more: timers may fire a fraction early, and the loop would spin.
    this.#clock.sleep(Math.ceil(wait) + 1, timer.signal).then(
      () => {
        this.#grant();
      },
      () => {},
    );
  }

  #grant(): void {
    this.#fill();
    for (const level of levels.toReversed()) {
      const [first] = this.#waiting[level];
      if (first === undefined || this.#overdueIn(level) > 0 || this.#wait(level === 'low' ? 'normal' : level) > 0) continue;
      this.#overdueAt[level] = this.#clock.now() + this.#overdueMs;
      this.#spend();
      first.grant();
    }
    for (const level of levels) {
      for (const waiter of this.#waiting[level]) {
        if (this.#wait(level) > 0) break;
        this.#spend();
        this.#overdueAt[level] = this.#clock.now() + this.#overdueMs;
        waiter.grant();
      }
      // A lower level may not pass a higher one that waits for tokens.
      if (this.#waiting[level].size > 0) break;
    }
    this.#schedule();
  }
}
