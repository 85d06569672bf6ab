import type { Clock } from '@kubecast/clock';
import { IterationExpired, StoreError } from '../../store-error.ts';
import { LEASE_COUNT, LEASES, LEASES_USED, TICKET_COUNT_BITS, TICKET_TIME_MS, TICKETS } from '../layout.ts';

/** Walks and snapshots of one reader that begin within so many milliseconds hold one lease: the writer gives each reader a second more. */
const SHARED_MS = 500;

/** One reader's claim on one walk or snapshot, from now until it lets go, or until its time is over. */
export class Lease {
  readonly #slot: LeaseSlot;
  readonly #clock: Clock;
  readonly #until: number;
  #released = false;

  constructor(slot: LeaseSlot, clock: Clock, leaseMs: number) {
    this.#slot = slot;
    this.#clock = clock;
    this.#until = clock.now() + leaseMs;
    slot.holders += 1;
  }

  /** @throws IterationExpired if the time is over; SNAPSHOT_DISPOSED after the release. */
  check(): void {
    if (this.#released) throw new StoreError('SNAPSHOT_DISPOSED', 'this snapshot was disposed; take another');
    if (!this.#slot.stands || this.#clock.now() > this.#until) throw new IterationExpired('its time is over');
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#slot.holders -= 1;
    if (this.#slot.holders === 0) this.#slot.leave();
  }
}

/** A place among the leases, with the ticket that makes it this reader's. */
class LeaseSlot {
  readonly #control: Int32Array;
  readonly #at: number;
  readonly #ticket: number;
  readonly begun: number;
  holders = 0;

  constructor(control: Int32Array, at: number, ticket: number, begun: number) {
    this.#control = control;
    this.#at = at;
    this.#ticket = ticket;
    this.begun = begun;
  }

  get stands(): boolean {
    return Atomics.load(this.#control, LEASES + this.#at) === this.#ticket;
  }

  leave(): void {
    Atomics.compareExchange(this.#control, LEASES + this.#at, this.#ticket, 0);
  }
}

/**
 * The leases of one reader. What began before a lease may be let go under it, what ends after it may not; so a walk that begins a moment later is
 * safe under the same lease. An iterator that is neither walked to its end nor closed therefore costs at most one lease each half second, and a
 * lease that is past its time is taken over by whoever needs one, also where the writer, which looks after them else, has nothing to write.
 */
export class LeasePool {
  readonly #control: Int32Array;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #newest: LeaseSlot | undefined;

  constructor(control: Int32Array, clock: Clock, leaseMs: number) {
    this.#control = control;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** @throws StoreError LEASES_FULL if 256 leases stand that have time left. */
  take(): Lease {
    const now = this.#clock.now();
    let slot = this.#newest;
    if (!slot || slot.holders === 0 || now - slot.begun > SHARED_MS || !slot.stands) {
      slot = this.#claim(now);
      this.#newest = slot;
    }
    return new Lease(slot, this.#clock, this.#leaseMs);
  }

  #claim(now: number): LeaseSlot {
    const control = this.#control;
    const ticket = this.#ticket();
    for (let at = 0; at < LEASE_COUNT; at += 1) {
      // The writer looks only at those that were ever used: it is told before.
      for (let used = Atomics.load(control, LEASES_USED); used <= at; used = Atomics.load(control, LEASES_USED))
        Atomics.compareExchange(control, LEASES_USED, used, at + 1);
      if (Atomics.compareExchange(control, LEASES + at, 0, ticket) === 0) return new LeaseSlot(control, at, ticket, now);
    }
    for (let at = 0; at < LEASE_COUNT; at += 1) {
      const standing = Atomics.load(control, LEASES + at);
      if (standing !== 0 && !this.#isPast(standing)) continue;
      if (Atomics.compareExchange(control, LEASES + at, standing, ticket) === standing) return new LeaseSlot(control, at, ticket, now);
    }
    throw new StoreError('LEASES_FULL', `${LEASE_COUNT} readers hold snapshots at once; dispose those that are done`);
  }

  /** A number that says when it was made, in the calendar's time, which threads have in common. Zero is no ticket. */
  #ticket(): number {
    for (;;) {
      const count = (Atomics.add(this.#control, TICKETS, 1) + 1) & ((1 << TICKET_COUNT_BITS) - 1);
      const ticket = (Math.floor(this.#clock.wall() / TICKET_TIME_MS) << TICKET_COUNT_BITS) | count;
      if (ticket !== 0) return ticket;
    }
  }

  /**
   * Whether a ticket's time is over. A calendar that was set back or forth makes a lease end early at worst: its reader sees that the ticket is
   * gone and throws IterationExpired.
   */
  #isPast(ticket: number): boolean {
    const now = Math.floor(this.#clock.wall() / TICKET_TIME_MS);
    const age = (now - (ticket >>> TICKET_COUNT_BITS)) & (-1 >>> TICKET_COUNT_BITS);
    return (age - 1) * TICKET_TIME_MS > this.#leaseMs + SHARED_MS;
  }
}
