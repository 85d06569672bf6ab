import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Clock } from '@kubecast/clock';
import type { AppPool } from './app-pool.ts';
import type { CallLimits } from './call-limits.ts';
import type { EndpointHealth } from './endpoint-health.ts';

/** What the process counts of its calls; gauges but for what ends in a past tense. */
export interface CallTotals {
  inFlight: number;
  streams: number;
  ejections: number;
  restored: number;
}

/** Answers that say that the endpoint cannot serve. */
const cannotServe = (status: number): boolean => status >= 502 && status <= 504;

/**
 * One call's stay at one endpoint. It holds a place among the calls in flight of the process, the app and the endpoint from `begin` to `end`, which is
 * called once whatever happened; an answer that lasts gives those places back by `stream` and holds one among the streams instead.
 */
export class Visit {
  readonly member: EndpointHealth;
  readonly #app: AppPool;
  readonly #totals: CallTotals;
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #begun: number;
  #sentAt = -1;
  #phase: 'sending' | 'waiting' | 'answering' | 'streaming' | 'ended' = 'sending';

  constructor(member: EndpointHealth, app: AppPool, totals: CallTotals, limits: CallLimits, clock: Clock, now: number) {
    this.member = member;
    this.#app = app;
    this.#totals = totals;
    this.#limits = limits;
    this.#clock = clock;
    this.#begun = now;
    this.#count(1);
    member.begin(now);
  }

  get endpoint(): ResolvedEndpoint {
    return this.member.endpoint;
  }

  /** The request is sent whole: from here on the endpoint is waited for. */
  sent(): void {
    if (this.#phase !== 'sending') return;
    this.#phase = 'waiting';
    this.#sentAt = this.#clock.now();
    this.member.wait(this.#sentAt);
  }

  /** The head of an answer came. */
  answered(status: number): void {
    if (this.#phase !== 'sending' && this.#phase !== 'waiting') return;
    const now = this.#clock.now();
    this.#leaveWaiting();
    this.#phase = 'answering';
    if (cannotServe(status)) {
      if (this.member.refused(this.#begun, now)) this.#eject(now);
      return;
    }
    // An answer before the end of the request tells nothing of how fast the endpoint is.
    if (!this.member.answered(this.#begun, now, this.#sentAt < 0 ? undefined : now - this.#sentAt)) return;
    this.#app.restored(this.member);
    this.#totals.restored += 1;
  }

  /** The endpoint failed; `waitedMs`: it did nothing for so long. */
  failed(waitedMs?: number): void {
    if (this.#phase !== 'sending' && this.#phase !== 'waiting') return;
    const now = this.#clock.now();
    this.#leaveWaiting();
    if (this.member.failed(this.#begun, now, waitedMs)) this.#eject(now);
    this.end();
  }

  /** The answer lasts: it counts among the streams from here on, if there is room among them. */
  stream(): void {
    if (this.#phase !== 'answering' || this.#totals.streams >= this.#limits.streams) return;
    this.#count(-1);
    this.member.end();
    this.#totals.streams += 1;
    this.#phase = 'streaming';
  }

  /** It is over; before an answer that is the client's doing. */
  end(): void {
    const phase = this.#phase;
    if (phase === 'ended') return;
    if (phase === 'waiting') {
      const now = this.#clock.now();
      this.member.abandoned(now, now - this.#sentAt);
    } else if (phase === 'sending') this.member.abandoned(this.#begun);
    this.#leaveWaiting();
    this.#phase = 'ended';
    if (phase === 'streaming') this.#totals.streams -= 1;
    else {
      this.#count(-1);
      this.member.end();
    }
  }

  #leaveWaiting(): void {
    if (this.#phase !== 'waiting') return;
    this.member.waited();
    this.#phase = 'answering';
  }

  #eject(now: number): void {
    if (this.#app.eject(this.member, now)) this.#totals.ejections += 1;
  }

  #count(by: 1 | -1): void {
    this.#totals.inFlight += by;
    this.#app.inFlight += by;
    this.member.load.inFlight += by;
  }
}
