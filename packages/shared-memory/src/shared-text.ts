const encoder = new TextEncoder();
// A text may begin with U+FEFF, which is no byte order mark there.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text as words: its length in bytes, then the bytes. Half a surrogate pair, which has no bytes of its own, keeps its UTF-16. */
export function textWords(text: string): Int32Array {
  const bytes = text.isWellFormed() ? encoder.encode(text) : utf16(text);
  const words = new Int32Array(1 + ((bytes.length + 3) >> 2));
  words[0] = bytes.length;
  new Uint8Array(words.buffer, 4).set(bytes);
  return words;
}

/** Begins with a byte that no UTF-8 has. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(1 + text.length * 2);
  bytes[0] = 0xff;
  for (let i = 0; i < text.length; i += 1) {
    bytes[1 + i * 2] = text.charCodeAt(i) >> 8;
    bytes[2 + i * 2] = text.charCodeAt(i) & 0xff;
  }
  return bytes;
}

export function writeText(words: Int32Array, at: number, text: Int32Array): void {
  for (let i = 0; i < text.length; i += 1) words[at + i] = text[i] as number;
}

export function sameText(words: Int32Array, at: number, text: Int32Array): boolean {
  for (let i = 0; i < text.length; i += 1) if (words[at + i] !== text[i]) return false;
  return true;
}

/** Of texts that were written whole: names of clusters and indexes. */
export function readText(words: Int32Array, at: number): string {
  const length = words[at] as number;
  const copy = words.slice(at + 1, at + 1 + ((length + 3) >> 2));
  const bytes = new Uint8Array(copy.buffer, 0, length);
  if (bytes[0] !== 0xff) return decoder.decode(bytes);
  let text = '';
  for (let i = 1; i < length; i += 2) text += String.fromCharCode(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  return text;
}

export function hashOfText(text: Int32Array, seed: number, index: number): number {
  let hash = seed ^ Math.imul(index + 1, 0x9e3779b1);
  for (const word of text) {
    hash = Math.imul(hash ^ word, 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return hash ^ (hash >>> 15);
}
