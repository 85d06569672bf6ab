import { Tracking, type TrackingOptions, type TrackingStatus } from '../../connection/tracking.ts';
import { plainKeyOf } from '../../values/version-keys.ts';
import type { DueTimer } from '../due/due-timer.ts';
import type { Clock } from '@kubecast/clock';

/** Apps that come one after the other are watched by one connection, not by one each. */
const GATHER_MS = 250;

export interface WriteHintsOptions extends Omit<TrackingOptions, 'onKeys'> {
  readonly clock: Clock;
  readonly timer: DueTimer;
  /** What the client puts before every key. */
  readonly prefix: string;
  /** Plain keys that may hold something new; undefined: all may. */
  readonly onWritten: (keys: ReadonlySet<string> | undefined) => void;
}

/** What Redis tells of writes, as a reason to look again: gathered for a turn, in plain keys. */
export class WriteHints {
  readonly #options: WriteHintsOptions;
  readonly #tracking: Tracking;
  #wanted = new Set<string>();
  #written = new Set<string>();
  #all = false;
  #scheduled = false;
  #hints = 0;

  constructor(options: WriteHintsOptions) {
    this.#options = options;
    this.#tracking = new Tracking({ ...options, onKeys: (keys) => this.#heard(keys) });
  }

  get status(): TrackingStatus {
    return this.#tracking.status;
  }

  /** Writes that were told. */
  get hints(): number {
    return this.#hints;
  }

  /** Values under keys with this prefix cannot prove their version. */
  watch(prefix: string): void {
    const { clock, timer } = this.#options;
    const full = this.#options.prefix + prefix;
    if (this.#wanted.has(full) || this.#tracking.covers(full)) return;
    this.#wanted.add(full);
    if (this.#wanted.size > 1) return;
    timer.at(clock.now() + GATHER_MS, () => {
      const wanted = this.#wanted;
      this.#wanted = new Set();
      this.#tracking.watch(wanted);
    });
  }

  /** Redis is back: what it refused before it may grant now. */
  again(): void {
    if (this.#tracking.status.state === 'off') this.#tracking.again();
  }

  close(): void {
    this.#tracking.close();
  }

  #heard(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.#all = true;
    for (const key of keys ?? []) {
      this.#hints += 1;
      const own = key.slice(this.#options.prefix.length);
      this.#written.add(own).add(plainKeyOf(own));
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const written = this.#written;
      const all = this.#all;
      this.#written = new Set();
      this.#all = false;
      this.#options.onWritten(all ? undefined : written);
    });
  }
}
