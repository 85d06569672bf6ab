/** Rows of the sketch: an entry is counted in one counter of each, and its frequency is the smallest of the four. */
const ROWS = 4;
/** A counter has four bits. */
const MOST = 15;
const SEEDS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;

/**
 * How often hashes were seen lately: a count-min sketch of four-bit counters that are all halved after ten times as many counts as there are counters in a row
 * (Einziger, Friedman and Manes: TinyLFU, 2017). It needs four bytes a counter place and knows nothing of the entries themselves.
 */
export class FrequencySketch {
  #table: Uint8Array;
  #mask: number;
  #counts = 0;

  /** `entries`: how many entries are to be told apart; rounded up to a power of two. */
  constructor(entries: number) {
    const size = sizeFor(entries);
    this.#mask = size - 1;
    this.#table = new Uint8Array(size * ROWS);
  }

  /** Makes room for more entries. What was counted is forgotten when the sketch grows. */
  ensure(entries: number): void {
    const size = sizeFor(entries);
    if (size <= this.#mask + 1) return;
    this.#mask = size - 1;
    this.#table = new Uint8Array(size * ROWS);
    this.#counts = 0;
  }

  count(hash: number): void {
    let counted = false;
    for (let row = 0; row < ROWS; row += 1) {
      const at = this.#place(hash, row);
      const value = this.#table[at] as number;
      if (value === MOST) continue;
      this.#table[at] = value + 1;
      counted = true;
    }
    if (!counted) return;
    this.#counts += 1;
    if (this.#counts >= 10 * (this.#mask + 1)) this.#age();
  }

  /** 0 to 15. */
  frequency(hash: number): number {
    let least = MOST;
    for (let row = 0; row < ROWS; row += 1) least = Math.min(least, this.#table[this.#place(hash, row)] as number);
    return least;
  }

  #place(hash: number, row: number): number {
    let mixed = Math.imul(hash ^ (hash >>> 16), SEEDS[row] as number);
    mixed ^= mixed >>> 15;
    return row * (this.#mask + 1) + (mixed & this.#mask);
  }

  #age(): void {
    const table = this.#table;
    for (let at = 0; at < table.length; at += 1) table[at] = (table[at] as number) >>> 1;
    this.#counts >>>= 1;
  }
}

function sizeFor(entries: number): number {
  return 2 ** Math.max(6, Math.ceil(Math.log2(Math.max(1, entries))));
}
