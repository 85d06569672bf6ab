import type { Delta } from '../contract/delta.ts';
import type { DeltaIterator, DeltasOptions, HandlerHandle, Informer } from '../contract/informer.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A handler turned inside out: each delta is settled when the next is asked for. The handler is registered by the first `next()`, so an iterator that
 * nobody uses keeps nothing. `return()` and `throw()` end it at once, also while a `next()` waits, which then resolves as done.
 */
export class HandlerIterator<T> implements DeltaIterator<T> {
  readonly #informer: Pick<Informer<T>, 'handle'>;
  readonly #options: Omit<DeltasOptions<T>, 'signal'>;
  readonly #ends: AbortSignal;
  readonly #onAbort = (): void => this.#end();
  /** Calls of `next` that wait, in their order. */
  readonly #asked: ((result: IteratorResult<Delta<T>, undefined>) => void)[] = [];
  #handle: HandlerHandle | undefined;
  /** Lets the handler go on after the delta that was handed out last. */
  #settle: (() => void) | undefined;
  #ended = false;

  constructor(informer: Pick<Informer<T>, 'handle'>, ends: AbortSignal, options: Omit<DeltasOptions<T>, 'signal'>) {
    this.#informer = informer;
    this.#ends = ends;
    this.#options = options;
  }

  next(): Promise<IteratorResult<Delta<T>, undefined>> {
    if (this.#ends.aborted) this.#end();
    if (this.#ended) return Promise.resolve(DONE);
    return new Promise((resolve) => {
      this.#begin();
      this.#asked.push(resolve);
      // Of several calls at once, the first gets the next delta; each later one settles the delta before its own.
      if (this.#asked.length === 1) this.#settled();
    });
  }

  return(): Promise<IteratorResult<Delta<T>, undefined>> {
    this.#end();
    return Promise.resolve(DONE);
  }

  throw(error?: unknown): Promise<IteratorResult<Delta<T>, undefined>> {
    this.#end();
    return Promise.reject(error as Error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #begin(): void {
    if (this.#handle !== undefined) return;
    this.#ends.addEventListener('abort', this.#onAbort, { once: true });
    this.#handle = this.#informer.handle((delta) => this.#take(delta), { ...this.#options, workers: 1 });
  }

  /** One at a time, since the handler has one worker: nobody asked only if the delta before was not settled. */
  #take(delta: Delta<T>): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#asked.shift()?.({ done: false, value: delta });
      if (this.#asked.length > 0) this.#settled();
    });
  }

  #settled(): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ends.removeEventListener('abort', this.#onAbort);
    this.#handle?.remove();
    this.#settled();
    for (const resolve of this.#asked.splice(0)) resolve(DONE);
  }
}
