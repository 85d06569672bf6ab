import { JsonBytesError } from './json-bytes-error.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const SPACE = 0x20;

const encoder = new TextEncoder();
// A string is decoded with its quotes, so a byte order mark in it never stands first and is kept.
const decoder = new TextDecoder('utf-8', { fatal: true });
/** Longer strings are decoded by the runtime: a call costs more than so many characters put together one by one. */
const SHORT = 64;

/** A member's name to look for, encoded once. */
export class JsonName {
  readonly text: string;
  readonly bytes: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.bytes = encoder.encode(text);
  }
}

/** The first byte from `at` on that is no white space of JSON; `end` if there is none. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const byte = bytes[i];
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    i += 1;
  }
  return i;
}

/** Whether the bytes are exactly this ASCII text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether the string from `start` (its quote) to `end` (behind its quote) means this name. */
export function isName(bytes: Uint8Array, start: number, end: number, escaped: boolean, name: JsonName): boolean {
  if (escaped) return textOf(bytes, start, end) === name.text;
  const wanted = name.bytes;
  const { length } = wanted;
  if (end - start - 2 !== length) return false;
  for (let i = 0; i < length; i += 1) if (bytes[start + 1 + i] !== wanted[i]) return false;
  return true;
}

/**
 * The text of the string that begins with its quote at `start` and ends behind its other quote, as JSON.parse reads it.
 * @throws JsonBytesError if the string holds bytes that are not UTF-8, a control character or an unknown escape.
 */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = '';
    let i = start + 1;
    for (; i < end - 1; i += 1) {
      const byte = bytes[i] as number;
      if (byte < SPACE || byte > 0x7e || byte === BACKSLASH) break;
      text += String.fromCharCode(byte);
    }
    if (i === end - 1) return text;
  }
  let whole: string;
  try {
    whole = decoder.decode(bytes.subarray(start, end));
  } catch {
    throw new JsonBytesError('not UTF-8', start);
  }
  try {
    return JSON.parse(whole) as string;
  } catch {
    throw new JsonBytesError('not JSON: a string with a control character or an unknown escape', start);
  }
}
