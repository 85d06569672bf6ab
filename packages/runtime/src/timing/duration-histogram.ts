/** Seconds: 10 ns times powers of ten up to 1000 s, the buckets that client-go's dashboards know. */
export const workDurationBounds: readonly number[] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
/** Seconds, for reconciles. */
export const reconcileBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

/** Counts of durations by bucket: plain values that metrics render. */
export class DurationHistogram {
  /** Upper bounds of the buckets, in seconds, rising; one more bucket takes the rest. */
  readonly bounds: readonly number[];
  /** How many fell into each bucket alone; one longer than `bounds`. */
  readonly counts: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
    this.counts = this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  observe(seconds: number): void {
    let at = 0;
    while (at < this.bounds.length && seconds > (this.bounds[at] as number)) at += 1;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += seconds;
    this.#count += 1;
  }
}
