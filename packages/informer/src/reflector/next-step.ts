import { Backoff } from '@kubecast/clock';
import type { Clock } from '@kubecast/clock';
import type { ReflectorState } from '../contract/informer.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import type { Fault, FaultKind } from '../server/fault.ts';

/** What a fault met. */
export interface Situation {
  /** Whether it stopped a list; else a watch, or the proof before one. */
  readonly listing: boolean;
  /** The version that is held; `''`: none. */
  readonly version: string;
  /** How long faults of this kind have come in a row. */
  readonly lastedMs: number;
  /** The watch brought nothing, as those before it, and a list is due. */
  readonly relistDue: boolean;
  /** For `too-large`: a consistent read shows that the server did reach the version. One of its replicas lags. */
  readonly reached: boolean;
}

/** How long to wait before the next step. `asked`: what the server asked for. `back-off`: longer with each fault of the kind, with full jitter. */
export type Wait =
  | { readonly kind: 'none' }
  | { readonly kind: 'asked'; readonly atLeastMs: number }
  | { readonly kind: 'back-off'; readonly maxMs: number };

export interface NextStep {
  /** Undefined: unchanged. */
  readonly state: ReflectorState | undefined;
  readonly reason: string;
  /** `again`: what was tried. `go-back`: a list that begins a new epoch. `end`: nothing more, until the owner stops it. */
  readonly next: 'again' | 'list-held' | 'list-latest' | 'go-back' | 'end';
  /** The server must show that it still knows the version before the next watch. */
  readonly doubt: boolean;
  readonly wait: Wait;
}

/** Faults after which a watch that brought nothing counts as fruitless: the server was there, and the watch told of nothing. */
const FRUITLESS: ReadonlySet<FaultKind> = new Set(['connection', 'protocol', 'forbidden', 'gone', 'invalid', 'idle']);

/** Whether a watch that ends so counts among those that ended without bringing anything. The other faults have a rule of their own. */
export function countsAsFruitless(kind: FaultKind): boolean {
  return FRUITLESS.has(kind);
}

/** What follows a fault. A pure function: the whole table stands here, and in its test. */
export function nextStep(fault: Fault, at: Situation, limits: ReflectorLimits): NextStep {
  const { kind, message } = fault;
  const backOff: Wait = { kind: 'back-off', maxMs: Infinity };
  const again = at.relistDue ? 'list-latest' : 'again';
  switch (kind) {
    case 'relist':
      return { state: undefined, reason: message, next: 'list-held', doubt: false, wait: { kind: 'none' } };
    case 'regressed':
      return { state: 'Regressed', reason: message, next: 'go-back', doubt: false, wait: backOff };
    case 'too-large':
      if (at.lastedMs >= limits.regressedAfterMs && at.reached) {
        const reason = `a replica of the server has not reached ${at.version} for ${Math.round(at.lastedMs / 1000)} s: ${message}`;
        return { state: 'Stale', reason, next: 'list-latest', doubt: true, wait: { kind: 'asked', atLeastMs: 1000 } };
      }
      if (at.lastedMs >= limits.regressedAfterMs) {
        const reason = `for ${Math.round(at.lastedMs / 1000)} s the server has not known ${at.version}: ${message}`;
        return { state: 'Regressed', reason, next: 'go-back', doubt: false, wait: { kind: 'none' } };
      }
      return {
        state: 'Stale',
        reason: `the server does not know ${at.version} yet: ${message}`,
        next: 'again',
        doubt: true,
        wait: { kind: 'asked', atLeastMs: 1000 },
      };
    case 'expired':
      // First not older than what is held; where that is expired too, the newest.
      return {
        state: 'BackingOff',
        reason: `the version is too old: ${message}`,
        next: at.listing || at.version === '' ? 'list-latest' : 'list-held',
        doubt: false,
        wait: backOff,
      };
    case 'rate-limited': {
      const next = !at.listing && at.lastedMs >= limits.rateLimitedMs ? 'list-held' : 'again';
      return { state: 'BackingOff', reason: `too many requests: ${message}`, next, doubt: false, wait: backOff };
    }
    case 'forbidden':
      return { state: 'Forbidden', reason: message, next: again, doubt: false, wait: backOff };
    case 'gone':
      // A 404 is cheap for the server, and somebody who just installed the CRD is waiting.
      return { state: 'Gone', reason: message, next: again, doubt: false, wait: { kind: 'back-off', maxMs: limits.goneMaxMs } };
    case 'idle':
      // The silence was the wait: the first try follows at once, and only its failure backs off.
      return { state: 'Stale', reason: message, next: again, doubt: true, wait: { kind: 'none' } };
    case 'server': {
      const next = !at.listing && at.lastedMs >= limits.serverErrorsMs ? 'list-held' : 'again';
      return { state: 'BackingOff', reason: message, next, doubt: false, wait: backOff };
    }
    case 'connection':
      return { state: 'BackingOff', reason: message, next: again, doubt: true, wait: { kind: 'back-off', maxMs: limits.unreachableMaxMs } };
    case 'protocol':
      return { state: 'BackingOff', reason: message, next: again, doubt: true, wait: backOff };
    case 'credentials':
      return { state: 'BackingOff', reason: `credentials: ${message}`, next: 'again', doubt: true, wait: backOff };
    case 'wrong-kind':
      return { state: 'Stale', reason: message, next: at.listing ? 'again' : 'list-held', doubt: false, wait: backOff };
    case 'invalid':
      return { state: 'Stale', reason: message, next: again, doubt: false, wait: backOff };
    case 'config':
      return { state: 'Failed', reason: `the client's configuration: ${message}`, next: 'again', doubt: true, wait: backOff };
    case 'request':
      return { state: 'Failed', reason: `the request cannot be sent: ${message}`, next: 'again', doubt: true, wait: backOff };
    case 'program':
      return { state: 'Failed', reason: `an error of the program: ${message}`, next: 'again', doubt: true, wait: backOff };
    case 'closed':
      return {
        state: 'Failed',
        reason: `the client was closed under the informer; make a new client and a new informer: ${message}`,
        next: 'end',
        doubt: false,
        wait: { kind: 'none' },
      };
    default:
      return kind satisfies never;
  }
}

/** Since when faults of a kind have come in a row. */
export class FaultRuns {
  readonly #since = new Map<FaultKind, number>();

  /** Gives how long the run of this kind has lasted by now, in milliseconds. */
  noted(kind: FaultKind, now: number): number {
    for (const other of this.#since.keys()) {
      // A server that is restored refuses connections and asks for patience between telling that it does not know a version.
      const goesOn = other === 'too-large' && (kind === 'rate-limited' || kind === 'connection');
      if (other !== kind && !goesOn) this.#since.delete(other);
    }
    const since = this.#since.get(kind) ?? now;
    this.#since.set(kind, since);
    return now - since;
  }

  /** The server showed that a run is over; without a kind, that all are. */
  over(kind?: FaultKind): void {
    if (kind === undefined) this.#since.clear();
    else this.#since.delete(kind);
  }
}

/** How long to wait after a fault, in milliseconds. */
export class RetryDelays {
  readonly #clock: Clock;
  readonly #limits: ReflectorLimits;
  /** Each kind of failure backs off by itself: a server that is back after many refusals, and asks for a second, or a list, is not kept waiting. */
  readonly #backoffs = new Map<FaultKind, Backoff>();

  constructor(clock: Clock, limits: ReflectorLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  of({ kind, retryAfterMs }: Fault, wait: Wait): number {
    if (wait.kind === 'none') return 0;
    // A little over a Retry-After, never under it: a fleet that was told the same second should not come back in it.
    const spread = 1 + 0.2 * this.#clock.random();
    if (wait.kind === 'asked') return Math.max(wait.atLeastMs, retryAfterMs) * spread;
    const asked = retryAfterMs * spread;
    const ms = this.#of(kind).next(asked);
    // Above the cap draw again below it: clamping would make every client retry at exactly the cap.
    return ms > Math.max(asked, wait.maxMs) ? Math.max(asked, wait.maxMs * (1 - this.#clock.random())) : ms;
  }

  #of(kind: FaultKind): Backoff {
    const known = this.#backoffs.get(kind);
    if (known !== undefined) return known;
    const { backoffBaseMs: baseMs, backoffMaxMs: maxMs, backoffResetMs: resetAfterMs } = this.#limits;
    const made = new Backoff(this.#clock, { baseMs, maxMs, resetAfterMs });
    this.#backoffs.set(kind, made);
    return made;
  }
}
