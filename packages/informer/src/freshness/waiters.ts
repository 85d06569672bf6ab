import type { Clock } from '@kubecast/clock';
import { TimeSlice } from '@kubecast/clock';
import { TOLD_AT_ONCE, Waiter } from './waiter.ts';
import type { WaiterOptions } from './waiter.ts';

/** Who waits until every scope of an informer is complete. */
export class Waiters {
  readonly #clock: Clock;
  readonly #slice: TimeSlice;
  readonly #holds: () => boolean;
  readonly #waiting = new Set<Waiter>();
  #telling = false;

  constructor(clock: Clock, sliceMs: number, holds: () => boolean) {
    this.#clock = clock;
    this.#slice = new TimeSlice(clock, sliceMs);
    this.#holds = holds;
  }

  /** Resolves once it holds. Rejects after the deadline and with the signal's reason. */
  until(options: WaiterOptions): Promise<void> {
    if (options.signal?.aborted !== true && this.#holds()) return Promise.resolve();
    const waiter = new Waiter(this.#clock, options, () => this.#waiting.delete(waiter));
    if (!waiter.settled) this.#waiting.add(waiter);
    return waiter.promise;
  }

  check(): void {
    if (this.#waiting.size > 0 && !this.#telling && this.#holds()) void this.#tell();
  }

  /** Rejects all that wait. */
  fail(reason: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.reject(reason);
  }

  /** What held when it began is told to all that waited then, in slices. */
  async #tell(): Promise<void> {
    this.#telling = true;
    this.#slice.restart();
    let told = 0;
    for (const waiter of [...this.#waiting]) {
      if (this.#slice.due()) await this.#slice.yield();
      waiter.resolve();
      told += 1;
      if (told % TOLD_AT_ONCE === 0) await Promise.resolve();
    }
    this.#telling = false;
    this.check();
  }
}
