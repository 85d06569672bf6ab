import type { SharedKey } from '../cells/shared-records.ts';
import type { SlotTable } from '../cells/slot-table.ts';
import type { DeepReadonly } from '../stateful/frozen-copy.ts';

/** A value that this thread has decoded, with the slot and the pair that must still be there for it to be the present one. */
export interface KnownValue<V> {
  readonly key: SharedKey;
  readonly slot: number;
  readonly tag: number;
  readonly word: number;
  readonly value: DeepReadonly<V>;
  readonly version: number;
  /** What it is reckoned to take: see bytesOf(). */
  readonly bytes: number;
}

/** What one entry costs beside its value. */
const ENTRY_BYTES = 400;

/** `json`: the bytes of the value as JSON; four times as many are reckoned for the value. */
export function bytesOf(json: number): number {
  return json * 4 + ENTRY_BYTES;
}

/** The values that one thread has decoded, the oldest of them dropped first where they are too many. */
export class ValueCache<V> {
  readonly #table: SlotTable;
  readonly #limit: number;
  readonly #known = new Map<string, KnownValue<V>>();
  #bytes = 0;

  constructor(table: SlotTable, limit: number) {
    this.#table = table;
    this.#limit = limit;
  }

  /** What is known of a key, present or not. */
  get(key: string): KnownValue<V> | undefined {
    return this.#known.get(key);
  }

  isPresent(known: KnownValue<V>): boolean {
    return this.#table.is(known.slot, known.tag, known.word);
  }

  set(key: string, known: KnownValue<V>): void {
    const { bytes } = known;
    const before = this.#known.get(key);
    if (bytes > this.#limit) {
      if (before) this.#drop(key, before);
      return;
    }
    this.#bytes += bytes - (before?.bytes ?? 0);
    this.#known.set(key, known);
    if (this.#bytes <= this.#limit) return;
    for (const [oldest, entry] of this.#known) {
      if (this.#bytes <= this.#limit) break;
      this.#drop(oldest, entry);
    }
  }

  drop(key: string): void {
    const known = this.#known.get(key);
    if (known) this.#drop(key, known);
  }

  #drop(key: string, known: KnownValue<V>): void {
    this.#known.delete(key);
    this.#bytes -= known.bytes;
  }
}
