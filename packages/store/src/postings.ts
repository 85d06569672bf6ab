import type { IndexExtractor } from './writer.ts';
import { ShardedMap } from './sharded-map.ts';

const NONE: readonly number[] = [];

/** One index: from value to slots, and from slot to the values that it is held under, so that the extractor need not run again to remove it. */
export class Postings<T> {
  readonly extract: IndexExtractor<T>;
  readonly #slots = new ShardedMap<number | Set<number>>();
  readonly #values: (string | readonly string[] | undefined)[] = [];

  constructor(extract: IndexExtractor<T>) {
    this.extract = extract;
  }

  add(slot: number, values: readonly string[]): void {
    while (this.#values.length <= slot) this.#values.push(undefined);
    this.#values[slot] = values.length === 1 ? values[0] : values.length === 0 ? undefined : values;
    for (const value of values) {
      const found = this.#slots.get(value);
      if (found === undefined) this.#slots.set(value, slot);
      else if (typeof found === 'number') this.#slots.set(value, new Set([found, slot]));
      else found.add(slot);
    }
  }

  remove(slot: number): void {
    for (const value of this.valuesOf(slot)) {
      const found = this.#slots.get(value);
      if (typeof found === 'number') this.#slots.delete(value);
      else if (found) {
        found.delete(slot);
        if (found.size === 0) this.#slots.delete(value);
      }
    }
    this.#values[slot] = undefined;
  }

  valuesOf(slot: number): readonly string[] {
    const values = this.#values[slot];
    return values === undefined ? [] : typeof values === 'string' ? [values] : values;
  }

  /** In no order. */
  slotsOf(value: string): Iterable<number> {
    const found = this.#slots.get(value);
    return found === undefined ? NONE : typeof found === 'number' ? [found] : found;
  }
}
