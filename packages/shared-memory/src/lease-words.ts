/** Leases that may stand at once: a row of so many words, each a ticket or 0. */
export const LEASE_COUNT = 256;

/**
 * A ticket is the time at which it was made, in units of so many milliseconds of the calendar, and some bits of a count, so that two leases at one
 * place have different tickets.
 */
export const TICKET_TIME_MS = 1024;
export const TICKET_COUNT_BITS = 14;

/** Where the leases stand in the control words of a structure. */
export interface LeaseWords {
  readonly control: Int32Array;
  /** The first of LEASE_COUNT words. */
  readonly leases: number;
  /** The word that says how many of them were ever used at once. */
  readonly used: number;
  /** The word that counts tickets. */
  readonly tickets: number;
}
