import { checkBytes, JsonBytesError } from './json-bytes-error.ts';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE } from './json-text.ts';

/** How many containers may be open within each other, unless a validator is made with another bound. */
export const MAX_DEPTH = 500;

const NONE = new Uint8Array();

/** By byte: 1 where it may stand in a string as it is and is a character by itself. One look instead of four comparisons, for most bytes there are. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
/** What may stand after a backslash but `u`. */
const SHORT_ESCAPES = new Set(new TextEncoder().encode('"\\/bfnrt'));

/** A byte of memory is taken for each level. */
const DEEPEST = 1 << 24;

/**
 * Checks JSON in UTF-8 as strictly as JSON.parse (and a fatal TextDecoder) does, and makes nothing of it. Nesting deeper than `maxDepth` is
 * refused. Each step takes the place where something begins and gives the place behind it, so that places stay in registers; a caller that
 * needs some parts of the text takes steps of its own (`space`, `name`, `string`, `value`) and has all of it checked on the way.
 *
 * Every method throws JsonBytesError, with the place in bytes.
 */
export class JsonValidator {
  /** What is read; set it before the first step. */
  bytes: Uint8Array = NONE;
  /** Whether the last string had an escape. */
  escaped = false;
  /** By depth: 1 where the open container is an object. */
  readonly #objects: Uint8Array;
  readonly #maxDepth: number;

  constructor(maxDepth: number = MAX_DEPTH) {
    if (!Number.isSafeInteger(maxDepth) || maxDepth < 0 || maxDepth > DEEPEST)
      throw new RangeError(`maxDepth is ${String(maxDepth)}; it must be a whole number from 0 to ${DEEPEST}`);
    this.#maxDepth = maxDepth;
    this.#objects = new Uint8Array(maxDepth + 1);
  }

  /** Checks that the bytes are one JSON text with nothing but white space around it. */
  check(bytes: Uint8Array): void {
    checkBytes(bytes);
    this.bytes = bytes;
    const start = this.space(0);
    if (start >= bytes.length) this.fail('not JSON: it is empty', start);
    const end = this.space(this.value(start, 0));
    if (end < bytes.length) this.fail('not JSON: there is more after its end', end);
    this.bytes = NONE;
  }

  /** Over white space. */
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
      } else if (byte < SPACE) this.fail('not JSON: a control character in a string', at);
      else at = this.#multibyte(at, byte);
    }
  }

  /** One more container may be open here. */
  deeper(level: number, at: number): void {
    if (level >= this.#maxDepth) this.fail(`nested deeper than ${this.#maxDepth}`, at);
  }

  bad(at: number): never {
    return this.fail(at >= this.bytes.length ? 'not JSON: it ends in the middle' : 'not JSON: unexpected byte', at);
  }

  fail(reason: string, at: number): never {
    this.bytes = NONE;
    throw new JsonBytesError(reason, at);
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
    if (!good) this.fail('not UTF-8', at);
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
