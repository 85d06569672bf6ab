import { setOwn } from '@kubecast/crd';

export class GoJsonError extends Error {}

/** A value and the names that stood twice in one object, as paths (`spec.app`), in the order of the text. */
export interface ParsedJson {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/**
 * Parses JSON, the last of equal names wins. Fails with the words of Go's encoding/json, which the API server hands on.
 *
 * @param characters whether the text is one, or has a character for each byte
 * @throws GoJsonError
 */
export function parseGoJson(text: string, characters: 'text' | 'bytes' = 'text'): ParsedJson {
  const parser = new Parser(text, characters === 'bytes');
  return { value: parser.document(), duplicates: parser.duplicates };
}

class Parser {
  readonly duplicates: string[] = [];
  readonly #text: string;
  readonly #bytes: boolean;
  #at = 0;

  constructor(text: string, bytes: boolean) {
    this.#text = text;
    this.#bytes = bytes;
  }

  document(): unknown {
    const value = this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) this.#unexpected('after top-level value');
    return value;
  }

  #value(path: string, depth: number): unknown {
    this.#space();
    if (depth > 10_000) throw new GoJsonError('exceeded max depth');
    const character = this.#text[this.#at];
    if (character === '{') return this.#object(path, depth);
    if (character === '[') return this.#array(path, depth);
    if (character === '"') return this.#string();
    if (character === 't') return this.#word('true', true);
    if (character === 'f') return this.#word('false', false);
    if (character === 'n') return this.#word('null', null);
    if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) return this.#number();
    return this.#unexpected('looking for beginning of value');
  }

  #object(path: string, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return object;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#unexpected('looking for beginning of object key string');
      const name = this.#string();
      const child = path === '' ? name : `${path}.${name}`;
      if (Object.hasOwn(object, name)) this.duplicates.push(child);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#unexpected('after object key');
      this.#at++;
      setOwn(object, name, this.#value(child, depth + 1));
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') this.#unexpected('after object key:value pair');
      this.#at++;
      if (next === '}') return object;
    }
  }

  #array(path: string, depth: number): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return array;
    }
    for (;;) {
      array.push(this.#value(`${path}[${array.length}]`, depth + 1));
      this.#space();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') this.#unexpected('after array element');
      this.#at++;
      if (next === ']') return array;
    }
  }

  #string(): string {
    const start = this.#at;
    let at = start + 1;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (Number.isNaN(code)) throw new GoJsonError('unexpected end of JSON input');
      if (code === 0x22) break;
      if (code < 0x20) {
        this.#at = at;
        this.#unexpected('in string literal');
      }
      at += code === 0x5c ? 2 : 1;
    }
    this.#at = at + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch {
      const bad = /\\(?!["\\/bfnrtu])(.)/s.exec(this.#text.slice(start, this.#at));
      throw new GoJsonError(`invalid character '${bad?.[1] ?? '\\u'}' in string escape code`);
    }
  }

  #number(): number {
    const match = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at, this.#at + 400));
    if (match === null) {
      this.#at++;
      this.#unexpected('in numeric literal');
    }
    this.#at += match[0].length;
    return Number(match[0]);
  }

  #word<T>(word: string, value: T): T {
    for (let index = 0; index < word.length; index++) {
      if (this.#text[this.#at + index] !== word[index]) {
        this.#at += index;
        this.#unexpected(`in literal ${word} (expecting '${word[index]}')`);
      }
    }
    this.#at += word.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(where: string): never {
    // Go reads bytes, and shows the first of a character as if it were one.
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new GoJsonError('unexpected end of JSON input');
    const character = String.fromCharCode(code < 0x80 || this.#bytes ? code : (Buffer.from(String.fromCodePoint(code), 'utf8')[0] ?? 0));
    const shown = character === "'" ? "'\\''" : character === '"' ? `'"'` : character === '\n' ? "'\\n'" : `'${character}'`;
    throw new GoJsonError(`invalid character ${shown} ${where}`);
  }
}
