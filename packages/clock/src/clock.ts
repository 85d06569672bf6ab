/**
 * Time, randomness and turns of the event loop, as one value that a test can replace.
 *
 * Everything in kubecast that waits, ages or spreads takes a Clock, so that its tests run in virtual time.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock: for ages, deadlines and back-off. Never goes back; its zero means nothing. */
  now(): number;
  /** Milliseconds since the Unix epoch: the calendar's time, for Leases and file headers. May jump. */
  wall(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. Leaves no timer behind. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves in a later turn of the event loop, after timers that are due and I/O that is ready had their chance. */
  yield(): Promise<void>;
  /** A number in [0, 1), for jitter. Not for secrets. */
  random(): number;
}
