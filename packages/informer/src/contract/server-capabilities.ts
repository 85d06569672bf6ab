import type { Clock } from '@kubecast/clock';

/** What is known of the abilities of one API server, as its reflectors learn it; share one among them. */
export class ServerCapabilities {
  readonly #clock: Clock;
  #noStreamedListUntil = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a streamed list is worth a try. */
  get streamsLists(): boolean {
    return this.#clock.now() >= this.#noStreamedListUntil;
  }

  /** The server refused a streamed list, or never ended one. Forgotten after `forMs`, since servers are upgraded. */
  refusedStreamedList(forMs: number): void {
    this.#noStreamedListUntil = this.#clock.now() + forMs;
  }
}
