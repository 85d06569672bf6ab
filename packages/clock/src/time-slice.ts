import type { Clock } from './clock.ts';

/**
 * Cuts long work into slices, so that timers, signals and I/O run between them. A loop calls `due()` before each step and awaits `yield()` when it
 * returns true. The clock is read at every sixteenth step only.
 */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onYield: () => void;
  #steps = 0;
  #begun: number;

  /** `ms`: the longest slice, in milliseconds; 0 yields before every step. `onYield` is called once for each yield. */
  constructor(clock: Clock, ms: number, onYield: () => void = () => undefined) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onYield = onYield;
    this.#begun = clock.now();
  }

  /** True when the slice is used up: await `yield()` before the next step. */
  due(): boolean {
    this.#steps += 1;
    if (this.#ms > 0 && (this.#steps & 15) !== 0) return false;
    return this.#clock.now() - this.#begun >= this.#ms;
  }

  /** Gives the event loop its turn, then begins a new slice. */
  async yield(): Promise<void> {
    this.#onYield();
    await this.#clock.yield();
    this.#begun = this.#clock.now();
  }

  /** Begins a new slice: call it after the loop waited for something else. */
  restart(): void {
    this.#begun = this.#clock.now();
  }
}
