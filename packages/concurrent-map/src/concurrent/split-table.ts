/** Entries per part before the next part is split: a split moves some 256 entries, tens of microseconds. */
const FULL = 512;

/**
 * Hashes at most 20 characters of a key: the last eight, and twelve spread over the rest. Reading all characters of a long key costs more than the lookup
 * itself. Keys that agree in all of them share a part; they are found as all others, but their part grows in one piece, as a plain Map does.
 */
export function hashOf(key: string): number {
  const length = key.length;
  let hash = length;
  if (length <= 20) {
    for (let i = 0; i < length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
  } else {
    for (let i = length - 8; i < length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
    const step = (length - 8) / 12;
    for (let i = 0, at = 0; i < 12; i += 1, at += step) hash = Math.imul(hash ^ key.charCodeAt(at | 0), 0x5bd1e995);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x5bd1e995);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Up to here one plain Map holds everything: its longest growth takes well under a millisecond, and no key needs to be hashed by us. */
const SMALL = 16_384;

/** Entries that each write takes along while the one Map is cut into parts. */
const MOVED = 32;

/**
 * A map with strings as keys that grows a little with each insert. One Map of a million entries stops the program for tens of milliseconds when it grows;
 * here a small map is one Map, and a large one is many small ones by linear hashing: the longest step splits one part in two. No order is kept.
 */
export class SplitTable<E> {
  /** The one Map of a small table; while it is cut into parts, what has not moved yet. */
  #small: Map<string, E> | undefined = new Map();
  #moving: MapIterator<[string, E]> | undefined;
  readonly #parts: Map<string, E>[] = [];
  /** Parts below `#next` are already split at this level. */
  #next = 0;
  #mask = 0;
  #inParts = 0;

  /** `expected`: how many entries will come at once, so that none of them is moved. */
  constructor(expected = 0) {
    if (expected <= SMALL) return;
    this.#small = undefined;
    while ((this.#mask + 1) * FULL < expected) this.#mask = 2 * this.#mask + 1;
    for (let part = 0; part <= this.#mask; part += 1) this.#parts.push(new Map());
  }

  get size(): number {
    return this.#inParts + (this.#small?.size ?? 0);
  }

  /**
   * The number of parts that forPart() is asked for, a power of two. What a part of then holds stays together: it is the same part, or finer ones of it, for as
   * long as the table lives.
   */
  get wholeParts(): number {
    return this.#small ? 1 : this.#mask + 1;
  }

  get(key: string): E | undefined {
    const small = this.#small;
    if (small !== undefined) {
      const entry = small.get(key);
      if (entry !== undefined || this.#moving === undefined) return entry;
    }
    return this.#partOf(key).get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, entry: E): void {
    const small = this.#small;
    if (small !== undefined) {
      if (this.#moving === undefined) {
        small.set(key, entry);
        if (small.size > SMALL) this.#beginMoving(small);
        return;
      }
      this.#move(small);
      if (small.has(key)) {
        small.set(key, entry);
        return;
      }
    }
    this.#setInPart(key, entry);
  }

  delete(key: string): boolean {
    if (this.#small?.delete(key)) return true;
    if (this.#parts.length === 0 || !this.#partOf(key).delete(key)) return false;
    this.#inParts -= 1;
    return true;
  }

  /** Visits what belongs to part `number` of `of` parts; `of` is what `wholeParts` said once. The table may not change meanwhile. */
  forPart(number: number, of: number, visit: (key: string, entry: E) => void): void {
    if (of === 1) this.#small?.forEach((entry, key) => visit(key, entry));
    for (let at = number; at < this.#parts.length; at += of) this.#parts[at]?.forEach((entry, key) => visit(key, entry));
  }

  #beginMoving(small: Map<string, E>): void {
    this.#moving = small.entries();
    this.#parts.push(new Map());
  }

  #move(small: Map<string, E>): void {
    for (let moved = 0; moved < MOVED; moved += 1) {
      const next = this.#moving?.next();
      if (next === undefined || next.done === true) {
        this.#small = undefined;
        this.#moving = undefined;
        return;
      }
      const [key, entry] = next.value;
      small.delete(key);
      this.#setInPart(key, entry);
    }
  }

  #setInPart(key: string, entry: E): void {
    const part = this.#partOf(key);
    const before = part.size;
    part.set(key, entry);
    if (part.size === before) return;
    this.#inParts += 1;
    if (this.#inParts > this.#parts.length * FULL) this.#split();
  }

  #partOf(key: string): Map<string, E> {
    const hash = hashOf(key);
    let number = hash & this.#mask;
    if (number < this.#next) number = hash & (2 * this.#mask + 1);
    return this.#parts[number] as Map<string, E>;
  }

  #split(): void {
    const wider = 2 * this.#mask + 1;
    const from = this.#parts[this.#next] as Map<string, E>;
    const to = new Map<string, E>();
    const number = this.#parts.length;
    for (const [key, entry] of from) {
      if ((hashOf(key) & wider) !== number) continue;
      to.set(key, entry);
      from.delete(key);
    }
    this.#parts.push(to);
    this.#next += 1;
    if (this.#next > this.#mask) {
      this.#mask = wider;
      this.#next = 0;
    }
  }
}
