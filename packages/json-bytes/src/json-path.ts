import { checkBytes } from './json-bytes-error.ts';
import { JsonCursor } from './json-cursor.ts';
import { JsonName, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipSpace, textOf } from './json-text.ts';
import { skipValue } from './skip-value.ts';

const decoder = new TextDecoder();
const INTEGER = /^-?\d+$/;

/**
 * Reads the texts at a path from JSON that was validated before, and parses nothing else: strings, integers with all their digits, and other
 * numbers and booleans as String gives them. Of members with one name the last counts, as JSON.parse has it. The step `*` goes into every item of an array; of an object it is a
 * member's name like any other.
 */
export class JsonPath {
  readonly #steps: readonly JsonName[];
  /** One for each step: within `*` the path goes on item by item. */
  readonly #cursors: readonly JsonCursor[];

  constructor(path: readonly string[]) {
    this.#steps = path.map((text) => new JsonName(text));
    this.#cursors = path.map(() => new JsonCursor());
  }

  /** @throws JsonBytesError if the bytes are not JSON, as far as they are read. */
  read(bytes: Uint8Array): readonly string[] {
    checkBytes(bytes);
    const found: string[] = [];
    const start = skipSpace(bytes, 0, bytes.length);
    this.#value(bytes, start, bytes.length, 0, found);
    return found;
  }

  #value(bytes: Uint8Array, start: number, end: number, depth: number, found: string[]): void {
    const step = this.#steps[depth];
    const cursor = this.#cursors[depth];
    const first = bytes[start];
    if (step === undefined || cursor === undefined) this.#leaf(bytes, start, skipValue(bytes, start, end), found);
    else if (first === OPEN_BRACE) {
      let member = -1;
      let memberEnd = -1;
      cursor.members(bytes, start, end);
      while (cursor.next()) {
        if (!cursor.isNamed(step)) continue;
        member = cursor.start;
        memberEnd = cursor.end;
      }
      if (member >= 0) this.#value(bytes, member, memberEnd, depth + 1, found);
    } else if (first === OPEN_BRACKET && step.text === '*') {
      cursor.items(bytes, start, end);
      while (cursor.next()) this.#value(bytes, cursor.start, cursor.end, depth + 1, found);
    }
  }

  #leaf(bytes: Uint8Array, start: number, end: number, found: string[]): void {
    const first = bytes[start];
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return;
    if (first === QUOTE) {
      found.push(textOf(bytes, start, end));
      return;
    }
    const text = decoder.decode(bytes.subarray(start, end));
    if (text === 'null') return;
    // JSON writes an integer in one way only (but for -0), and a double would change a large one.
    found.push(INTEGER.test(text) && text !== '-0' ? text : String(JSON.parse(text)));
  }
}
