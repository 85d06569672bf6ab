interface Waiter<T> {
  readonly left: Set<T>;
  readonly orAway: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those that wait until each of some things is determined. */
export class SettledWaiters<T> {
  readonly #waiters = new Set<Waiter<T>>();

  /** Resolves when all of `left` were determined, with `orAway` also at `away()`; rejects with the signal's reason. */
  wait(left: Set<T>, signal: AbortSignal | undefined, orAway: boolean): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiter.reject(signal?.reason);
      const end = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter<T> = {
        left,
        orAway,
        resolve: () => {
          end();
          resolve();
        },
        reject: (error) => {
          end();
          reject(error as Error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  determined(thing: T): void {
    for (const waiter of this.#waiters) {
      if (waiter.left.delete(thing) && waiter.left.size === 0) waiter.resolve();
    }
  }

  /** Nothing more can be determined for now. */
  away(): void {
    for (const waiter of this.#waiters) if (waiter.orAway) waiter.resolve();
  }

  rejectAll(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
