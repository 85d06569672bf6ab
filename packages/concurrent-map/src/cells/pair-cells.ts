/**
 * Pairs of 32-bit words in shared memory that are exchanged as one. A cell begins at an even word. Its first word changes with each exchange and does not come
 * back, so both words can be read one after the other: they belong together if the first is still there afterwards.
 */
export class PairCells {
  readonly #buffer: SharedArrayBuffer;
  words: Int32Array;
  #pairs: BigInt64Array;
  /** Two pairs that are put together here, since only a BigInt64Array exchanges 64 bits. */
  readonly #halves: Int32Array = new Int32Array(4);
  readonly #wholes: BigInt64Array = new BigInt64Array(this.#halves.buffer);
  /** What load() found. */
  first = 0;
  second = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.words = new Int32Array(buffer, 0, (buffer.byteLength >> 3) * 2);
    this.#pairs = new BigInt64Array(buffer, 0, buffer.byteLength >> 3);
  }

  /** Makes the views as long as the buffer, where it has grown; whether the word is there now. */
  reach(at: number): boolean {
    if (at < this.words.length) return true;
    // Views of explicit length: one that tracks the length is many times slower.
    this.words = new Int32Array(this.#buffer, 0, (this.#buffer.byteLength >> 3) * 2);
    this.#pairs = new BigInt64Array(this.#buffer, 0, this.#buffer.byteLength >> 3);
    return at < this.words.length;
  }

  load(at: number): void {
    const { words } = this;
    let first = Atomics.load(words, at);
    for (;;) {
      const second = Atomics.load(words, at + 1);
      const again = Atomics.load(words, at);
      if (again === first) {
        this.first = first;
        this.second = second;
        return;
      }
      first = again;
    }
  }

  /** Whether the pair was the expected one, and is the new one now. */
  exchange(at: number, first: number, second: number, newFirst: number, newSecond: number): boolean {
    const halves = this.#halves;
    halves[0] = first;
    halves[1] = second;
    halves[2] = newFirst;
    halves[3] = newSecond;
    const expected = this.#wholes[0] as bigint;
    return Atomics.compareExchange(this.#pairs, at >> 1, expected, this.#wholes[1] as bigint) === expected;
  }
}
