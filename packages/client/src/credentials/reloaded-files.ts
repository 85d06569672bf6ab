import type { Clock } from '@kubecast/clock';
import type { ReloadCounters } from '../connection/connection.ts';

export interface ReloadedFilesOptions<T> {
  /** Reads the files whole. Throws an Error without a secret where they cannot be used. */
  readonly read: () => Promise<T>;
  readonly same: (a: T, b: T) => boolean;
  /** How long what was read is used without looking again, milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  /** What was read already. */
  readonly first?: T;
  /** Told once of each problem. */
  readonly onProblem?: (text: string) => void;
}

/**
 * What stands in files that others replace. Looked at again when it is asked for and older than `maxAgeMs`; one look serves all who wait. Files that
 * cannot be used, as while somebody writes them, leave the last good content in use: that is counted and is `problem` until they can be used again.
 */
export class ReloadedFiles<T> {
  readonly #options: ReloadedFilesOptions<T>;
  #value: T | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<T> | undefined;
  #reloads = 0;
  #notReloaded = 0;
  #problem: Error | undefined;

  constructor(options: ReloadedFilesOptions<T>) {
    this.#options = options;
    this.#value = options.first;
    if (options.first !== undefined) this.#lookedAt = options.clock.now();
  }

  get counters(): ReloadCounters {
    return { reloads: this.#reloads, notReloaded: this.#notReloaded };
  }

  get problem(): Error | undefined {
    return this.#problem;
  }

  /** `fresh`: looks now. Rejects only where there was never any good content. */
  get(fresh: boolean): Promise<T> {
    const value = this.#value;
    if (value !== undefined && !fresh && this.#options.clock.now() - this.#lookedAt < this.#options.maxAgeMs) return Promise.resolve(value);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<T> {
    const { clock, read, same, onProblem } = this.#options;
    const at = clock.now();
    const old = this.#value;
    try {
      const value = await read();
      this.#problem = undefined;
      this.#lookedAt = at;
      if (old !== undefined && same(old, value)) return old;
      if (old !== undefined) this.#reloads++;
      this.#value = value;
      return value;
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      const known = this.#problem?.message === problem.message;
      this.#problem = problem;
      if (old === undefined) throw problem;
      this.#lookedAt = at;
      this.#notReloaded++;
      if (!known) onProblem?.(problem.message);
      return old;
    }
  }
}
