import { LEASE_COUNT, type LeaseWords } from '@kubecast/shared-memory';

/*
 * A store in shared memory, as a reader finds it. One thread writes, any number read, and nobody waits for anybody:
 *
 *   control  a few words (below), among them the roots of everything else
 *   slots    two words a slot: the place of its record (-1: none) and the hash of its key
 *   arena    blocks of words: tables of hashes, the order, postings, texts
 *   slabs    three words a slab: where it begins in `records` (in rooms of 16 KiB), its length, and its generation, which grows when its room is given anew
 *   records  the slabs, of packed records with a checksum each
 *   log      a ring of the last changes, each written before it is made
 *
 * What is published is published by one atomic store of one word, after what it points to. So a writer that is stopped or killed between any
 * two of its stores leaves a state that can be read. What a word pointed to before is let go only when the change is complete (COMMITTED),
 * and then only when no reader that came before holds a lease. A reader that holds one therefore finds everything that it can reach, and
 * takes back what was changed since it came with the help of the log: that is its consistent picture. A point read holds none: it copies the
 * record, then looks whether the slot still names that place and the slab is of that generation, and compares the checksum.
 */
export const FORMAT = 0x6b633;

/** Words of `control`. */
export const MAGIC = 0;
export const SEED = 1;
/** Changes that are logged, and of them those whose operation is complete; both count modulo 2^32. */
export const HEAD = 2;
export const COMMITTED = 3;
/** How often COMMITTED went round. */
export const ROUNDS = 4;
export const SIZE = 5;
/** Slots that were ever used. */
export const SLOTS = 6;
/** Blocks of the newest cluster and index, each with a link to the one before; 0: none. */
export const CLUSTERS = 7;
export const INDEXES = 8;
/** Block of the order's directory; 0: none. */
export const ORDER = 9;
/** Counts the tickets of leases. */
export const TICKETS = 10;
/** Leases that were ever used at once. */
export const LEASES_USED = 11;
export const RECORD_TABLES = 16;
export const POSTING_TABLES: number = RECORD_TABLES + 64;
export const LEASES: number = POSTING_TABLES + 64;
export const CONTROL_WORDS: number = LEASES + LEASE_COUNT;

export function leaseWords(control: Int32Array): LeaseWords {
  return { control, leases: LEASES, used: LEASES_USED, tickets: TICKETS };
}

/** Words of an entry of the log: what was done, to which slot, and the place before or the posting. */
export const LOG_ENTRY = 3;
export const LOG_SIZE: number = 1 << 16;
export const LOG_ADD = 1;
export const LOG_SET = 2;
export const LOG_DELETE = 3;
export const LOG_POST = 4;
export const LOG_UNPOST = 5;

/** Slabs begin and end at multiples of so many bytes. */
export const ROOM_UNIT: number = 1 << 14;
/** Words of a slab's row. */
export const SLAB_ROW = 3;
export const SLAB_LIMIT: number = 1 << 14;

/**
 * Blocks of the arena: a table is its mask, its stamp, which no other table has, then slots or postings and one, 0 for empty, -1 for deleted.
 * A point read holds no lease, so the table that it looks through may be let go and its room given to the next but one: the stamp tells.
 */
export const TABLE_STAMP = 1;
export const TABLE_ENTRIES = 2;
/** A chunk of the order, and its directory: a count, then slots or chunks. */
export const LIST_ENTRIES = 1;
/** A posting. */
export const POSTING_HASH = 0;
export const POSTING_INDEX = 1;
export const POSTING_COUNT = 2;
/** Its block of slots, which begins with how many there is room for. */
export const POSTING_LIST = 3;
export const POSTING_TEXT = 4;
/** A text: its length in bytes, then the bytes. A cluster's or an index's block is a link, then its text. */
export const LINK = 0;
export const LINK_TEXT = 1;

/** How long a reader may hold what it iterates over, in milliseconds, unless the store says otherwise, and the longest that it may say. */
export const LEASE_MS = 10_000;
export const LONGEST_LEASE_MS: number = 24 * 3_600_000;

/** What a worker needs to read a store of another thread; it may be sent in a message. */
export interface StoreHandle {
  readonly format: number;
  readonly apiVersion: string;
  readonly kind: string;
  readonly control: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly arena: SharedArrayBuffer;
  readonly slabs: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
  readonly log: SharedArrayBuffer;
  readonly leaseMs: number;
}
