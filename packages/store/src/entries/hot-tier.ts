const WINDOW = 65_536;
/** What a parsed object costs on the heap, as a multiple of its JSON, roughly. */
const HEAP_FACTOR = 4;

interface HotItem<T> {
  readonly value: T;
  readonly bytes: number;
  used: boolean;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

/**
 * The parsed, frozen objects that are read often. A slot that misses twice within a window of 65,536 misses is promoted; past the budget, those
 * not read since the last round leave. The budget counts four times the JSON, which is what a parsed object costs.
 */
export class HotTier<T> {
  readonly #budget: number;
  readonly #items = new Map<number, HotItem<T>>();
  /** Per slot: the epoch of its last miss in the upper half, the misses in it in the lower. */
  #counts = new Uint8Array(64);
  #epoch = 1;
  #untilNext = WINDOW;
  bytes = 0;
  requests = 0;
  hits = 0;
  promotions = 0;
  evictions = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The value, if it is hot; counted as a request. */
  get(slot: number): T | undefined {
    this.requests += 1;
    const item = this.#items.get(slot);
    if (!item) return undefined;
    this.hits += 1;
    item.used = true;
    return item.value;
  }

  /** Counts a miss, and keeps the value, which is frozen, if it is the second. */
  missed(slot: number, value: T, jsonBytes: number): void {
    this.#untilNext -= 1;
    if (this.#untilNext === 0) {
      this.#untilNext = WINDOW;
      this.#epoch = (this.#epoch + 1) & 15;
    }
    if (slot >= this.#counts.length) {
      const larger = new Uint8Array(Math.max(slot + 1, this.#counts.length + (this.#counts.length >> 1)));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    const count = this.#counts[slot] as number;
    const bytes = jsonBytes * HEAP_FACTOR;
    if (count >> 4 !== this.#epoch || bytes > this.#budget >> 3) {
      this.#counts[slot] = (this.#epoch << 4) | 1;
      return;
    }
    this.#items.set(slot, { value, bytes, used: true });
    this.bytes += bytes;
    this.promotions += 1;
    while (this.bytes > this.#budget) this.#evict();
  }

  /** The slot holds another record now, or none. */
  drop(slot: number): void {
    const item = this.#items.get(slot);
    if (!item) return;
    this.#items.delete(slot);
    this.bytes -= item.bytes;
  }

  #evict(): void {
    for (const [slot, item] of this.#items) {
      this.#items.delete(slot);
      if (item.used) {
        item.used = false;
        this.#items.set(slot, item);
        continue;
      }
      this.bytes -= item.bytes;
      this.evictions += 1;
      return;
    }
  }
}
