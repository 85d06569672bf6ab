/*
 * A map in shared memory. Any number of threads read and write; none waits for another, and each may be stopped or killed between any two of its steps.
 *
 *   control  a few words, among them the state (below) and the heads of the lists of free blocks
 *   log      a ring of the last changes, each a pair of words: its round, and what the slot holds after it
 *   table    slots, each a pair of words: the change that wrote it, and its record
 *   data     blocks of 16-byte units: records, written once, and free blocks
 *
 * Changes are numbered from 1. Change p is made by one compare-exchange of the log's pair for p, after its record was written whole into a block that only its writer
 * knew; so all changes stand in one order, and each was decided on the state right before it: whoever was not first begins again. A change that stands in the log is
 * then applied, by its writer or by whoever comes by: its slot is exchanged, then the state (which change was applied last, and how many keys there are). Change p + 1
 * is made only after p was applied. Every exchange compares a pair that holds the number of a change (its low 32 bits, or its round of the ring), so a step that comes
 * late, however late, fails.
 *
 * A record names the pair that stood in its slot before. Those are kept for as long as the change is in the log: `floor` is the last change whose predecessor is given up.
 * It rises when the ring is full or room is wanted, and whoever raises it by one frees the one block that was replaced there. A reader copies, compares the checksum, and
 * looks whether the floor is still below what it reads. A deletion has no record: its pair says DELETED and names the record that was deleted.
 */
export const MAP_FORMAT = 0x6b6d31;

/** Words of `control`. */
export const FORMAT = 0;
export const SEED = 1;
/** Changes that the log holds, a power of two. */
export const LOG_LENGTH = 2;
export const MAX_ENTRIES = 3;
/** Levels of the table that are in use. */
export const LEVELS = 4;
/** Threads that wait for a change. */
export const WAITERS = 5;
/** A pair: the last change that was applied (its low 32 bits), and the number of keys. */
export const STATE = 16;
/** A pair: the last change whose predecessor is given up, its low 32 bits and the others. */
export const FLOOR = 32;
/** Units of `data` that were ever given out. */
export const END = 48;
/** Pairs: a count, and the first free block of each size. */
export const FREE = 64;
export const SIZES = 104;
export const CONTROL_WORDS: number = FREE + SIZES * 2;

/** What a slot or the log names: a record's place in units of 16 bytes, whether it is deleted, and four bits of the key's hash. 0: never used. */
export const UNIT_WORDS = 4;
export const UNIT_BYTES = 16;
export const UNIT_MASK: number = (1 << 27) - 1;
export const DELETED: number = 1 << 27;
export const PRINT_SHIFT = 28;

/** Words of a record: the units of its block, then what the checksum in the second word is of. */
export const UNITS = 0;
export const SUM = 1;
export const SEQ_LOW = 2;
export const SEQ_HIGH = 3;
/** The word of the table at which its slot begins. */
export const SLOT = 4;
/** What stood in the slot before. */
export const PREV_TAG = 5;
export const PREV_WORD = 6;
export const HASH = 7;
export const KEY_WORDS = 8;
export const VALUE_BYTES = 9;
/** The checksum of key and value. */
export const BODY_SUM = 10;
export const HEADER_WORDS = 12;
/** A free block: the units that it has, and the next of its size. */
export const NEXT = 1;

/** Slots of the first level of the table; each level has eight times as many. A key's slots are two buckets of eight on each level. */
export const FIRST_LEVEL = 1024;
export const BUCKET = 8;

const TWO_32 = 0x1_0000_0000;

export function highOf(sequence: number): number {
  return Math.floor(sequence / TWO_32);
}

export function sequenceOf(low: number, high: number): number {
  return high * TWO_32 + (low >>> 0);
}

/** What another thread needs to use a map; it may be sent in a message. */
export interface SharedMapHandle {
  readonly format: number;
  readonly name: string;
  readonly control: SharedArrayBuffer;
  readonly log: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}
