import type { Clock } from '@kubecast/clock';
import type { Fault } from '../../faults/fault.ts';
import { expired, StatusError } from '../../status/status-error.ts';

/** What happens to a line instead of being sent. */
export type Fate =
  | { readonly type: 'cut'; readonly half: boolean }
  | { readonly type: 'error'; readonly status: Record<string, unknown> }
  | { readonly type: 'swallowed' };

/** The faults of one watch that apply after a number of lines. */
export class WatchFaults {
  readonly #faults: readonly Fault[];
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onOver: (() => void)[] = [];
  #lines = 0;
  #silent = false;
  #over = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(faults: readonly Fault[], clock: Clock, signal: AbortSignal) {
    this.#faults = faults;
    this.#clock = clock;
    this.#signal = signal;
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** The watch is to end here. */
  get over(): boolean {
    return this.#over;
  }

  onOver(end: () => void): void {
    this.#onOver.push(end);
  }

  /** What strikes now, at the start and after each line. */
  settle(): Fate | undefined {
    if (this.#silent || this.#over) return undefined;
    for (const fault of this.#faults) {
      const after = 'afterEvents' in fault ? (fault.afterEvents ?? 0) : 0;
      if (this.#lines < after) continue;
      if (fault.type === 'stall') this.#silent = true;
      else if (fault.type === 'end-watch' || fault.type === 'drop' || fault.type === 'watch-error') {
        this.#finish();
        if (fault.type === 'drop') return { type: 'cut', half: false };
        if (fault.type === 'watch-error') return { type: 'error', status: watchError(fault.code) };
      }
    }
    return undefined;
  }

  /** Called before each event and bookmark; undefined: it is sent. */
  next(): Fate | undefined {
    if (this.#silent || this.#over) return { type: 'swallowed' };
    const truncate = this.#faults.find((fault) => fault.type === 'truncate');
    if (truncate?.type === 'truncate' && this.#lines >= (truncate.afterEvents ?? 0)) {
      this.#finish();
      return { type: 'cut', half: true };
    }
    this.#lines++;
    return undefined;
  }

  #finish(): void {
    this.#over = true;
    for (const end of this.#onOver) end();
  }

  /** False: this bookmark is swallowed. */
  bookmark(initialEventsEnd: boolean): boolean {
    for (const fault of this.#faults) {
      if (fault.type !== 'missing-bookmark') continue;
      const which = fault.which ?? 'all';
      if (which === 'all' || (which === 'initial-events-end') === initialEventsEnd) return false;
    }
    return true;
  }

  /** Waits before what is sent now, behind what is waiting already. */
  lag(): Promise<void> | undefined {
    const fault = this.#faults.find((one) => one.type === 'lag' && one.ms !== undefined);
    if (fault?.type !== 'lag' || fault.ms === undefined) return undefined;
    // Both are listened to from now on: when the client goes, each wait that is under way rejects.
    this.#tail = Promise.all([this.#tail, this.#clock.sleep(fault.ms, this.#signal)]).then(() => undefined);
    return this.#tail;
  }
}

function watchError(code: 410 | 500): Record<string, unknown> {
  const error =
    code === 410
      ? expired('too old resource version: 1 (2)')
      : new StatusError(500, 'InternalError', 'Internal error occurred: refused by a fault', {});
  return error.toStatus();
}
