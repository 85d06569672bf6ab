import { orAborted } from '../sockets/abort.ts';

const ended: unique symbol = Symbol('ended by its consumer');

/**
 * An async generator that ends when it is told to. Those of the language queue `return()` behind a `next()` that is pending, and a quiet watch is
 * pending for minutes. Here `return()`, `throw()` and `await using` abort the signal that the work was given: the pending `next()` is answered as done,
 * and what the work holds (a connection, timers, listeners) is let go of at once. Begins nothing before the first `next()`.
 */
export function ending<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  return new Ending(signal, work);
}

class Ending<T> implements AsyncGenerator<T, void> {
  readonly #outer: AbortSignal | undefined;
  readonly #work: (signal: AbortSignal) => AsyncGenerator<T, void>;
  readonly #stop = new AbortController();
  #inner: AsyncGenerator<T, void> | undefined;
  #over = false;
  readonly #onAbort = (): void => {
    this.#stop.abort(this.#outer?.reason);
  };

  constructor(outer: AbortSignal | undefined, work: (signal: AbortSignal) => AsyncGenerator<T, void>) {
    this.#outer = outer;
    this.#work = work;
  }

  async next(): Promise<IteratorResult<T, void>> {
    if (this.#over) return { done: true, value: undefined };
    try {
      const result = await orAborted((this.#inner ??= this.#begin()).next(), this.#stop.signal);
      if (result.done === true) this.#finish();
      return this.#over && result.done !== true ? { done: true, value: undefined } : result;
    } catch (error) {
      if (error === ended) return { done: true, value: undefined };
      this.#finish();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.#end();
    throw error;
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void> {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #begin(): AsyncGenerator<T, void> {
    if (this.#outer?.aborted === true) this.#onAbort();
    else this.#outer?.addEventListener('abort', this.#onAbort, { once: true });
    return this.#work(this.#stop.signal);
  }

  async #end(): Promise<void> {
    const inner = this.#inner;
    this.#finish();
    // The work ends by the signal; what it throws then was not asked for.
    await inner?.return().catch(() => {});
  }

  #finish(): void {
    this.#over = true;
    this.#outer?.removeEventListener('abort', this.#onAbort);
    this.#stop.abort(ended);
  }
}
