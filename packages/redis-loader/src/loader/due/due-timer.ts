import type { Clock } from '@kubecast/clock';
import { DueQueue } from './due-queue.ts';

/** Calls when their time has come, with one sleep at a time however many wait. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #due = new DueQueue<() => void>();
  #sleepsUntil = Infinity;
  #sleep = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls at the time, on the clock's monotonic scale; what must no longer happen then is for the call to know. */
  at(time: number, call: () => void): void {
    this.#due.push(time, call);
    if (time >= this.#sleepsUntil) return;
    this.#sleepsUntil = time;
    this.#sleep.abort();
    this.#sleep = new AbortController();
    void this.#run(this.#sleep.signal);
  }

  /** Nothing is called any more. */
  close(): void {
    this.#due.clear();
    this.#sleep.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      while (this.#due.size > 0) {
        this.#sleepsUntil = this.#due.nextAt;
        await this.#clock.sleep(Math.max(0, this.#sleepsUntil - this.#clock.now()), signal);
        if (signal.aborted) return;
        for (let call = this.#due.takeDue(this.#clock.now()); call !== undefined; call = this.#due.takeDue(this.#clock.now())) call();
      }
      this.#sleepsUntil = Infinity;
    } catch {
      // An earlier one came, or it was closed.
    }
  }
}
