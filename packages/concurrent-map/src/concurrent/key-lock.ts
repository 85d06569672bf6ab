import type { Clock } from '@kubecast/clock';
import { DeadlineError, ReentryError } from '../errors.ts';
import { withinKey, keysWithin } from './node-key-context.ts';

export interface WithKeyOptions {
  /** Rejects with the signal's reason while the call waits; a critical section that runs is told by its own signal. */
  readonly signal?: AbortSignal;
  /** The longest wait for the key, in milliseconds; then DeadlineError. It does not bound the critical section itself. */
  readonly deadlineMs?: number;
}

interface Waiter {
  /** Called when it is this waiter's turn. */
  readonly go: () => void;
}

/** Critical sections by key: one at a time for each key, in the order in which they asked. Keys that nobody holds cost nothing. */
export class KeyLock {
  readonly #map: string;
  readonly #clock: Clock;
  /** The waiters of each key that is held; the holder is not among them. */
  readonly #held = new Map<string, Waiter[]>();

  constructor(map: string, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  /** Keys that are held now. */
  get held(): number {
    return this.#held.size;
  }

  async run<R>(key: string, section: () => R | PromiseLike<R>, options: WithKeyOptions = {}): Promise<R> {
    const within = keysWithin(this);
    if (within?.has(key)) throw new ReentryError(this.#map, key);
    options.signal?.throwIfAborted();
    const queue = this.#held.get(key);
    if (queue) await this.#wait(key, queue, options);
    else this.#held.set(key, []);
    try {
      return await withinKey(this, within, key, section);
    } finally {
      this.#release(key);
    }
  }

  #wait(key: string, queue: Waiter[], { signal, deadlineMs }: WithKeyOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = new AbortController();
      const leave = (reason: unknown): void => {
        const at = queue.indexOf(waiter);
        if (at < 0) return;
        queue.splice(at, 1);
        end();
        reject(reason as Error);
      };
      const onAbort = (): void => leave(signal?.reason);
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort);
        timer.abort();
      };
      const waiter: Waiter = {
        go: () => {
          end();
          resolve();
        },
      };
      queue.push(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (deadlineMs === undefined) return;
      this.#clock.sleep(deadlineMs, timer.signal).then(
        () => leave(new DeadlineError(this.#map, key, deadlineMs)),
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
