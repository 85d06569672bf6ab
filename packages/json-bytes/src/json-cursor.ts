import { checkBytes, JsonBytesError } from './json-bytes-error.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isName,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  textOf,
} from './json-text.ts';
import type { JsonName } from './json-text.ts';
import { skipValue } from './skip-value.ts';

const NONE = new Uint8Array();

/**
 * Steps through the members of one object, or the items of one array, and says where each begins and ends. Nothing is made of them, and one
 * cursor is used for any number of objects, so a step leaves no garbage.
 *
 * The cursor checks what it must understand: names, colons, commas, and that values end. It does not check what is inside of a value:
 * JsonValidator does, or JSON.parse of whoever reads the value.
 */
export class JsonCursor {
  #bytes: Uint8Array = NONE;
  #limit = 0;
  #at = 0;
  #close = CLOSE_BRACE;
  #first = true;
  #escaped = false;
  /** Of the member's name, with its quotes. Not set by items. */
  nameStart = 0;
  nameEnd = 0;
  /** Of the value of the member, or of the item. */
  start = 0;
  end = 0;

  /** Where the object or array ends (exclusive); known when `next` gave false. */
  get behind(): number {
    return this.#at;
  }

  /**
   * Stands before the first member of the object that begins at `at`.
   * @throws JsonBytesError if none does.
   */
  members(bytes: Uint8Array, at: number = 0, limit: number = bytes.length): this {
    return this.#enter(bytes, at, limit, OPEN_BRACE);
  }

  /**
   * Stands before the first item of the array that begins at `at`.
   * @throws JsonBytesError if none does.
   */
  items(bytes: Uint8Array, at: number = 0, limit: number = bytes.length): this {
    return this.#enter(bytes, at, limit, OPEN_BRACKET);
  }

  /**
   * Goes to the next member or item; false behind the last one, however often it is asked.
   * @throws JsonBytesError where the object or array is broken off, or no member or item stands where one must.
   */
  next(): boolean {
    const bytes = this.#bytes;
    const limit = this.#limit;
    if (bytes === NONE) return false;
    let at = skipSpace(bytes, this.#at, limit);
    const byte = at < limit ? bytes[at] : -1;
    if (byte === this.#close) {
      this.#at = at + 1;
      this.#bytes = NONE;
      return false;
    }
    if (!this.#first) {
      if (byte !== COMMA) throw new JsonBytesError('expected a comma', at);
      at = skipSpace(bytes, at + 1, limit);
    }
    this.#first = false;
    if (this.#close === CLOSE_BRACE) {
      if (at >= limit || bytes[at] !== QUOTE) throw new JsonBytesError('expected a name', at);
      this.nameStart = at;
      this.nameEnd = this.#name(bytes, at, limit);
      at = skipSpace(bytes, this.nameEnd, limit);
      if (at >= limit || bytes[at] !== COLON) throw new JsonBytesError('expected a colon', at);
      at = skipSpace(bytes, at + 1, limit);
    }
    this.start = at;
    this.end = skipValue(bytes, at, limit);
    this.#at = this.end;
    return true;
  }

  /** Whether the member has this name, written with escapes or not. */
  isNamed(name: JsonName): boolean {
    return isName(this.#bytes, this.nameStart, this.nameEnd, this.#escaped, name);
  }

  /** Whether the value is an object. */
  get isObject(): boolean {
    return this.#bytes[this.start] === OPEN_BRACE;
  }

  /**
   * The value, if it is a string, else undefined.
   * @throws JsonBytesError if it is a string that JSON.parse would not read.
   */
  text(): string | undefined {
    return this.#bytes[this.start] === QUOTE ? textOf(this.#bytes, this.start, this.end) : undefined;
  }

  /** Goes behind a member's name. */
  #name(bytes: Uint8Array, start: number, limit: number): number {
    this.#escaped = false;
    for (let i = start + 1; i < limit; i += 1) {
      const byte = bytes[i];
      if (byte === QUOTE) return i + 1;
      if (byte !== BACKSLASH) continue;
      this.#escaped = true;
      i += 1;
    }
    throw new JsonBytesError('the JSON ends inside a string', limit);
  }

  #enter(bytes: Uint8Array, at: number, limit: number, open: number): this {
    checkBytes(bytes);
    if (at >= limit || bytes[at] !== open) throw new JsonBytesError(open === OPEN_BRACE ? 'expected an object' : 'expected an array', at);
    this.#bytes = bytes;
    this.#limit = limit;
    this.#at = at + 1;
    this.#close = open === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    this.#first = true;
    return this;
  }
}
