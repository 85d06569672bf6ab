import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';

/** Says how long a failed key waits. One instance serves one queue. */
export interface RateLimiter {
  /**
   * Counts a failure of the key and gives the delay before the next try, in milliseconds: a finite number, 0 or more. What gives anything else is
   * refused by name: a delay that is taken for 0 would have a failing key run without a pause.
   */
  next(id: string): number;
  /** The key's failures no longer count; its memory is given back. */
  forget(id: string): void;
  /** Failures in a row that count. */
  failures(id: string): number;
  /** Keys that are remembered. */
  readonly size: number;
}

export interface ItemExponentialOptions {
  /** Delay after the first failure, doubled by each further one. Default 5 ms. */
  readonly baseMs?: number;
  /** No key waits longer for itself. Default 1,000,000 ms. */
  readonly maxMs?: number;
  /** The part of a delay that is random, 0 to 1: the delay is uniform in [(1 - jitter) * d, d]. Default 0, as in client-go. */
  readonly jitter?: number;
  /** Where the randomness comes from. */
  readonly clock?: Pick<Clock, 'random'>;
}

/** Each key waits twice as long after each failure (client-go's TypedItemExponentialFailureRateLimiter). */
export function itemExponential(options: ItemExponentialOptions = {}): RateLimiter {
  const { baseMs = 5, maxMs = 1_000_000, jitter = 0, clock = systemClock } = options;
  checkNumber('itemExponential: baseMs', baseMs, 0);
  checkNumber('itemExponential: maxMs', maxMs, 0);
  checkNumber('itemExponential: jitter', jitter, 0, 1);
  return counting((count) => {
    const full = Math.min(maxMs, baseMs * 2 ** Math.min(count, 1023));
    return jitter === 0 ? full : full * (1 - jitter * clock.random());
  });
}

export interface FastSlowOptions {
  /** Delay of the first tries, milliseconds. */
  readonly fastMs: number;
  /** Delay of all further ones. */
  readonly slowMs: number;
  /** How many are fast. */
  readonly fastTries: number;
}

/** Each key is tried again soon for some times, then slowly (client-go's TypedItemFastSlowRateLimiter). */
export function fastSlow({ fastMs, slowMs, fastTries }: FastSlowOptions): RateLimiter {
  checkNumber('fastSlow: fastMs', fastMs, 0);
  checkNumber('fastSlow: slowMs', slowMs, 0);
  checkNumber('fastSlow: fastTries', fastTries, 0);
  return counting((count) => (count < fastTries ? fastMs : slowMs));
}

export interface TokenBucketOptions {
  /** Tokens that come each second. Default 10. */
  readonly perSecond?: number;
  /** Tokens that may be there at once. Default 100. */
  readonly burst?: number;
  readonly clock?: Pick<Clock, 'now'>;
}

/** One bucket that all keys share (client-go's TypedBucketRateLimiter): it forgets nothing, since it knows no keys. */
export function tokenBucket(options: TokenBucketOptions = {}): RateLimiter {
  const { perSecond = 10, burst = 100, clock = systemClock } = options;
  if (!(perSecond > 0) || typeof perSecond !== 'number')
    throw new RuntimeOptionsError(`tokenBucket: perSecond is ${shown(perSecond)}; it must be a number above 0`);
  checkNumber('tokenBucket: burst', burst, 1);
  let tokens = burst;
  let filledAt = clock.now();
  return {
    next() {
      if (perSecond === Infinity) return 0;
      const now = clock.now();
      tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) / 1000) * perSecond);
      filledAt = Math.max(filledAt, now);
      tokens -= 1;
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
    },
    forget: () => {},
    failures: () => 0,
    size: 0,
  };
}

/** The longest delay of all limiters; each of them counts every failure (client-go's TypedMaxOfRateLimiter). */
export function maxOf(...limiters: readonly RateLimiter[]): RateLimiter {
  if (limiters.length === 0) throw new RuntimeOptionsError('maxOf: no limiter was given');
  limiters.forEach((limiter, at) => checkLimiter(`maxOf: limiter ${at + 1}`, limiter));
  return {
    // Each is checked: the longest of -5 and 0 would hide the wrong one.
    next: (id) => limiters.reduce((longest, limiter, at) => Math.max(longest, checkDelay(`maxOf: limiter ${at + 1}`, limiter.next(id))), 0),
    forget: (id) => limiters.forEach((limiter) => limiter.forget(id)),
    failures: (id) => limiters.reduce((most, limiter) => Math.max(most, limiter.failures(id)), 0),
    get size() {
      return limiters.reduce((most, limiter) => Math.max(most, limiter.size), 0);
    },
  };
}

export interface RateLimiterOptions extends Omit<ItemExponentialOptions, 'clock'>, Omit<TokenBucketOptions, 'clock'> {}

/**
 * The longer of `itemExponential` and `tokenBucket`, as client-go's DefaultTypedControllerRateLimiter, whose numbers are the defaults: 5 ms doubled
 * up to 1,000 s for each key, and 10 retries a second with a burst of 100 for all keys together.
 */
export function createRateLimiter(clock: Clock, options: RateLimiterOptions = {}): RateLimiter {
  return maxOf(itemExponential({ ...options, clock }), tokenBucket({ ...options, clock }));
}

/** @throws RuntimeOptionsError for what lacks a method of a limiter */
export function checkLimiter(what: string, limiter: unknown): void {
  for (const method of ['next', 'forget', 'failures'] as const)
    if (typeof (limiter as { readonly [name in typeof method]?: unknown } | null | undefined)?.[method] !== 'function')
      throw new RuntimeOptionsError(`${what} has no method ${method}`);
}

/** What a limiter gave, if it is a delay. @throws RuntimeOptionsError */
export function checkDelay(what: string, delay: unknown): number {
  if (typeof delay === 'number' && delay >= 0 && delay !== Infinity) return delay;
  throw new RuntimeOptionsError(`${what}: next gave ${shown(delay)}; it must give milliseconds, a finite number, 0 or more`);
}

function counting(delay: (failuresBefore: number) => number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    next(id) {
      const count = failures.get(id) ?? 0;
      failures.set(id, count + 1);
      return delay(count);
    },
    forget: (id) => void failures.delete(id),
    failures: (id) => failures.get(id) ?? 0,
    get size() {
      return failures.size;
    },
  };
}

function checkNumber(what: string, value: unknown, least: number, most = Infinity): void {
  if (typeof value === 'number' && value >= least && value <= most && (value !== Infinity || most === Infinity)) return;
  const range = most === Infinity ? `${least} or more` : `between ${least} and ${most}`;
  throw new RuntimeOptionsError(`${what} is ${shown(value)}; it must be a number, ${range}`);
}

/** A value in an error text: short, and never a secret, since only numbers are shown as they are. */
export const shown = (value: unknown): string => (typeof value === 'number' || value === null ? String(value) : `of type ${typeof value}`);
