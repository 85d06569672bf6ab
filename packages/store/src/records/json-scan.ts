import { RecordError } from '../store-error.ts';

/** Deeper objects are refused: the API server itself stops far earlier with what it stores. */
export const MAX_DEPTH = 500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/** By byte: 1 where it may stand in a string as it is and is a character by itself. One look instead of four comparisons, for most bytes there are. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
/** What may stand after a backslash but `u`. */
const SHORT_ESCAPES = new Set(new TextEncoder().encode('"\\/bfnrt'));

/**
 * Goes through JSON in UTF-8 as strictly as JSON.parse does (and a fatal TextDecoder with its UTF-8), and makes nothing of it. Each method takes
 * the place where something begins and gives the place behind it, so that places stay in registers.
 *
 * @throws RecordError naming the place (in bytes), from every method.
 */
export class JsonScan {
  bytes: Uint8Array = new Uint8Array();
  /** Whether the last string had an escape. */
  escaped = false;
  /** By depth: 1 where the open container is an object. */
  readonly #objects = new Uint8Array(MAX_DEPTH + 1);

  space(at: number): number {
    const { bytes } = this;
    let i = at;
    for (;;) {
      const byte = bytes[i];
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return i;
      i += 1;
    }
  }

  /** A member's name with its colon, up to where its value begins. */
  name(at: number): number {
    const { bytes } = this;
    if (bytes[at] !== QUOTE) this.bad(at);
    let i = this.string(at);
    if (bytes[i] !== COLON) i = this.space(i);
    if (bytes[i] !== COLON) this.bad(i);
    i += 1;
    return (bytes[i] as number) > SPACE ? i : this.space(i);
  }

  /** Any value, whatever it holds. `depth`: how many containers are open around it. */
  value(start: number, depth: number): number {
    const { bytes } = this;
    const objects = this.#objects;
    let at = start;
    let level = depth;
    for (;;) {
      const first = bytes[at];
      if (first === QUOTE) at = this.string(at);
      else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        this.deeper(level, at);
        level += 1;
        const isObject = first === OPEN_BRACE;
        objects[level] = isObject ? 1 : 0;
        at = this.space(at + 1);
        if (bytes[at] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
          if (isObject) at = this.name(at);
          continue;
        }
        level -= 1;
        at += 1;
      } else at = this.#word(at, first as number);
      // Behind a value: of the containers that end here, to the next value.
      for (;;) {
        if (level === depth) return at;
        if ((bytes[at] as number) <= SPACE) at = this.space(at);
        const next = bytes[at];
        const isObject = objects[level] === 1;
        if (next === COMMA) {
          at = this.space(at + 1);
          if (isObject) at = this.name(at);
          break;
        }
        if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) this.bad(at);
        at += 1;
        level -= 1;
      }
    }
  }

  /** A string that begins at a quote. Leaves `escaped`. */
  string(start: number): number {
    const { bytes } = this;
    const { length } = bytes;
    let at = start + 1;
    this.escaped = false;
    for (;;) {
      while (at < length && PLAIN[bytes[at] as number] === 1) at += 1;
      if (at >= length) this.bad(length);
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) {
        this.escaped = true;
        at = this.#escape(at + 1);
      } else if (byte < SPACE) this.fail('the object is not JSON: a control character in a string', at);
      else at = this.#multibyte(at, byte);
    }
  }

  /** One more container may be open here. */
  deeper(level: number, at: number): void {
    if (level >= MAX_DEPTH) this.fail(`the object is nested deeper than ${MAX_DEPTH}`, at);
  }

  bad(at: number): never {
    return this.fail(
      at >= this.bytes.length ? 'the object is not JSON: it ends in the middle' : 'the object is not JSON: unexpected byte',
      at,
    );
  }

  fail(what: string, at: number): never {
    this.bytes = new Uint8Array();
    throw new RecordError(`${what} (byte ${at})`);
  }

  /** Behind the backslash. */
  #escape(at: number): number {
    const { bytes } = this;
    if (bytes[at] !== 0x75) {
      if (!SHORT_ESCAPES.has(bytes[at] as number)) this.bad(at);
      return at + 1;
    }
    for (let i = at + 1; i <= at + 4; i += 1) {
      const byte = bytes[i] ?? 0;
      const letter = byte | 0x20;
      if (!((letter >= 0x61 && letter <= 0x66) || (byte >= 0x30 && byte <= 0x39))) this.bad(i);
    }
    return at + 5;
  }

  /** The end of a character of two to four bytes (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
  #multibyte(at: number, lead: number): number {
    const { bytes } = this;
    const second = bytes[at + 1] ?? 0;
    let more = 0;
    let low = 0x80;
    let high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) more = 1;
    else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead === 0xe0) low = 0xa0;
      if (lead === 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead === 0xf0) low = 0x90;
      if (lead === 0xf4) high = 0x8f;
    }
    let good = more > 0 && second >= low && second <= high;
    for (let i = 2; i <= more; i += 1) good &&= ((bytes[at + i] ?? 0) & 0xc0) === 0x80;
    if (!good) this.fail('the object is not UTF-8', at);
    return at + more + 1;
  }

  /** A number, true, false or null. */
  #word(at: number, first: number): number {
    if (first === 0x74) return this.#letters(at, 0x72, 0x75, 0x65);
    if (first === 0x6e) return this.#letters(at, 0x75, 0x6c, 0x6c);
    if (first !== 0x66) return this.#number(at);
    if (this.bytes[at + 1] !== 0x61) this.bad(at + 1);
    return this.#letters(at + 1, 0x6c, 0x73, 0x65);
  }

  /** Three letters after the one that stands here. */
  #letters(at: number, b: number, c: number, d: number): number {
    const { bytes } = this;
    if (bytes[at + 1] !== b || bytes[at + 2] !== c || bytes[at + 3] !== d) this.bad(at);
    return at + 4;
  }

  #number(start: number): number {
    const { bytes } = this;
    let at = start;
    if (bytes[at] === 0x2d) at += 1;
    at = bytes[at] === 0x30 ? at + 1 : this.#digits(at);
    if (bytes[at] === 0x2e) at = this.#digits(at + 1);
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at += 1;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at += 1;
      at = this.#digits(at);
    }
    return at;
  }

  /** One digit or more. */
  #digits(start: number): number {
    const { bytes } = this;
    let at = start;
    for (;;) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x30 || byte > 0x39) break;
      at += 1;
    }
    if (at === start) this.bad(at);
    return at;
  }
}
