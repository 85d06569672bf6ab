import type { Clock } from '@kubecast/clock';
import type { ReflectorLimits } from '../contract/limits.ts';

/**
 * When to list again for objects that were skipped. Bytes that cannot be read may have been broken on the way: a list some time later brings
 * the object, or is put off twice as long.
 */
export class RepairPlan {
  readonly #clock: Clock;
  readonly #limits: Pick<ReflectorLimits, 'repairMs' | 'repairMaxMs'>;
  #wait = 0;
  /** Infinity: none were skipped, or the list is under way. */
  at: number = Infinity;
  /** The view lacks objects; so until a list without a gap is complete, also while one is under way. */
  holes: boolean = false;

  constructor(clock: Clock, limits: Pick<ReflectorLimits, 'repairMs' | 'repairMaxMs'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** An object was skipped. */
  skipped(): void {
    this.holes = true;
    if (this.at !== Infinity) return;
    this.#wait = Math.min(this.#limits.repairMaxMs, this.#wait === 0 ? this.#limits.repairMs : this.#wait * 2);
    this.at = this.#clock.now() + this.#wait * (1 + 0.2 * this.#clock.random());
  }

  /** Objects are known to be missing: at once. */
  now(): void {
    this.holes = true;
    this.at = this.#clock.now();
  }

  /** A list begins. */
  listing(): void {
    this.at = Infinity;
  }

  /** A list without a gap is complete. */
  whole(): void {
    this.at = Infinity;
    this.#wait = 0;
    this.holes = false;
  }
}
