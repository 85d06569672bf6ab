import type { HotCounters } from '../contract/store-counters.ts';
import type { HotOptions } from './hot-options.ts';

const BYTES = 32 * 1024 * 1024;
const READS = 2;
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
 * The parsed, frozen objects that are read often. A slot that misses `hotReads` times within one window of `hotWindow` misses is promoted; past the budget,
 * those not read since the last round leave. The budget counts four times the JSON, which is what a parsed object costs.
 */
export class HotTier<T> {
  readonly #budget: number;
  readonly #reads: number;
  readonly #window: number;
  readonly #items = new Map<number, HotItem<T>>();
  /** Per slot: the window of its last miss in the upper half, 1 to 15, and the misses in it in the lower. */
  #counts = new Uint8Array(64);
  #current = 1;
  #untilNext: number;
  #bytes = 0;
  #requests = 0;
  #hits = 0;
  #promotions = 0;
  #evictions = 0;

  constructor(options: HotOptions = {}) {
    this.#budget = options.hotBytes ?? BYTES;
    this.#reads = options.hotReads ?? READS;
    this.#window = options.hotWindow ?? WINDOW;
    this.#untilNext = this.#window;
  }

  get counters(): HotCounters {
    return {
      cacheRequests: this.#requests,
      cacheHits: this.#hits,
      packedReads: this.#requests - this.#hits,
      hotObjects: this.#items.size,
      hotBytes: this.#bytes,
      promotions: this.#promotions,
      evictions: this.#evictions,
    };
  }

  /** The value, if it is hot; counted as a request. */
  get(slot: number): T | undefined {
    this.#requests += 1;
    const item = this.#items.get(slot);
    if (!item) return undefined;
    this.#hits += 1;
    item.used = true;
    return item.value;
  }

  /** Counts a miss, and keeps the value, which is frozen, if the slot missed often enough within this window. */
  missed(slot: number, value: T, jsonBytes: number): void {
    if (this.#untilNext === 0) this.#nextWindow();
    this.#untilNext -= 1;
    const bytes = jsonBytes * HEAP_FACTOR;
    if (this.#missesOf(slot) < this.#reads || bytes > this.#budget / 8) return;
    this.#items.set(slot, { value, bytes, used: true });
    this.#bytes += bytes;
    this.#promotions += 1;
    while (this.#bytes > this.#budget) this.#evict();
  }

  /** The slot holds another record now, or none. */
  drop(slot: number): void {
    const item = this.#items.get(slot);
    if (!item) return;
    this.#items.delete(slot);
    this.#bytes -= item.bytes;
  }

  /** The misses of a slot within this window, this one included; counted up to 15. */
  #missesOf(slot: number): number {
    if (slot >= this.#counts.length) {
      const larger = new Uint8Array(Math.max(slot + 1, this.#counts.length + (this.#counts.length >> 1)));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    const count = this.#counts[slot] as number;
    const misses = count >> 4 === this.#current ? Math.min((count & 15) + 1, 15) : 1;
    this.#counts[slot] = (this.#current << 4) | misses;
    return misses;
  }

  /** Windows are told apart by four bits: where they begin anew, what was counted in the windows before is forgotten, or it would count in a later one. */
  #nextWindow(): void {
    this.#untilNext = this.#window;
    this.#current += 1;
    if (this.#current <= 15) return;
    this.#current = 1;
    this.#counts.fill(0);
  }

  #evict(): void {
    for (const [slot, item] of this.#items) {
      this.#items.delete(slot);
      if (item.used) {
        item.used = false;
        this.#items.set(slot, item);
        continue;
      }
      this.#bytes -= item.bytes;
      this.#evictions += 1;
      return;
    }
  }
}
