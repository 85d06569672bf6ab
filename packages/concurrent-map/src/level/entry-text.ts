/** What the disk must hold in all after a write: its sequence, the number of entries, and the sum of their hashes. It is written in the same batch. */
export interface DiskState {
  readonly sequence: number;
  readonly count: number;
  readonly sum: number;
}

/** An entry as it was read. Its JSON is the end of `text`, from `at` on, not parsed yet. */
export interface EntryText {
  readonly version: number;
  /** 32 bits, signed. */
  readonly hash: number;
  readonly text: string;
  readonly at: number;
}

const PRIME = 0x0100_0193;
/** Sums are kept below this, so that they stay exact. */
const SUM = 2 ** 48;

/**
 * FNV-1a over pairs of UTF-16 units, two at a time since each step waits for the one before. Each step is one to one: two texts of one length that differ in one pair
 * never have one hash.
 */
function mix(hash: number, text: string, from: number): number {
  const even = text.length - ((text.length - from) & 1);
  let mixed = Math.imul(hash ^ (text.length - from), PRIME);
  for (let at = from; at < even; at += 2) mixed = Math.imul(mixed ^ (text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)), PRIME);
  return even < text.length ? Math.imul(mixed ^ text.charCodeAt(even), PRIME) : mixed;
}

/** The hash of an entry: of its key, its version and its value. */
function hashOf(key: string, version: number, text: string, from: number): number {
  const low = Math.imul(version | 0, PRIME);
  const high = Math.imul(low ^ Math.floor(version / 0x1_0000_0000), PRIME);
  return mix(mix(high ^ 0x811c_9dc5, key, 0), text, from);
}

/** An entry as it is written: version and hash in base 36, then the JSON. */
export function entryToText(key: string, version: number, json: string): { readonly hash: number; readonly text: string } {
  const hash = hashOf(key, version, json, 0);
  return { hash, text: `${version.toString(36)}.${(hash >>> 0).toString(36)}.${json}` };
}

/** undefined: the text is not one that entryToText() made for this key. */
export function entryFromText(key: string, text: string): EntryText | undefined {
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 1 || first > 11 || second < first + 2 || second > first + 8) return undefined;
  const version = fromBase36(text, 0, first);
  const hash = hashOf(key, version, text, second + 1);
  if (!Number.isSafeInteger(version) || hash >>> 0 !== fromBase36(text, first + 1, second)) return undefined;
  return { version, hash, text, at: second + 1 };
}

function fromBase36(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const unit = text.charCodeAt(at);
    const digit = unit >= 48 && unit <= 57 ? unit - 48 : unit >= 97 && unit <= 122 ? unit - 87 : Number.NaN;
    number = number * 36 + digit;
  }
  return number;
}

/**
 * The key under which an entry is written; the state stands under one NUL. The empty key and keys that begin with NUL get two more in front. The order of keys is
 * the same, and no two become one.
 */
export function keyToDisk(key: string): string {
  return key === '' || key.charCodeAt(0) === 0 ? `\0\0${key}` : key;
}

export function keyFromDisk(key: string): string {
  return key.charCodeAt(0) === 0 ? key.slice(2) : key;
}

export const STATE_KEY = '\0';

export function addToSum(sum: number, hash: number): number {
  return (sum + (hash >>> 0)) % SUM;
}

export function takeFromSum(sum: number, hash: number): number {
  return (sum + SUM - (hash >>> 0)) % SUM;
}

/** A text with its hash behind it, for what stands alone: the state, and the file that says what was acknowledged. */
export function sealed(text: string): string {
  return `${text} ${(mix(0x811c_9dc5, text, 0) >>> 0).toString(16).padStart(8, '0')}`;
}

/** The text of sealed(); undefined: it is not one. */
export function unsealed(text: string): string | undefined {
  const inner = text.slice(0, -9);
  return text.length > 9 && sealed(inner) === text ? inner : undefined;
}

export function stateToText({ sequence, count, sum }: DiskState): string {
  return sealed(`${sequence} ${count} ${sum}`);
}

export function stateFromText(text: string): DiskState | undefined {
  const numbers = unsealed(text)?.split(' ').map(Number);
  if (numbers?.length !== 3 || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  const [sequence = 0, count = 0, sum = 0] = numbers;
  return { sequence, count, sum };
}
