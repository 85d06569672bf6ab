import type { Clock } from '@kubecast/clock';
import { Fault, faultOf } from './fault.ts';

/**
 * Reads one stream of a source with a watchdog: when `check()` throws before the next batch came, the stream is given up, also if its source never
 * settles. One timer at a time, and nothing is left behind on the outer signal. Whatever the source throws comes out as a Fault.
 */
export class FrameReader<B> {
  readonly #iterator: AsyncIterator<B>;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onOuterAbort: () => void;
  #failWaiting: ((reason: unknown) => void) | undefined;
  #closed = false;

  /** @throws Fault if `open` throws */
  constructor(open: (signal: AbortSignal) => AsyncIterable<B>, outer: AbortSignal) {
    this.#outer = outer;
    this.#onOuterAbort = () => this.#giveUp(outer.reason);
    if (outer.aborted) this.#controller.abort(outer.reason);
    else outer.addEventListener('abort', this.#onOuterAbort, { once: true });
    try {
      this.#iterator = open(this.#controller.signal)[Symbol.asyncIterator]();
    } catch (error) {
      outer.removeEventListener('abort', this.#onOuterAbort);
      throw faultOf(error);
    }
  }

  /** The next batch; undefined at a clean end. Throws a Fault: of what the source threw, of the outer signal's reason, or the watchdog's. */
  async next(): Promise<B | undefined> {
    if (this.#controller.signal.aborted) throw faultOf(this.#controller.signal.reason);
    try {
      const result = await new Promise<IteratorResult<B>>((resolve, reject) => {
        this.#failWaiting = reject;
        this.#iterator.next().then(resolve, reject);
      });
      this.#failWaiting = undefined;
      return result.done === true ? undefined : result.value;
    } catch (error) {
      throw faultOf(error);
    }
  }

  /**
   * Watches the time until `close`. `check` tells how long to wait until it is asked again, or throws the fault that ends the stream.
   */
  guard(clock: Clock, check: () => number): void {
    void this.#guard(clock, check);
  }

  async #guard(clock: Clock, check: () => number): Promise<void> {
    const signal = this.#controller.signal;
    while (!signal.aborted) {
      let wait: number;
      try {
        wait = check();
      } catch (fault) {
        this.#giveUp(fault);
        return;
      }
      try {
        await clock.sleep(wait, signal);
      } catch {
        return;
      }
    }
  }

  #giveUp(reason: unknown): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(reason);
    this.#failWaiting?.(reason);
  }

  /** Ends the stream, the watchdog, and the tie to the outer signal. Never throws, never waits for a source that hangs. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outer.removeEventListener('abort', this.#onOuterAbort);
    if (!this.#controller.signal.aborted) this.#controller.abort(new Fault('connection', 'the stream was closed by its reader'));
    try {
      this.#iterator.return?.()?.then(undefined, () => undefined);
    } catch {
      // The stream is over, whatever its source thinks of it.
    }
  }
}
