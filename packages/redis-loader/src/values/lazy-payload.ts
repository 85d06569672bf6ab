/** What a parsed object costs on the heap, as a multiple of its JSON, roughly. */
const HEAP_FACTOR = 4;

/** A payload that is parsed at the first read and then cached. A value that is never read costs only the memory of its text. */
export class LazyPayload<P> {
  #text: string | undefined;
  #value: P | undefined;

  private constructor(text: string | undefined, value: P | undefined) {
    this.#text = text;
    this.#value = value;
  }

  static of<P>(value: P): LazyPayload<P> {
    return new LazyPayload<P>(undefined, value);
  }

  /** The text must be JSON as its writer made it. */
  static parse<P>(text: string): LazyPayload<P> {
    return new LazyPayload<P>(text, undefined);
  }

  /**
   * `keep` false: what is parsed is the caller's alone, and only the text stays.
   * @throws SyntaxError if the text is not JSON although its digest is right.
   */
  read(keep = true): P {
    if (this.#text === undefined) return this.#value as P;
    const value = JSON.parse(this.#text) as P;
    if (keep) {
      this.#value = value;
      this.#text = undefined;
    }
    return value;
  }

  /** What it costs in memory, reckoned, where its value took so many bytes in Redis. */
  weight(bytes: number): number {
    // A text takes one byte for each character, or two where any of them is beyond Latin-1. It keeps the text that it was cut from.
    if (this.#text !== undefined) return Math.max(bytes, /[^\0-\xff]/.test(this.#text) ? 2 * this.#text.length : 0);
    return this.#value instanceof Uint8Array ? this.#value.byteLength : bytes * HEAP_FACTOR;
  }
}
