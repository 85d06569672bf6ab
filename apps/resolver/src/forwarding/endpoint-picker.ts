import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Clock } from '@kubecast/clock';

/** In which order the endpoints of an app are tried. */
export interface Picker {
  order(owner: string, endpoints: readonly ResolvedEndpoint[]): readonly ResolvedEndpoint[];
  failed(endpoint: ResolvedEndpoint): void;
  succeeded(endpoint: ResolvedEndpoint): void;
}

/** How long an endpoint that could not be reached is tried last. */
const AVOID_MS = 5_000;
/** Owners and failures that are remembered; beyond that the oldest is forgotten. */
const REMEMBERED = 10_000;

/** Round robin for each owner; an endpoint that failed lately comes last, so that a dead pod costs one call, not one of every few. */
export class RoundRobin implements Picker {
  readonly #clock: Clock;
  readonly #turns = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  order(owner: string, endpoints: readonly ResolvedEndpoint[]): readonly ResolvedEndpoint[] {
    if (endpoints.length < 2) return endpoints;
    const turn = this.#turns.get(owner) ?? Math.floor(this.#clock.random() * endpoints.length);
    this.#remember(this.#turns, owner, turn + 1);
    const start = turn % endpoints.length;
    const rotated = [...endpoints.slice(start), ...endpoints.slice(0, start)];
    const now = this.#clock.now();
    const avoided = (endpoint: ResolvedEndpoint): boolean => now - (this.#failures.get(place(endpoint)) ?? -Infinity) < AVOID_MS;
    return [...rotated.filter((endpoint) => !avoided(endpoint)), ...rotated.filter(avoided)];
  }

  failed(endpoint: ResolvedEndpoint): void {
    this.#remember(this.#failures, place(endpoint), this.#clock.now());
  }

  succeeded(endpoint: ResolvedEndpoint): void {
    if (this.#failures.size > 0) this.#failures.delete(place(endpoint));
  }

  #remember(map: Map<string, number>, key: string, value: number): void {
    map.delete(key);
    map.set(key, value);
    if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
  }
}

const place = (endpoint: ResolvedEndpoint): string => `${endpoint.address} ${endpoint.port}`;
