import type { Clock } from '@kubecast/clock';

/** The longest stretch of runs without a turn of the event loop, in milliseconds. */
const SLICE_MS = 4;

/** The turns of one event loop. All workers of all controllers share its slice: with a slice for each, many together would hold the loop. */
export class Turns {
  readonly #clock: Clock;
  #began: number;
  #turn: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** The turn to wait for; undefined while the slice lasts. */
  due(): Promise<void> | undefined {
    if (this.#turn === undefined && this.#clock.now() - this.#began >= SLICE_MS) this.#turn = this.#take();
    return this.#turn;
  }

  async #take(): Promise<void> {
    await this.#clock.yield();
    this.#began = this.#clock.now();
    this.#turn = undefined;
  }
}

const byClock = new WeakMap<Clock, Turns>();

/** The turns that everything with this clock shares. */
export function turnsOf(clock: Clock): Turns {
  const turns = byClock.get(clock) ?? new Turns(clock);
  byClock.set(clock, turns);
  return turns;
}
