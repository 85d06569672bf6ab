import type { Clock } from '@kubecast/clock';
import type { ReflectorLimits } from '../contract/limits.ts';

/** So many watches in a row may end without bringing anything before a list is asked for. */
const FRUITLESS = 4;
/** Watches that live for this long are cut by something on the way to an idle server, rather than refused. */
const SHORT_MS = 10_000;

/**
 * When to list again although the watch has not been told to: for objects that were skipped, since bytes that cannot be read may have been broken
 * on their way; for watches that end again and again without bringing anything; and periodically, where the limits say so. Lists that do not
 * help are spaced out, each twice as far as the one before.
 */
export class RelistSchedule {
  readonly #clock: Clock;
  readonly #limits: ReflectorLimits;
  #skippedAt = Infinity;
  #skippedWait = 0;
  #holes = false;
  #lastListAt = -Infinity;
  #fruitless = 0;
  #fruitlessWait = 0;
  #lastLived = 0;

  constructor(clock: Clock, limits: ReflectorLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether the view lacks objects; true until a list without a gap is complete, also while one is under way. */
  get holes(): boolean {
    return this.#holes;
  }

  /** An object was skipped. */
  skipped(): void {
    this.#holes = true;
    if (this.#skippedAt !== Infinity) return;
    const { repairMs, repairMaxMs } = this.#limits;
    this.#skippedWait = Math.min(repairMaxMs, this.#skippedWait === 0 ? repairMs : this.#skippedWait * 2);
    this.#skippedAt = this.#clock.now() + this.#skippedWait * (1 + 0.2 * this.#clock.random());
  }

  /** Objects are known to be missing: at once. */
  now(): void {
    this.#holes = true;
    this.#skippedAt = this.#clock.now();
  }

  /** A list begins. */
  listing(): void {
    this.#skippedAt = Infinity;
  }

  /** A list is complete. */
  listed(whole: boolean): void {
    this.#lastListAt = this.#clock.now();
    this.#fruitless = 0;
    if (!whole) return;
    this.#skippedAt = Infinity;
    this.#skippedWait = 0;
    this.#holes = false;
  }

  /** A watch moved the version, or lived its time: what it did not tell did not happen. */
  fruitful(): void {
    this.#fruitless = 0;
    this.#fruitlessWait = 0;
  }

  /** The server says that it stands at the very version of the last watch. That excuses a watch which something on the way cut for its silence. */
  upToDate(): void {
    if (this.#lastLived >= SHORT_MS) this.#fruitless = 0;
  }

  /** The server does not understand a watch from this version: a list at once, which tells another one; after that, as for fruitless watches. */
  refused(): boolean {
    if (this.#fruitlessWait > 0) return this.fruitless(0);
    this.#fruitlessWait = SHORT_MS;
    return true;
  }

  /**
   * A watch ended without moving the version, although the server was there. True: a list is due. A server whose watches from a version end
   * without a 410 (kubernetes/kubernetes#104171, #137089) would be resumed from there for ever.
   */
  fruitless(livedMs: number): boolean {
    this.#fruitless += 1;
    this.#lastLived = livedMs;
    const { fruitlessMaxMs, repairMaxMs } = this.#limits;
    const most = livedMs < SHORT_MS ? fruitlessMaxMs : repairMaxMs;
    if (this.#fruitless < FRUITLESS || this.#clock.now() - this.#lastListAt < Math.min(most, this.#fruitlessWait)) return false;
    this.#fruitless = 0;
    this.#fruitlessWait = Math.min(most, Math.max(SHORT_MS, this.#fruitlessWait * 2));
    return true;
  }

  /** Why a list is due amid a watch; undefined: none is. */
  due(): string | undefined {
    const now = this.#clock.now();
    if (now >= this.#periodic) return 'time for the periodic list';
    if (now >= this.#skippedAt) return 'objects were skipped; listing again to get them';
    return undefined;
  }

  /** Milliseconds until a list may be due amid a watch. */
  get wait(): number {
    return Math.min(this.#periodic, this.#skippedAt) - this.#clock.now();
  }

  get #periodic(): number {
    return this.#limits.relistMs > 0 ? this.#lastListAt + this.#limits.relistMs : Infinity;
  }
}
