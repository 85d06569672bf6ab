import { onAbort } from './abort-callbacks.ts';
import { Hold, holdWithin, runWithin } from './node-key-context.ts';

/** One call for a key, and those who wait for it. */
interface Flight<V> {
  readonly promise: Promise<V>;
  readonly abort: AbortController;
  /** What the call runs within: one that asks for its own key again would wait for itself. */
  readonly hold: Hold;
  waiting: number;
  /** Someone waits without a signal: the call is not given up. */
  kept: boolean;
  /** False once the key was written or deleted amid the call: what the call gives may be older than that. */
  fresh: boolean;
}

/** Joins calls for one key: while one runs, others wait for what it gives. A failure reaches all who wait, and the next call begins anew. */
export class SingleFlight<V> {
  readonly #flights = new Map<string, Flight<V>>();
  readonly #waitsForItself: (key: string) => Error;

  /** `waitsForItself` makes the error for a call that asks for its own key. */
  constructor(waitsForItself: (key: string) => Error) {
    this.#waitsForItself = waitsForItself;
  }

  /** Calls that are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the call for `key`, or begins it. `call` gets a signal that is aborted when all who wait have given up. `settle` is told what the call gave, and
   * whether the key stayed untouched meanwhile; what it returns is what all who wait get.
   */
  join(
    key: string,
    call: (signal: AbortSignal) => V | PromiseLike<V>,
    settle: (value: V, fresh: boolean) => V,
    signal?: AbortSignal,
  ): Promise<V> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const running = this.#flights.get(key);
    if (running && running.hold === holdWithin(this, key)) return Promise.reject(this.#waitsForItself(key));
    const flight = running ?? this.#begin(key, call, settle);
    if (!signal) {
      flight.kept = true;
      return flight.promise;
    }
    return this.#waitWith(signal, key, flight);
  }

  /** The key was written or deleted: a call that is under way is not kept, and whoever asks next begins a new one. */
  invalidate(key: string): void {
    if (this.#flights.size === 0) return;
    const flight = this.#flights.get(key);
    if (!flight) return;
    flight.fresh = false;
    this.#flights.delete(key);
  }

  #begin(key: string, call: (signal: AbortSignal) => V | PromiseLike<V>, settle: (value: V, fresh: boolean) => V): Flight<V> {
    const abort = new AbortController();
    const started = Promise.withResolvers<V>();
    const hold = new Hold(this, key);
    const flight: Flight<V> = { promise: started.promise, abort, hold, waiting: 0, kept: false, fresh: true };
    // Nobody may be left to hear of a failure when all have given up.
    flight.promise.catch(() => undefined);
    this.#flights.set(key, flight);
    const end = (): void => {
      hold.end();
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    void (async () => {
      try {
        const value = await runWithin(hold, () => call(abort.signal));
        end();
        started.resolve(settle(value, flight.fresh));
      } catch (error) {
        end();
        started.reject(error);
      }
    })();
    return flight;
  }

  #waitWith(signal: AbortSignal, key: string, flight: Flight<V>): Promise<V> {
    flight.waiting += 1;
    return new Promise((resolve, reject) => {
      const stay = onAbort(signal, () => {
        flight.waiting -= 1;
        reject(signal.reason as Error);
        if (flight.waiting > 0 || flight.kept) return;
        // Nobody waits any more: a newcomer begins a call of its own instead of joining one that is being given up.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.fresh = false;
        flight.abort.abort(signal.reason);
      });
      flight.promise.then(resolve, reject).finally(stay);
    });
  }
}
