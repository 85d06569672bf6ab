import type { Clock } from '@kubecast/clock';
import { LEASE_COUNT, TICKET_COUNT_BITS, TICKET_TIME_MS, type LeaseWords } from './lease-words.ts';

/** Walks and snapshots of one reader that begin within so many milliseconds hold one lease: the writer gives each reader a second more. */
const SHARED_MS = 500;

/** The errors of the structure that the leases belong to. */
export interface LeaseErrors {
  /** The lease had its time. */
  expired(): Error;
  /** It was released before. */
  released(): Error;
  /** So many leases stand that have time left, the most that there can be. */
  full(count: number): Error;
}

/** One reader's claim on one walk or snapshot, from now until it lets go, or until its time is over. */
export class Lease {
  readonly #slot: LeaseSlot;
  readonly #clock: Clock;
  readonly #until: number;
  readonly #errors: LeaseErrors;
  #released = false;

  constructor(slot: LeaseSlot, clock: Clock, leaseMs: number, errors: LeaseErrors) {
    this.#slot = slot;
    this.#clock = clock;
    this.#until = clock.now() + leaseMs;
    this.#errors = errors;
    slot.holders += 1;
  }

  /** @throws `expired` if the time is over, `released` after the release. */
  check(): void {
    if (this.#released) throw this.#errors.released();
    if (!this.#slot.stands || this.#clock.now() > this.#until) throw this.#errors.expired();
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
  /** The word of the ticket. */
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
    return Atomics.load(this.#control, this.#at) === this.#ticket;
  }

  leave(): void {
    Atomics.compareExchange(this.#control, this.#at, this.#ticket, 0);
  }
}

/**
 * The leases of one reader. What began before a lease may be let go under it, what ends after it may not; so a walk that begins a moment later is
 * safe under the same lease. An iterator that is neither walked to its end nor closed therefore costs at most one lease each half second, and a
 * lease that is past its time is taken over by whoever needs one, also where the writer, which looks after them else, has nothing to write.
 */
export class LeasePool {
  readonly #words: LeaseWords;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #errors: LeaseErrors;
  #newest: LeaseSlot | undefined;

  constructor(words: LeaseWords, clock: Clock, leaseMs: number, errors: LeaseErrors) {
    this.#words = words;
    this.#errors = errors;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  /** @throws `full` if 256 leases stand that have time left. */
  take(): Lease {
    const now = this.#clock.now();
    let slot = this.#newest;
    if (!slot || slot.holders === 0 || now - slot.begun > SHARED_MS || !slot.stands) {
      slot = this.#claim(now);
      this.#newest = slot;
    }
    return new Lease(slot, this.#clock, this.#leaseMs, this.#errors);
  }

  #claim(now: number): LeaseSlot {
    const { control, leases, used: most } = this.#words;
    const ticket = this.#ticket();
    for (let at = 0; at < LEASE_COUNT; at += 1) {
      // The writer looks only at those that were ever used: it is told before.
      for (let used = Atomics.load(control, most); used <= at; used = Atomics.load(control, most))
        Atomics.compareExchange(control, most, used, at + 1);
      if (Atomics.compareExchange(control, leases + at, 0, ticket) === 0) return new LeaseSlot(control, leases + at, ticket, now);
    }
    for (let at = 0; at < LEASE_COUNT; at += 1) {
      const standing = Atomics.load(control, leases + at);
      if (standing !== 0 && !this.#isPast(standing)) continue;
      if (Atomics.compareExchange(control, leases + at, standing, ticket) === standing)
        return new LeaseSlot(control, leases + at, ticket, now);
    }
    throw this.#errors.full(LEASE_COUNT);
  }

  /** A number that says when it was made, in the calendar's time, which threads have in common. Zero is no ticket. */
  #ticket(): number {
    for (;;) {
      const count = (Atomics.add(this.#words.control, this.#words.tickets, 1) + 1) & ((1 << TICKET_COUNT_BITS) - 1);
      const ticket = (Math.floor(this.#clock.wall() / TICKET_TIME_MS) << TICKET_COUNT_BITS) | count;
      if (ticket !== 0) return ticket;
    }
  }

  /**
   * Whether a ticket's time is over. A calendar that was set back or forth makes a lease end early at worst: its reader sees that the ticket is
   * gone.
   */
  #isPast(ticket: number): boolean {
    const now = Math.floor(this.#clock.wall() / TICKET_TIME_MS);
    const age = (now - (ticket >>> TICKET_COUNT_BITS)) & (-1 >>> TICKET_COUNT_BITS);
    return (age - 1) * TICKET_TIME_MS > this.#leaseMs + SHARED_MS;
  }
}
