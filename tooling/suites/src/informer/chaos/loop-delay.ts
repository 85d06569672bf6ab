import { closeSync, openSync, readSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';

const EVERY_MS = 1;

/**
 * How long the event loop kept a timer waiting, in milliseconds. What other programs of the machine took from this thread meanwhile is left out (Linux tells
 * it in /proc/self/schedstat; elsewhere it counts), so that the figure is this program's.
 */
export class LoopDelay {
  readonly #histogram = createHistogram();
  readonly #schedule = openSchedule();
  readonly #buffer = Buffer.alloc(128);
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    let last = performance.now();
    let starved = this.#starvedMs();
    const sample = (): void => {
      const now = performance.now();
      const nowStarved = this.#starvedMs();
      const late = now - last - EVERY_MS - (nowStarved - starved);
      this.#histogram.record(Math.max(1, Math.round(late * 1_000)));
      last = now;
      starved = nowStarved;
      this.#timer = setTimeout(sample, EVERY_MS);
    };
    this.stop();
    this.#timer = setTimeout(sample, EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.stop();
    if (this.#schedule !== undefined) closeSync(this.#schedule);
  }

  read(): { readonly p99: number; readonly max: number } {
    const round = (us: number): number => Math.round(us / 100) / 10;
    return { p99: round(this.#histogram.percentile(99)), max: round(this.#histogram.max) };
  }

  /** Milliseconds for which the main thread was ready and had no processor. */
  #starvedMs(): number {
    if (this.#schedule === undefined) return 0;
    const length = readSync(this.#schedule, this.#buffer, 0, this.#buffer.length, 0);
    return Number(this.#buffer.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }
}

function openSchedule(): number | undefined {
  try {
    return openSync('/proc/self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
