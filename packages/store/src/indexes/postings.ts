import type { IndexExtractor } from '../contract/writer.ts';
import { ShardedMap } from '../keys/sharded-map.ts';

const NONE: readonly number[] = [];

/** Is told of every change of an index, after it was made, and before it of what it will need room for. */
export interface PostingMirror {
  /** A posting of a value without slots, with room for so many. Gives back what the value is known by. May throw. */
  open(value: string, room: number): number;
  /** Room for so many slots in all. May throw. */
  reserve(posting: number, room: number): void;
  append(posting: number, slot: number): void;
  /** The slot at a position leaves; the last one takes its place. */
  remove(posting: number, slot: number, at: number): void;
  /** A posting without slots is not needed any more. */
  close(posting: number): void;
}

/** A value that several objects have. */
interface Posting {
  readonly value: string;
  slots: Int32Array;
  count: number;
  /** Slots that are about to be added: room for them was made. */
  expected: number;
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

  /**
   * Makes room for a slot more under each value, where a mirror needs it; readers see the same as before.
   * @throws StoreError if there is none; what was prepared before it can be taken back with `unprepare`.
   */
  prepare(value: string): void {
    const mirror = this.#mirror;
    if (!mirror) return;
    let posting = this.#slots.get(value) as Posting | undefined;
    if (posting) mirror.reserve(posting.mirrored, posting.count + posting.expected + 1);
    else {
      posting = { value, slots: new Int32Array(1), count: 0, expected: 0, mirrored: mirror.open(value, 1) };
      this.#slots.set(value, posting);
    }
    posting.expected += 1;
  }

  /** The slot for which room was made does not come. */
  unprepare(value: string): void {
    const posting = this.#mirror ? (this.#slots.get(value) as Posting | undefined) : undefined;
    if (!posting) return;
    posting.expected -= 1;
    this.#closeIfEmpty(posting);
  }

  /** With a mirror, only of values that were prepared. */
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
    if (this.holds(slot, values)) return;
    this.remove(slot);
    this.add(slot, values);
  }

  /** Whether the slot is held under these values, in this order, and one at least. */
  holds(slot: number, values: readonly string[]): boolean {
    const held = this.#values[slot];
    if (held === undefined) return false;
    return typeof held === 'string' ? values.length === 1 && values[0] === held : sameTexts(held, values);
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
      this.#slots.set(value, slot);
      if (single) this.#positions[slot] = 0;
      return value;
    }
    const posting =
      typeof found === 'number'
        ? { value: this.#textOf(found, value), slots: new Int32Array([found, slot]), count: 1, expected: 0, mirrored: 0 }
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
    if (posting.expected > 0) posting.expected -= 1;
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
    if (posting.count === 0) this.#closeIfEmpty(posting);
    else if (posting.count * 4 < posting.slots.length) posting.slots = posting.slots.slice(0, posting.count * 2);
  }

  #closeIfEmpty(posting: Posting): void {
    if (posting.count > 0 || posting.expected > 0) return;
    this.#slots.delete(posting.value);
    this.#mirror?.close(posting.mirrored);
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
