/** A payload that is parsed when somebody reads it first, and then kept: values that nobody asks for cost their bytes only. */
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

  /** @throws SyntaxError: its writer gave a digest to something that is no JSON. */
  read(): P {
    if (this.#text !== undefined) {
      this.#value = JSON.parse(this.#text) as P;
      this.#text = undefined;
    }
    return this.#value as P;
  }
}
