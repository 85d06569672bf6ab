import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { EndpointLoad } from './call-limits.ts';

/** How fast what was seen of the latency is forgotten: after this long an observation weighs a third. */
const FORGET_MS = 10_000;
/** Latencies below this are alike, so that calls in flight decide. */
const LEAST_MS = 0.1;
/** An endpoint that failed is passed over for this long wherever another one is there. */
const AVOID_MS = 5_000;
/** Failures in a row, without an answer between them, after which an endpoint is ejected. */
const IN_A_ROW = 5;
/** The first ejection; each one that follows without an answer in between takes twice as long, up to the longest. */
const EJECT_MS = 5_000;
const LONGEST_EJECT_MS = 60_000;
/** Above any product of a latency in milliseconds and calls in flight. */
const AVOIDED = 1e12;

/**
 * What one app's calls have shown of one of its endpoints. The cost of a call to it is the peak-EWMA of its latency (a rise counts at once, a
 * fall over ten seconds) times the calls in flight. An endpoint that is silent while calls wait for it has at least the latency of its
 * silence: one that hangs is passed over before its first call timed out.
 */
export class EndpointHealth {
  readonly endpoint: ResolvedEndpoint;
  readonly load: EndpointLoad;
  /** The app's calls that wait for the head of an answer, and those whose answer is under way. */
  inFlight = 0;
  #waiting = 0;
  #silentSince = 0;
  /** -1: no answer was seen yet. */
  #latencyMs = -1;
  #seenAt = 0;
  #failures = 0;
  #avoidUntil = -Infinity;
  #ejections = 0;
  #ejectedAt = -Infinity;
  #ejectedUntil = -Infinity;
  ejected = false;
  #probing = false;

  constructor(endpoint: ResolvedEndpoint, load: EndpointLoad) {
    this.endpoint = endpoint;
    this.load = load;
  }

  /** The same endpoint, as a newer picture of the cluster tells it. */
  toldAs(endpoint: ResolvedEndpoint): EndpointHealth {
    if (endpoint === this.endpoint) return this;
    return Object.assign(this, { endpoint });
  }

  /** What a call to it costs now, for a comparison. */
  cost(now: number): number {
    const penalty = now < this.#avoidUntil ? AVOIDED : 0;
    const silence = this.#waiting > 0 ? now - this.#silentSince : 0;
    // Nothing is known: one call finds out, the others wait for what it finds.
    if (this.#latencyMs < 0) return penalty + (this.inFlight === 0 ? 0 : AVOIDED / 2 + this.inFlight);
    const decayed = this.#latencyMs * Math.exp((this.#seenAt - now) / FORGET_MS);
    return penalty + Math.max(LEAST_MS, decayed, silence) * (this.inFlight + 1);
  }

  /** Whether an ejected endpoint is to be tried by one call. */
  isDue(now: number): boolean {
    return this.ejected && !this.#probing && now >= this.#ejectedUntil;
  }

  get ejectedUntil(): number {
    return this.#ejectedUntil;
  }

  begin(now: number): void {
    this.inFlight += 1;
    if (this.isDue(now)) this.#probing = true;
  }

  end(): void {
    this.inFlight -= 1;
  }

  /** A call has sent its request and waits for the head of the answer. */
  wait(now: number): void {
    if (this.#waiting === 0) this.#silentSince = now;
    this.#waiting += 1;
  }

  /** It waits no more, for whatever reason. */
  waited(): void {
    this.#waiting -= 1;
  }

  /** An answer began, of a call that began at `begun`. Gives true if that ends an ejection. */
  answered(begun: number, now: number, latencyMs?: number): boolean {
    this.#silentSince = now;
    this.#failures = 0;
    this.#avoidUntil = -Infinity;
    if (latencyMs !== undefined) this.#observe(latencyMs, now);
    if (!this.ejected) {
      if (now - this.#ejectedUntil > LONGEST_EJECT_MS) this.#ejections = 0;
      return false;
    }
    // Calls that began before the ejection say nothing new.
    if (begun < this.#ejectedAt) return false;
    this.restore();
    return true;
  }

  /** A client gave up after so long: what it waited counts if it is longer than what is known. */
  abandoned(now: number, latencyMs = -1): void {
    this.#probing = false;
    if (latencyMs > this.#latencyMs) this.#observe(latencyMs, now);
  }

  /** An answer came which says that the endpoint cannot serve (502, 503, 504). Gives true if the endpoint should be ejected. */
  refused(begun: number, now: number): boolean {
    this.#silentSince = now;
    return this.#failed(begun, now, false);
  }

  /** No connection, broken off, or no answer in time: then with how long was waited. Gives true if the endpoint should be ejected. */
  failed(begun: number, now: number, waitedMs?: number): boolean {
    if (waitedMs !== undefined) this.#observe(waitedMs, now);
    return this.#failed(begun, now, true);
  }

  #failed(begun: number, now: number, avoid: boolean): boolean {
    if (this.ejected) {
      if (this.#probing && begun >= this.#ejectedAt) this.eject(now);
      return false;
    }
    this.#failures += 1;
    const enough = this.#failures >= IN_A_ROW;
    if (avoid || enough) this.#avoidUntil = now + AVOID_MS;
    return enough;
  }

  eject(now: number): void {
    const { ejected } = this;
    this.ejected = true;
    this.#probing = false;
    this.#failures = 0;
    if (!ejected) this.#ejectedAt = now;
    this.#ejectedUntil = now + Math.min(LONGEST_EJECT_MS, EJECT_MS * 2 ** this.#ejections);
    this.#ejections = Math.min(this.#ejections + 1, 10);
  }

  /** Takes calls again, as one of which nothing is known but what its probe showed. */
  restore(): void {
    this.ejected = false;
    this.#probing = false;
    this.#failures = 0;
    this.#avoidUntil = -Infinity;
  }

  #observe(latencyMs: number, now: number): void {
    const known = this.#latencyMs;
    const weight = Math.exp((this.#seenAt - now) / FORGET_MS);
    this.#latencyMs = latencyMs > known * weight ? latencyMs : known * weight + latencyMs * (1 - weight);
    this.#seenAt = now;
  }
}
