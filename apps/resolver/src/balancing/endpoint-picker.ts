import type { Clock } from '@kubecast/clock';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import { AppPool } from './app-pool.ts';
import { defaultLimits, EndpointLoads, type CallLimits, type Full } from './call-limits.ts';
import { Visit, type CallTotals } from './visit.ts';

/** Apps that are remembered; beyond that the one that was met first is forgotten. */
const REMEMBERED = 10_000;

/**
 * Chooses the endpoint of a call: of two drawn at random the one with the smaller peak-EWMA latency times calls in flight. Endpoints that failed
 * five times in a row are ejected for a while, at most half of an app's, and come back by one call that is answered.
 */
export class EndpointPicker {
  readonly limits: CallLimits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #loads = new EndpointLoads();
  readonly #pools = new Map<string, AppPool>();
  readonly #totals: CallTotals = { inFlight: 0, streams: 0, ejections: 0, restored: 0 };
  readonly #shed = { process: 0, app: 0, endpoint: 0 };

  constructor(clock: Clock, limits: Partial<CallLimits> = {}) {
    this.#clock = clock;
    this.#random = () => clock.random();
    this.limits = { ...defaultLimits, ...limits };
  }

  get totals(): Readonly<CallTotals> & { readonly ejected: number; readonly shed: Readonly<Record<Full, number>> } {
    let ejected = 0;
    for (const pool of this.#pools.values()) ejected += pool.ejected;
    return { ...this.#totals, ejected, shed: { ...this.#shed } };
  }

  /** Endpoints of which something is known. */
  get known(): number {
    return this.#loads.size;
  }

  /**
   * Takes a place at an endpoint of the app, which `Visit.end` gives back; or names what is full. `besides`: the visit before, whose endpoint is
   * taken again only where there is no other.
   */
  pick(app: string, endpoints: readonly ResolvedEndpoint[], besides?: Visit): Visit | Full {
    const pool = this.#pool(app);
    pool.take(endpoints);
    const { limits } = this;
    if (this.#totals.inFlight >= limits.process) return this.#full('process');
    if (pool.inFlight >= limits.app) return this.#full('app');
    const now = this.#clock.now();
    const member = pool.pick(now, this.#random, limits.endpoint, besides?.member);
    if (member === undefined) return this.#full('endpoint');
    return new Visit(member, pool, this.#totals, limits, this.#clock, now);
  }

  #full(cause: Full): Full {
    this.#shed[cause] += 1;
    return cause;
  }

  #pool(app: string): AppPool {
    let pool = this.#pools.get(app);
    if (pool !== undefined) return pool;
    pool = new AppPool(this.#loads);
    this.#pools.set(app, pool);
    if (this.#pools.size > REMEMBERED) this.#forgetOne();
    return pool;
  }

  /** The one that was met first and has no call in flight. There are more pools than there may be calls. */
  #forgetOne(): void {
    for (const [name, pool] of this.#pools) {
      if (pool.inFlight > 0) continue;
      this.#pools.delete(name);
      pool.close();
      return;
    }
  }
}
