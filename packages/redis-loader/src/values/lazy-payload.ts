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

  /** @throws SyntaxError if the text is not JSON although its digest is right. */
  read(): P {
    if (this.#text !== undefined) {
      this.#value = JSON.parse(this.#text) as P;
      this.#text = undefined;
    }
    return this.#value as P;
  }
}
