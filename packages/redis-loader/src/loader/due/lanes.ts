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
 * as large for each failure and with nothing else in flight, so that one bad value is found and costs its neighbours little. Items whose plain key was
 * read and whose version's key is next go first: each holds what its plain key gave, and so few do at once.
 */
export class Lanes<P> {
  readonly #limits: LaneLimits;
  readonly #ordinary = new Set<Item<P>>();
  readonly #primary = new Set<Item<P>>();
  readonly #deferred = new Set<Item<P>>();
  readonly #primaryDeferred = new Set<Item<P>>();
  readonly #suspects = new Set<Item<P>>();
  #suspectWasLast = false;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#unsuspected + this.#primary.size + this.#primaryDeferred.size + this.#suspects.size;
  }

  get hasPrimary(): boolean {
    return this.#primary.size + this.#primaryDeferred.size > 0;
  }

  get #unsuspected(): number {
    return this.#ordinary.size + this.#deferred.size;
  }

  add(item: Item<P>, primary: boolean): void {
    const [ordinary, ofPrimary] =
      item.deferred === undefined ? ([this.#ordinary, this.#primary] as const) : ([this.#deferred, this.#primaryDeferred] as const);
    (item.suspicion > 0 ? this.#suspects : primary ? ofPrimary : ordinary).add(item);
  }

  remove(item: Item<P>): void {
    this.#ordinary.delete(item);
    this.#primary.delete(item);
    this.#deferred.delete(item);
    this.#primaryDeferred.delete(item);
    this.#suspects.delete(item);
  }

  /** The next batch that may start now; undefined if nothing may. `averageBytes`: what a value of unknown size is taken for. */
  next(inFlight: number, primaryReady: boolean, averageBytes: number): Batch<P> | undefined {
    if (this.#suspects.size > 0 && (!this.#suspectWasLast || this.#unsuspected === 0)) {
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
    for (const lane of [this.#deferred, this.#primaryDeferred, this.#ordinary, this.#primary]) {
      if (lane.size === 0) continue;
      // While there is no primary the others are asked again: they may have caught up.
      const primary = primaryReady && (lane === this.#primary || lane === this.#primaryDeferred);
      return { items: this.#take(lane, this.#limits.batchSize, averageBytes), primary, exclusive: false };
    }
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
