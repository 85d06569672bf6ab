import type { IndexExtractor } from '../contract/writer.ts';
import { ShardedMap } from '../keys/sharded-map.ts';

const NONE: readonly number[] = [];

/** Is told of every change of an index, after it was made. */
export interface PostingMirror {
  /** The first slot of a value; gives back what the value is known by. */
  open(value: string, slot: number): number;
  append(posting: number, slot: number): void;
  /** The slot at a position leaves; the last one takes its place. */
  remove(posting: number, slot: number, at: number): void;
}

/** A value that several objects have. */
interface Posting {
  readonly value: string;
  slots: Int32Array;
  count: number;
  /** What the mirror knows it by. */
  readonly mirrored: number;
}

/**
 * One index: from value to slots, and from slot to the values that it is held under, so that the extractor need not run again to remove it.
 * A value that many objects have is kept once, its slots as plain numbers; one that a single object has needs no list.
 */
export class Postings<T> {
  readonly extract: IndexExtractor<T>;
  readonly #slots = new ShardedMap<number | Posting>();
  readonly #values: (string | readonly string[] | undefined)[] = [];
  /** Where a slot of a single value stands in that value's list. */
  #positions: Int32Array = new Int32Array(64);

  readonly #mirror: PostingMirror | undefined;

  constructor(extract: IndexExtractor<T>, mirror?: PostingMirror) {
    this.extract = extract;
    this.#mirror = mirror;
  }

  add(slot: number, values: readonly string[]): void {
    while (this.#values.length <= slot) this.#values.push(undefined);
    if (slot >= this.#positions.length) {
      const larger = new Int32Array(this.#values.length + (this.#values.length >> 2));
      larger.set(this.#positions);
      this.#positions = larger;
    }
    if (values.length === 1) this.#values[slot] = this.#enter(slot, values[0] as string, true);
    else if (values.length > 1) this.#values[slot] = values.map((value) => this.#enter(slot, value, false));
    else this.#values[slot] = undefined;
  }

  /** The values of a slot from now on. Where they stay, nothing is touched. */
  set(slot: number, values: readonly string[]): void {
    const before = this.#values[slot];
    if (before !== undefined) {
      if (typeof before === 'string' ? values.length === 1 && values[0] === before : sameTexts(before, values)) return;
      this.remove(slot);
    }
    this.add(slot, values);
  }

  remove(slot: number): void {
    const values = this.#values[slot];
    if (typeof values === 'string') this.#leave(slot, values);
    else for (const value of values ?? []) this.#leave(slot, value);
    this.#values[slot] = undefined;
  }

  valuesOf(slot: number): readonly string[] {
    const values = this.#values[slot];
    return values === undefined ? [] : typeof values === 'string' ? [values] : values;
  }

  /** In no order. */
  slotsOf(value: string): Iterable<number> {
    const found = this.#slots.get(value);
    return found === undefined ? NONE : typeof found === 'number' ? [found] : found.slots.subarray(0, found.count);
  }

  /** Gives back the one text that is kept of the value. */
  #enter(slot: number, value: string, single: boolean): string {
    const found = this.#slots.get(value);
    if (found === undefined) {
      const mirror = this.#mirror;
      this.#slots.set(value, mirror ? { value, slots: new Int32Array([slot]), count: 1, mirrored: mirror.open(value, slot) } : slot);
      if (single) this.#positions[slot] = 0;
      return value;
    }
    const posting =
      typeof found === 'number'
        ? { value: this.#textOf(found, value), slots: new Int32Array([found, slot]), count: 1, mirrored: 0 }
        : found;
    if (typeof found === 'number') this.#slots.set(posting.value, posting);
    if (posting.count === posting.slots.length) {
      const larger = new Int32Array(posting.count + (posting.count >> 1) + 1);
      larger.set(posting.slots);
      posting.slots = larger;
    }
    posting.slots[posting.count] = slot;
    if (single) this.#positions[slot] = posting.count;
    posting.count += 1;
    this.#mirror?.append(posting.mirrored, slot);
    return posting.value;
  }

  #textOf(slot: number, value: string): string {
    return this.valuesOf(slot).find((each) => each === value) ?? value;
  }

  #leave(slot: number, value: string): void {
    const posting = this.#slots.get(value);
    if (posting === undefined) return;
    if (typeof posting === 'number') {
      this.#slots.delete(value);
      return;
    }
    // A slot of several values does not know where it stands; those lists are searched.
    const single = typeof this.#values[slot] === 'string';
    const at = single ? (this.#positions[slot] as number) : posting.slots.subarray(0, posting.count).indexOf(slot);
    posting.count -= 1;
    const last = posting.slots[posting.count] as number;
    posting.slots[at] = last;
    if (typeof this.#values[last] === 'string') this.#positions[last] = at;
    this.#mirror?.remove(posting.mirrored, slot, at);
    if (posting.count === 0) this.#slots.delete(value);
    else if (posting.count * 4 < posting.slots.length) posting.slots = posting.slots.slice(0, posting.count * 2);
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
