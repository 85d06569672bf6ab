import type { Clock } from '@kubecast/clock';

/** Says how long a failed key waits. One instance serves one queue. */
export interface RateLimiter {
  /** Counts a failure of the key and gives the delay before the next try, in milliseconds. */
  next(id: string): number;
  /** The key's failures no longer count; its memory is given back. */
  forget(id: string): void;
  /** Failures in a row that count. */
  failures(id: string): number;
  /** Keys that are remembered. */
  readonly size: number;
}

export interface RateLimiterOptions {
  /** Delay after the first failure, doubled by each further one. Default 5 ms. */
  readonly baseMs?: number;
  /** No key waits longer for itself. Default 1,000,000 ms. */
  readonly maxMs?: number;
  /** The part of a delay that is random, 0 to 1: the delay is uniform in [(1 - jitter) * d, d]. Default 0.2. */
  readonly jitter?: number;
  /** Retries a second of all keys together, after the burst is used up. Default 10; Infinity: no such limit. */
  readonly perSecond?: number;
  /** Retries that may come at once. Default 100. */
  readonly burst?: number;
}

/**
 * Exponential per key, with jitter, and a bucket that all keys share: the longer of both delays counts, as in client-go, whose numbers
 * are the defaults; jitter is added, so that keys that failed together do not come back together.
 */
export function createRateLimiter(clock: Clock, options: RateLimiterOptions = {}): RateLimiter {
  const { baseMs = 5, maxMs = 1_000_000, jitter = 0.2, perSecond = 10, burst = 100 } = options;
  const failures = new Map<string, number>();
  let tokens = burst;
  let filledAt = clock.now();
  const fromBucket = (): number => {
    if (perSecond === Infinity) return 0;
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    tokens -= 1;
    return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
  };
  return {
    next(id) {
      const count = failures.get(id) ?? 0;
      failures.set(id, count + 1);
      const own = Math.min(maxMs, baseMs * 2 ** Math.min(count, 60)) * (1 - jitter * clock.random());
      return Math.max(own, fromBucket());
    },
    forget: (id) => void failures.delete(id),
    failures: (id) => failures.get(id) ?? 0,
    get size() {
      return failures.size;
    },
  };
}
