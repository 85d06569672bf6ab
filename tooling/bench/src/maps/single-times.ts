/** Times of single operations. The clock is read before and after each, which costs something itself: `clockCost()` says how much. */
export class SingleTimes {
  readonly #times: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
  }

  get full(): boolean {
    return this.#count === this.#times.length;
  }

  get count(): number {
    return this.#count;
  }

  /** Milliseconds of one operation. Those beyond the capacity are not kept. */
  add(ms: number): void {
    this.#times[this.#count] = ms;
    if (this.#count < this.#times.length) this.#count += 1;
  }

  /** In microseconds, after which `part` of the operations were done. */
  percentileUs(part: number): number {
    const sorted = this.#times.subarray(0, this.#count).toSorted();
    return (sorted[Math.min(this.#count - 1, Math.floor(this.#count * part))] ?? Number.NaN) * 1000;
  }

  sumMs(): number {
    let sum = 0;
    for (let i = 0; i < this.#count; i += 1) sum += this.#times[i] as number;
    return sum;
  }
}

/** What two readings of the clock with nothing between them tell: the part of each time that is the clock's own. */
export function clockCost(count: number = 100_000): { readonly p50Us: number; readonly p99Us: number } {
  const times = new SingleTimes(count);
  for (let i = 0; i < count; i += 1) {
    const begun = performance.now();
    times.add(performance.now() - begun);
  }
  return { p50Us: times.percentileUs(0.5), p99Us: times.percentileUs(0.99) };
}
