import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { EndpointLoads } from './call-limits.ts';
import { EndpointHealth } from './endpoint-health.ts';

/** Draws for a pick until two endpoints are found that may take a call; then a walk over so many of them decides. */
const DRAWS = 8;
const WALK = 64;

export const placeOf = (endpoint: ResolvedEndpoint): string => `${endpoint.address} ${endpoint.port}`;

/** The endpoints of one app, and what its calls have shown of them. */
export class AppPool {
  readonly #loads: EndpointLoads;
  readonly #byPlace = new Map<string, EndpointHealth>();
  #told: readonly ResolvedEndpoint[] = [];
  #members: readonly EndpointHealth[] = [];
  #ejected = 0;
  inFlight = 0;

  constructor(loads: EndpointLoads) {
    this.#loads = loads;
  }

  /** How many of its endpoints are ejected: at most half, so that never all are. */
  get ejected(): number {
    return this.#ejected;
  }

  /** Takes the endpoints as they are now. The same list costs nothing. */
  take(endpoints: readonly ResolvedEndpoint[]): void {
    if (endpoints === this.#told) return;
    this.#told = endpoints;
    const gone = new Set(this.#byPlace.keys());
    this.#members = endpoints.map((endpoint) => {
      const place = placeOf(endpoint);
      gone.delete(place);
      let member = this.#byPlace.get(place)?.toldAs(endpoint);
      if (member === undefined) {
        member = new EndpointHealth(endpoint, this.#loads.hold(place));
        this.#byPlace.set(place, member);
      }
      return member;
    });
    for (const place of gone) {
      this.#byPlace.delete(place);
      this.#loads.release(place);
    }
    this.#ejected = this.#members.filter((member) => member.ejected).length;
    // Fewer endpoints may be left than were when the last of them was ejected.
    while (this.#ejected > this.#mostEjected) this.#restoreSoonest();
  }

  /** Forgets the endpoints. */
  close(): void {
    this.take([]);
  }

  /**
   * The better of two endpoints drawn at random; of an ejected one whose time is over, one call is let through. `besides` is taken only where there
   * is no other. Undefined: each has as many calls in flight as it may have. The work does not grow with the number of endpoints.
   */
  pick(now: number, random: () => number, most: number, besides?: EndpointHealth): EndpointHealth | undefined {
    const members = this.#members;
    const count = members.length;
    if (count === 1) {
      const only = members[0] as EndpointHealth;
      return only.load.inFlight < most ? only : undefined;
    }
    let first: EndpointHealth | undefined;
    for (let draw = 0, last = -1; draw < DRAWS; draw += 1) {
      let at = Math.floor(random() * (last < 0 ? count : count - 1));
      if (last >= 0 && at >= last) at += 1;
      last = at;
      const member = members[at] as EndpointHealth;
      if (member === first || member === besides || member.load.inFlight >= most) continue;
      if (member.ejected) {
        if (member.isDue(now)) return member;
        continue;
      }
      if (first === undefined) first = member;
      else return member.cost(now) < first.cost(now) ? member : first;
    }
    return first ?? this.#walk(now, Math.floor(random() * count), most, besides);
  }

  /** Rare: nearly all are full or ejected. Those that are not ejected come first, the one that was tried already last. */
  #walk(now: number, start: number, most: number, besides: EndpointHealth | undefined): EndpointHealth | undefined {
    const members = this.#members;
    let best: EndpointHealth | undefined;
    let bestRank = Infinity;
    for (let step = 0; step < Math.min(members.length, WALK); step += 1) {
      const member = members[(start + step) % members.length] as EndpointHealth;
      if (member.load.inFlight >= most) continue;
      const rank = member === besides ? 2 : member.ejected ? 1 : 0;
      if (rank > bestRank || (rank === bestRank && best !== undefined && member.cost(now) >= best.cost(now))) continue;
      best = member;
      bestRank = rank;
    }
    return best;
  }

  /** Ejects a member if fewer than half are; gives whether it did. */
  eject(member: EndpointHealth, now: number): boolean {
    if (this.#byPlace.get(placeOf(member.endpoint)) !== member || this.#ejected >= this.#mostEjected) return false;
    member.eject(now);
    this.#ejected += 1;
    return true;
  }

  /** An ejected member takes calls again. */
  restored(member: EndpointHealth): void {
    if (this.#byPlace.get(placeOf(member.endpoint)) === member) this.#ejected -= 1;
  }

  get #mostEjected(): number {
    return this.#members.length >> 1;
  }

  #restoreSoonest(): void {
    let soonest: EndpointHealth | undefined;
    for (const member of this.#members)
      if (member.ejected && (soonest === undefined || member.ejectedUntil < soonest.ejectedUntil)) soonest = member;
    soonest?.restore();
    this.#ejected -= 1;
  }
}
