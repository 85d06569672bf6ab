/** What the disk must hold in all after a write: its sequence, the number of entries, and the sum of their hashes. It is written in the same batch. */
export interface DiskState {
  readonly sequence: number;
  readonly count: number;
  readonly sum: number;
}

/** An entry as it was read; `text` is its JSON, not parsed yet. */
export interface EntryText {
  readonly version: number;
  readonly hash: number;
  readonly text: string;
}

const PRIME = 0x0100_0193;
/** Sums are kept below this, so that they stay exact. */
const SUM = 2 ** 48;

/** FNV-1a over UTF-16 units. Each step is one to one: two texts that differ in one unit never have one hash. */
function mix(hash: number, text: string, from: number): number {
  let mixed = hash;
  for (let at = from; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), PRIME);
  return mixed;
}

/** The hash of an entry: of its key, its version and its value. */
function hashOf(key: string, version: number, json: string, from: number): number {
  const low = Math.imul((version | 0) ^ key.length, PRIME);
  const high = Math.imul(low ^ Math.floor(version / 0x1_0000_0000), PRIME);
  return mix(mix(high ^ 0x811c_9dc5, key, 0), json, from) >>> 0;
}

/** An entry as it is written: version and hash in base 36, then the JSON. */
export function entryToText(key: string, version: number, json: string): { readonly hash: number; readonly text: string } {
  const hash = hashOf(key, version, json, 0);
  return { hash, text: `${version.toString(36)}.${hash.toString(36)}.${json}` };
}

/** undefined: the text is not one that entryToText() made for this key. */
export function entryFromText(key: string, text: string): EntryText | undefined {
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 1 || first > 11 || second < first + 2 || second > first + 8) return undefined;
  const version = Number.parseInt(text.slice(0, first), 36);
  const hash = Number.parseInt(text.slice(first + 1, second), 36);
  if (!Number.isSafeInteger(version) || hashOf(key, version, text, second + 1) !== hash) return undefined;
  return { version, hash, text: text.slice(second + 1) };
}

export function addToSum(sum: number, hash: number): number {
  return (sum + hash) % SUM;
}

export function takeFromSum(sum: number, hash: number): number {
  return (sum + SUM - hash) % SUM;
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
