/** Rows of the sketch: an entry is counted in one counter of each, and its frequency is the smallest of the four. */
const ROWS = 4;
/** Counters of one row within a block. The four rows of a block are 64 bytes, so that counting touches one line of the processor's cache. */
const IN_BLOCK = 16;
/** Counters of each row for one entry: with fewer, what is asked for once shares them with what is asked for often. */
const PER_ENTRY = 4;
/** A counter has four bits, though it stands in a byte. */
const MOST = 15;
/** Halves the four counters of a word: what a shift moves from one byte into the next is cut off. */
const HALVES = 0x07070707;

/**
 * How often hashes were seen lately: a count-min sketch of four-bit counters that are all halved after ten times as many counts as there are entries
 * (Einziger, Friedman and Manes: TinyLFU, 2017). It needs sixteen bytes an entry and knows nothing of the entries themselves.
 */
export class FrequencySketch {
  #table: Uint8Array;
  /** The counters of a row, all blocks together. */
  #width: number;
  #blockMask: number;
  #counts = 0;

  /** `entries`: how many entries are to be told apart; rounded up to a power of two. */
  constructor(entries: number) {
    this.#width = sizeFor(entries);
    this.#blockMask = this.#width / IN_BLOCK - 1;
    this.#table = new Uint8Array(this.#width * ROWS);
  }

  /** Makes room for more entries. What was counted is forgotten when the sketch grows. */
  ensure(entries: number): void {
    if (entries * PER_ENTRY <= this.#width) return;
    this.#width = sizeFor(entries);
    this.#blockMask = this.#width / IN_BLOCK - 1;
    this.#table = new Uint8Array(this.#width * ROWS);
    this.#counts = 0;
  }

  count(hash: number): void {
    const table = this.#table;
    const places = mixed(hash);
    let at = this.#blockOf(places);
    let counted = false;
    for (let shift = 0; shift < 4 * ROWS; shift += 4, at += IN_BLOCK) {
      const place = at + ((places >>> shift) & (IN_BLOCK - 1));
      const value = table[place] as number;
      if (value === MOST) continue;
      table[place] = value + 1;
      counted = true;
    }
    if (!counted) return;
    this.#counts += 1;
    if (this.#counts >= (10 * this.#width) / PER_ENTRY) this.#age();
  }

  /** 0 to 15. */
  frequency(hash: number): number {
    const places = mixed(hash);
    let at = this.#blockOf(places);
    let least = MOST;
    for (let shift = 0; shift < 4 * ROWS; shift += 4, at += IN_BLOCK)
      least = Math.min(least, this.#table[at + ((places >>> shift) & (IN_BLOCK - 1))] as number);
    return least;
  }

  /** Where the block begins. It is chosen by other bits than the counters within it. */
  #blockOf(places: number): number {
    return ((Math.imul(places ^ (places >>> 16), 0x85ebca6b) >>> 8) & this.#blockMask) * (IN_BLOCK * ROWS);
  }

  #age(): void {
    const words = new Uint32Array(this.#table.buffer);
    for (let at = 0; at < words.length; at += 1) words[at] = ((words[at] as number) >>> 1) & HALVES;
    this.#counts >>>= 1;
  }
}

function mixed(hash: number): number {
  const spread = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
  return spread ^ (spread >>> 15);
}

function sizeFor(entries: number): number {
  return PER_ENTRY * 2 ** Math.max(6, Math.ceil(Math.log2(entries)));
}
