import { setTimeout as sleep } from 'node:timers/promises';

/** Collects how long updates took from their sending, which they tell themselves, to the end of their handler. */
export class Latencies {
  readonly #wanted: number;
  readonly #idleMs: number;
  readonly #all: number[] = [];
  readonly #cpu = process.cpuUsage();
  #last = 0;
  /** Updates that came folded into a later one of the same object. */
  folded = 0;

  constructor(wanted: number, idleMs: number) {
    this.#wanted = wanted;
    this.#idleMs = idleMs;
  }

  /** A handler's work: awaits a millisecond, then takes the time. */
  async handle(object: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } }): Promise<void> {
    const sent = object.metadata?.annotations?.['bench/sent'];
    if (sent === undefined) return;
    await sleep(1);
    this.#all.push(performance.timeOrigin + performance.now() - Number(sent));
    this.#last = performance.now();
  }

  /** Resolves when all have come, or none came for a while. */
  async done(): Promise<Readonly<Record<string, number>>> {
    const begun = performance.now();
    while (this.#all.length + this.folded < this.#wanted) {
      await sleep(50);
      const quiet = performance.now() - (this.#last || begun + 10_000);
      if (quiet > this.#idleMs) break;
    }
    const { user, system } = process.cpuUsage(this.#cpu);
    const sorted = this.#all.sort((a, b) => a - b);
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? -1;
    return {
      meanMs: sorted.reduce((sum, each) => sum + each, 0) / Math.max(1, sorted.length),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
      lost: this.#wanted - sorted.length - this.folded,
      folded: this.folded,
      eventsCpuSeconds: (user + system) / 1e6,
    };
  }
}

export const wanted = Number(process.env['BENCH_EVENTS']);
export const idleMs = 5_000;
