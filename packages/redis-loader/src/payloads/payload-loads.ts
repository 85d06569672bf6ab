interface Waiter<H> {
  readonly resolve: (held: H) => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait for the payload of an item. All who wait for one item get what one read of it gives. */
export class PayloadLoads<I, H> {
  readonly #waiting = new Map<I, Set<Waiter<H>>>();

  has(item: I): boolean {
    return this.#waiting.has(item);
  }

  async wait(item: I, signal: AbortSignal | undefined): Promise<H> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<H>();
    const waiter = { resolve, reject };
    const waiters = this.#waiting.get(item);
    if (waiters === undefined) this.#waiting.set(item, new Set([waiter]));
    else waiters.add(waiter);
    const abort = (): void => {
      const left = this.#waiting.get(item);
      left?.delete(waiter);
      if (left?.size === 0) this.#waiting.delete(item);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  done(item: I, held: H): void {
    for (const waiter of this.#take(item)) waiter.resolve(held);
  }

  fail(item: I, error: unknown): void {
    for (const waiter of this.#take(item)) waiter.reject(error);
  }

  failAll(error: (item: I) => unknown): void {
    for (const item of [...this.#waiting.keys()]) this.fail(item, error(item));
  }

  #take(item: I): Iterable<Waiter<H>> {
    const waiters = this.#waiting.get(item) ?? [];
    this.#waiting.delete(item);
    return waiters;
  }
}
