// A scanner of JSON in UTF-8 that finds where values end, without making any of them. Input that is not JSON is found out only as far
// as the scan must understand it; whoever decodes a value finds out the rest.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Thrown by the scanner; callers turn it into an error of theirs. */
export class ScanError extends Error {
  override readonly name = 'ScanError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.offset = offset;
  }
}

/** The first byte from `at` that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** Where the value that begins at `at` ends (exclusive). Throws ScanError if it does not end before `end`. */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at, end);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
    let depth = 0;
    for (let i = at; i < end; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) i = stringEnd(bytes, i, end) - 1;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (--depth === 0) return i + 1;
      }
    }
    throw new ScanError('the JSON ends inside a value', end);
  }
  let i = at;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte <= 0x20) break;
    i++;
  }
  if (i === at) throw new ScanError('a value is missing', at);
  return i;
}

function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i];
    if (byte === BACKSLASH) i++;
    else if (byte === QUOTE) return i + 1;
  }
  throw new ScanError('the JSON ends inside a string', end);
}

/** Visits the members of the object that begins at `at`, in order: the name's bytes with quotes, and the value's. Returns where it ends. */
export function scanMembers(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: (nameStart: number, nameEnd: number, valueStart: number, valueEnd: number) => void,
): number {
  if (bytes[at] !== OPEN_OBJECT) throw new ScanError('expected an object', at);
  let i = skipSpace(bytes, at + 1, end);
  if (bytes[i] === CLOSE_OBJECT) return i + 1;
  for (;;) {
    if (i >= end || bytes[i] !== QUOTE) throw new ScanError('expected a name', i);
    const nameEnd = stringEnd(bytes, i, end);
    let value = skipSpace(bytes, nameEnd, end);
    if (bytes[value] !== COLON) throw new ScanError('expected a colon', value);
    value = skipSpace(bytes, value + 1, end);
    const stop = valueEnd(bytes, value, end);
    visit(i, nameEnd, value, stop);
    i = skipSpace(bytes, stop, end);
    if (bytes[i] === CLOSE_OBJECT) return i + 1;
    if (bytes[i] !== COMMA) throw new ScanError('expected a comma', i);
    i = skipSpace(bytes, i + 1, end);
  }
}

/** Visits the items of the array that begins at `at`, in order. Returns where it ends. */
export function scanItems(bytes: Uint8Array, at: number, end: number, visit: (start: number, end: number) => void): number {
  if (bytes[at] !== OPEN_ARRAY) throw new ScanError('expected an array', at);
  let i = skipSpace(bytes, at + 1, end);
  if (bytes[i] === CLOSE_ARRAY) return i + 1;
  for (;;) {
    const stop = valueEnd(bytes, i, end);
    visit(i, stop);
    i = skipSpace(bytes, stop, end);
    if (bytes[i] === CLOSE_ARRAY) return i + 1;
    if (bytes[i] !== COMMA) throw new ScanError('expected a comma', i);
    i = skipSpace(bytes, i + 1, end);
  }
}

/** Whether the bytes are exactly this ASCII text. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
