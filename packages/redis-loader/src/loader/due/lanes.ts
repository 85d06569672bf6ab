import type { Item } from '../loader-item.ts';

/** Which items are asked for together, and of whom. */
export interface Batch<P> {
  readonly items: readonly Item<P>[];
  readonly primary: boolean;
  /** Asked for alone: one of the items may be the reason why an earlier batch failed. */
  readonly exclusive: boolean;
}

export interface LaneLimits {
  readonly batchSize: number;
  readonly bytesPerBatch: number;
}

/**
 * The items that wait to be read. Three lanes: ordinary ones, those for the primary, and suspects. A suspect goes in a batch a quarter
 * as large for each failure and with nothing else in flight, so that one bad value is found and costs its neighbours little.
 */
export class Lanes<P> {
  readonly #limits: LaneLimits;
  readonly #ordinary = new Set<Item<P>>();
  readonly #primary = new Set<Item<P>>();
  readonly #suspects = new Set<Item<P>>();
  #suspectWasLast = false;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#ordinary.size + this.#primary.size + this.#suspects.size;
  }

  get hasPrimary(): boolean {
    return this.#primary.size > 0;
  }

  add(item: Item<P>, primary: boolean): void {
    (item.suspicion > 0 ? this.#suspects : primary ? this.#primary : this.#ordinary).add(item);
  }

  remove(item: Item<P>): void {
    this.#ordinary.delete(item);
    this.#primary.delete(item);
    this.#suspects.delete(item);
  }

  /** The next batch that may start now; undefined if nothing may. `averageBytes`: what a value of unknown size is taken for. */
  next(inFlight: number, primaryReady: boolean, averageBytes: number): Batch<P> | undefined {
    if (this.#suspects.size > 0 && (!this.#suspectWasLast || this.#ordinary.size === 0)) {
      if (inFlight > 0) return undefined; // It drains first: the suspect's turn would never come under a steady load.
      this.#suspectWasLast = true;
      const [first] = this.#suspects as Set<Item<P>> & Iterable<Item<P>>;
      return {
        items: this.#take(this.#suspects, quarter(this.#limits.batchSize, (first as Item<P>).suspicion), averageBytes),
        primary: false,
        exclusive: true,
      };
    }
    this.#suspectWasLast = false;
    if (this.#ordinary.size > 0)
      return { items: this.#take(this.#ordinary, this.#limits.batchSize, averageBytes), primary: false, exclusive: false };
    // While there is no primary the others are asked again: they may have caught up.
    if (this.#primary.size > 0)
      return { items: this.#take(this.#primary, this.#limits.batchSize, averageBytes), primary: primaryReady, exclusive: false };
    return undefined;
  }

  #take(lane: Set<Item<P>>, count: number, averageBytes: number): readonly Item<P>[] {
    const items: Item<P>[] = [];
    let limit = count;
    let bytes = 0;
    for (const item of lane) {
      limit = Math.min(limit, quarter(this.#limits.batchSize, item.suspicion));
      if (items.length >= limit) break;
      bytes += item.held?.bytes ?? averageBytes;
      if (items.length > 0 && bytes > this.#limits.bytesPerBatch) break;
      items.push(item);
    }
    for (const item of items) lane.delete(item);
    return items;
  }
}

const quarter = (size: number, times: number): number => Math.max(1, Math.floor(size / 4 ** times));
