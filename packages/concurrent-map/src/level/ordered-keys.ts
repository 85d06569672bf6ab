/** Keys per chunk before it is split in two. */
const FULL = 512;

/**
 * Keys in the order of their Unicode code points, which is that of their UTF-8 bytes and of LevelDB. Chunks of at most 512 keys: adding or removing one moves
 * at most a chunk, whatever the size.
 */
export class OrderedKeys {
  readonly #chunks: string[][] = [];
  /** Grows with each change: a walk that sees another value seeks its place anew. */
  #changes = 0;
  /** No key has a unit from which on the orders of code units and code points differ. */
  #plain = true;

  /** Adds a key that comes after all that are held; false, and nothing is added, when it does not. */
  append(key: string): boolean {
    this.#note(key);
    const last = this.#chunks.at(-1);
    const before = last?.at(-1);
    if (before !== undefined && this.#compare(before, key) >= 0) return false;
    this.#changes += 1;
    if (last === undefined || last.length >= FULL / 2) this.#chunks.push([key]);
    else last.push(key);
    return true;
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#note(key);
    this.#changes += 1;
    const number = Math.max(0, this.#chunkOf(key));
    const chunk = this.#chunks[number];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      return;
    }
    chunk.splice(this.#placeIn(chunk, key), 0, key);
    if (chunk.length > FULL) this.#chunks.splice(number + 1, 0, chunk.splice(FULL / 2));
  }

  remove(key: string): void {
    const number = this.#chunkOf(key);
    const chunk = this.#chunks[number];
    if (chunk === undefined) return;
    const place = this.#placeIn(chunk, key);
    if (chunk[place] !== key) return;
    this.#changes += 1;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.#chunks.splice(number, 1);
  }

  /** The keys that begin with a prefix, in order. Keys may come and go meanwhile: what is not reached yet is shown as it then is. */
  *from(prefix: string): IterableIterator<string> {
    let key: string | undefined = prefix;
    let passed = false;
    while (key !== undefined) {
      const changes: number = this.#changes;
      let number = Math.max(0, this.#chunkOf(key));
      let place = this.#placeIn(this.#chunks[number] ?? [], key);
      let resume: string | undefined;
      for (;;) {
        const chunk: string[] | undefined = this.#chunks[number];
        const next: string | undefined = chunk?.[place];
        if (next === undefined) {
          if (chunk === undefined) return;
          number += 1;
          place = 0;
          continue;
        }
        place += 1;
        if (passed && next === key) continue;
        if (!next.startsWith(prefix)) return;
        yield next;
        if (changes === this.#changes) continue;
        resume = next;
        break;
      }
      key = resume;
      passed = true;
    }
  }

  #note(key: string): void {
    if (this.#plain && /[\ud800-\uffff]/.test(key)) this.#plain = false;
  }

  /** The last chunk that begins at or before the key; -1: none does. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare((this.#chunks[middle] as string[])[0] as string, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The place of the first key that is not before `key`. */
  #placeIn(chunk: readonly string[], key: string): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(chunk[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(a: string, b: string): number {
    if (this.#plain) return a < b ? -1 : a > b ? 1 : 0;
    return compareCodePoints(a, b);
  }
}

/** By code points. JavaScript compares code units, in which characters beyond U+FFFF come before those from U+E000 on. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit;
}
