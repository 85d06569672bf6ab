import { JsonBytesError } from './json-bytes-error.ts';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE } from './json-text.ts';

/**
 * Where the value that begins at `at` ends (exclusive). What is inside of it is not checked: whoever reads the value finds that out.
 * @throws JsonBytesError if the value does not end before `end`, or none begins here.
 */
export function skipValue(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at, end);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    let depth = 0;
    for (let i = at; i < end; i += 1) {
      const byte = bytes[i];
      if (byte === QUOTE) i = skipString(bytes, i, end) - 1;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) return i + 1;
      }
    }
    throw new JsonBytesError('the JSON ends inside a value', end);
  }
  let i = at;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE) break;
    i += 1;
  }
  if (i === at) throw new JsonBytesError('a value is missing', at);
  return i;
}

/** Where the string that begins at `at` ends (exclusive). */
function skipString(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i += 1) {
    const byte = bytes[i];
    if (byte === BACKSLASH) i += 1;
    else if (byte === QUOTE) return i + 1;
  }
  throw new JsonBytesError('the JSON ends inside a string', end);
}
