import type { Clock } from '@kubecast/clock';
import { DeadlineError, MapOptionsError, ReentryError } from '../errors.ts';
import { onAbort } from './abort-callbacks.ts';
import { Hold, holdWithin, runWithin } from './node-key-context.ts';

export interface WithKeyOptions {
  /** Rejects with the signal's reason while the call waits; a critical section that runs is told by its own signal. */
  readonly signal?: AbortSignal;
  /** The longest wait for the key, in milliseconds; then DeadlineError. It does not bound the critical section itself. */
  readonly deadlineMs?: number;
}

interface Waiter {
  /** Called when it is this waiter's turn. */
  readonly go: () => void;
  before: Waiter | undefined;
  after: Waiter | undefined;
  queued: boolean;
}

/** Waiters in the order of their calls. A linked list: one may leave from the middle, and a hundred thousand may wait, at no cost that grows with their number. */
class WaitQueue {
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  push(waiter: Waiter): void {
    waiter.before = this.#last;
    if (this.#last) this.#last.after = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    waiter.queued = true;
  }

  remove(waiter: Waiter): void {
    if (waiter.before) waiter.before.after = waiter.after;
    else this.#first = waiter.after;
    if (waiter.after) waiter.after.before = waiter.before;
    else this.#last = waiter.before;
    waiter.before = undefined;
    waiter.after = undefined;
    waiter.queued = false;
  }

  shift(): Waiter | undefined {
    const first = this.#first;
    if (first) this.remove(first);
    return first;
  }
}

/** Critical sections by key: one at a time for each key, in the order in which they asked. Keys that nobody holds cost nothing. */
export class KeyLock {
  readonly #map: string;
  readonly #clock: Clock;
  /** The waiters of each key that is held; the holder is not among them. */
  readonly #held = new Map<string, WaitQueue>();

  constructor(map: string, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  /** Keys that are held now. */
  get held(): number {
    return this.#held.size;
  }

  async run<R>(key: string, section: () => R | PromiseLike<R>, options: WithKeyOptions = {}): Promise<R> {
    const { deadlineMs, signal } = options;
    if (deadlineMs !== undefined && (typeof deadlineMs !== 'number' || !(deadlineMs >= 0)))
      throw new MapOptionsError(
        `the option "deadlineMs" of withKey() of the map "${this.#map}" is a number of at least 0, not ${String(deadlineMs)}`,
      );
    if (holdWithin(this, key)) throw new ReentryError(this.#map, 'withKey', key, 'the critical section of that key');
    signal?.throwIfAborted();
    const queue = this.#held.get(key);
    if (queue) await this.#wait(key, queue, options);
    else this.#held.set(key, new WaitQueue());
    const hold = new Hold(this, key);
    try {
      return await runWithin(hold, section);
    } finally {
      hold.end();
      this.#release(key);
    }
  }

  #wait(key: string, queue: WaitQueue, { signal, deadlineMs }: WithKeyOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = deadlineMs === undefined ? undefined : new AbortController();
      const leave = (reason: unknown): void => {
        if (!waiter.queued) return;
        queue.remove(waiter);
        timer?.abort();
        reject(reason as Error);
      };
      const waiter: Waiter = {
        go: () => {
          stay?.();
          timer?.abort();
          resolve();
        },
        before: undefined,
        after: undefined,
        queued: false,
      };
      queue.push(waiter);
      const stay = signal && onAbort(signal, () => leave(signal.reason));
      if (deadlineMs === undefined || timer === undefined) return;
      this.#clock.sleep(deadlineMs, timer.signal).then(
        () => {
          stay?.();
          leave(new DeadlineError(this.#map, key, deadlineMs));
        },
        () => undefined,
      );
    });
  }

  #release(key: string): void {
    const queue = this.#held.get(key);
    const next = queue?.shift();
    if (next) next.go();
    else this.#held.delete(key);
  }
}
