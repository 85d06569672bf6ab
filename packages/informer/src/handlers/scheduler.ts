import type { Clock } from '@kubecast/clock';

/** What takes turns: one listener. */
export interface Stepper {
  /** Does one step. False: there is nothing to do until it is woken again. */
  step(): boolean;
}

/** Steps of one listener before the next has its turn. */
const STEPS = 16;

/**
 * Lets the listeners of one informer take turns. All of them together hold the event loop for one slice, however many there are and whether their
 * handlers are synchronous or not; then everything else has its turn.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #ready = new Set<Stepper>();
  #running = false;
  /** Whether the event loop has not turned since the slice began. */
  #sameTurn = false;
  #begun = 0;

  constructor(clock: Clock, sliceMs: number) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
  }

  wake(stepper: Stepper): void {
    this.#ready.add(stepper);
    this.#start();
  }

  #start(): void {
    if (this.#running || this.#ready.size === 0) return;
    this.#running = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      this.#beginSlice();
      for (const stepper of this.#ready) {
        this.#ready.delete(stepper);
        let more = true;
        for (let i = 0; i < STEPS && more; i += 1) {
          // Each step may be a call of the user's: the clock is read before each.
          if (this.#clock.now() - this.#begun >= this.#sliceMs) await this.#yield();
          more = stepper.step();
        }
        if (more) this.#ready.add(stepper);
      }
    } finally {
      this.#running = false;
      this.#start();
    }
  }

  async #yield(): Promise<void> {
    await this.#clock.yield();
    this.#sameTurn = false;
    this.#beginSlice();
  }

  /**
   * Handlers whose promises resolve at once wake the scheduler again and again within one turn of the event loop: those runs share one slice.
   */
  #beginSlice(): void {
    if (this.#sameTurn) return;
    this.#sameTurn = true;
    this.#begun = this.#clock.now();
    void this.#clock.yield().then(() => {
      this.#sameTurn = false;
    });
  }
}
