import type { Clock } from '@kubecast/clock';
import { IterationExpired, StoreError } from '../../store-error.ts';
import { LEASE_COUNT, LEASES, LEASES_USED, TICKETS } from '../layout.ts';

/** A reader's claim on what it can reach, from now until it lets go, or until its time is over. */
export class Lease {
  readonly #control: Int32Array;
  readonly #clock: Clock;
  readonly #until: number;
  readonly #at: number;
  readonly #ticket: number;
  #released = false;

  /** @throws StoreError LEASES_FULL if 256 readers iterate at once. */
  constructor(control: Int32Array, clock: Clock, leaseMs: number) {
    this.#control = control;
    this.#clock = clock;
    this.#until = clock.now() + leaseMs;
    // Zero is no ticket.
    this.#ticket = (Atomics.add(control, TICKETS, 1) + 1) | 0 || (Atomics.add(control, TICKETS, 1) + 1) | 0;
    this.#at = this.#claim();
  }

  /** @throws IterationExpired if the time is over; SNAPSHOT_DISPOSED after the release. */
  check(): void {
    if (this.#released) throw new StoreError('SNAPSHOT_DISPOSED', 'this snapshot was disposed; take another');
    if (Atomics.load(this.#control, LEASES + this.#at) !== this.#ticket || this.#clock.now() > this.#until)
      throw new IterationExpired('its time is over');
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    Atomics.compareExchange(this.#control, LEASES + this.#at, this.#ticket, 0);
  }

  #claim(): number {
    for (let at = 0; at < LEASE_COUNT; at += 1) {
      // The writer looks only at those that were ever used: it is told before.
      for (let used = Atomics.load(this.#control, LEASES_USED); used <= at; used = Atomics.load(this.#control, LEASES_USED))
        Atomics.compareExchange(this.#control, LEASES_USED, used, at + 1);
      if (Atomics.compareExchange(this.#control, LEASES + at, 0, this.#ticket) === 0) return at;
    }
    throw new StoreError('LEASES_FULL', `${LEASE_COUNT} readers hold snapshots at once; dispose those that are done`);
  }
}
