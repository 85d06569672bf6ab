import type { Clock } from '@kubecast/store';

/** Cuts long work into slices, so that other work of the event loop gets its turn. Reads the clock only every few steps. */
export class Slice {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onTurn: () => void;
  #steps = 0;
  #begun: number;

  constructor(clock: Clock, ms: number, onTurn: () => void = () => undefined) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onTurn = onTurn;
    this.#begun = clock.now();
  }

  /** Call it before each step; true: it is time to await `turn()`. With 0 milliseconds it always is. */
  due(): boolean {
    this.#steps += 1;
    if (this.#ms > 0 && (this.#steps & 15) !== 0) return false;
    return this.#clock.now() - this.#begun >= this.#ms;
  }

  async turn(): Promise<void> {
    this.#onTurn();
    await this.#clock.turn();
    this.#begun = this.#clock.now();
  }

  /** Begins a slice anew, after a wait. */
  restart(): void {
    this.#begun = this.#clock.now();
  }
}
