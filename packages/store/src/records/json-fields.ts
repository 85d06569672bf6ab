const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One step of a path: a member's name, or every element of an array. */
export interface FieldStep {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export function fieldSteps(path: readonly string[]): readonly FieldStep[] {
  return path.map((text) => ({ text, bytes: encoder.encode(text) }));
}

/**
 * Reads the texts at a path from the bytes of JSON that was scanned before, parsing nothing else: strings, and numbers and booleans as String
 * gives them. Of doubled members the last counts, as JSON.parse has it. `*` goes into every element of an array.
 */
export class JsonFields {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #steps: readonly FieldStep[] = [];
  #found: string[] = [];

  read(bytes: Uint8Array, steps: readonly FieldStep[]): readonly string[] {
    this.#bytes = bytes;
    this.#at = 0;
    this.#steps = steps;
    this.#found = [];
    this.#value(0);
    return this.#found;
  }

  /** Takes what is sought from the value that stands here, and goes behind it. */
  #value(depth: number): void {
    this.#space();
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    const step = this.#steps[depth];
    if (step === undefined) this.#leaf(first);
    else if (first === OPEN_BRACE) this.#object(step, depth);
    else if (first === OPEN_BRACKET && step.text === '*') this.#array(depth);
    else this.#skip();
  }

  #leaf(first: number | undefined): void {
    const start = this.#at;
    this.#skip();
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return;
    const text = decoder.decode(this.#bytes.subarray(start, this.#at));
    if (first !== QUOTE) {
      if (text !== 'null') this.#found.push(String(JSON.parse(text)));
    } else this.#found.push(text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1));
  }

  #object(step: FieldStep, depth: number): void {
    const bytes = this.#bytes;
    let member = -1;
    this.#at += 1;
    for (;;) {
      this.#space();
      if (bytes[this.#at] === CLOSE_BRACE) break;
      const isIt = this.#name(step);
      this.#space();
      this.#at += 1; // The colon.
      this.#space();
      if (isIt) member = this.#at;
      this.#skip();
      this.#space();
      if (bytes[this.#at] === COMMA) this.#at += 1;
    }
    this.#at += 1;
    if (member < 0) return;
    const end = this.#at;
    this.#at = member;
    this.#value(depth + 1);
    this.#at = end;
  }

  #array(depth: number): void {
    const bytes = this.#bytes;
    this.#at += 1;
    for (;;) {
      this.#space();
      if (bytes[this.#at] === CLOSE_BRACKET) break;
      this.#value(depth + 1);
      this.#space();
      if (bytes[this.#at] === COMMA) this.#at += 1;
    }
    this.#at += 1;
  }

  /** Goes behind a member's name. Whether it is the step's. */
  #name(step: FieldStep): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const escaped = this.#string();
    const length = this.#at - start - 2;
    if (escaped) return JSON.parse(decoder.decode(bytes.subarray(start, this.#at))) === step.text;
    if (length !== step.bytes.length) return false;
    for (let i = 0; i < length; i += 1) if (bytes[start + 1 + i] !== step.bytes[i]) return false;
    return true;
  }

  /** Goes behind a value. */
  #skip(): void {
    const bytes = this.#bytes;
    let depth = 0;
    for (;;) {
      const code = bytes[this.#at] as number;
      if (code === QUOTE) this.#string();
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        depth += 1;
        this.#at += 1;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        depth -= 1;
        this.#at += 1;
      } else if (depth > 0) {
        this.#at += 1;
        continue;
      } else {
        // A number or a word, up to what cannot be one.
        while (this.#at < bytes.length && isWord(bytes[this.#at] as number)) this.#at += 1;
        return;
      }
      if (depth === 0) return;
    }
  }

  /** Goes behind a string. Whether it has escapes. */
  #string(): boolean {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    let escaped = false;
    for (;;) {
      const code = bytes[at];
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        at += 1;
      }
      at += 1;
    }
    this.#at = at + 1;
    return escaped;
  }

  #space(): void {
    const bytes = this.#bytes;
    for (let code = bytes[this.#at]; code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; code = bytes[this.#at])
      this.#at += 1;
  }
}

/** Of a number or of true, false, null. */
function isWord(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45
  );
}
