import { TenantCache, type TenantHandle } from '@kubecast/concurrent-map';
import type { LazyPayload } from '../values/lazy-payload.ts';

/** What stands at the one whose payload it is. */
export interface ShelvedPayload<P> {
  /** Undefined where there is a budget: the shelf has it, or let go of it. */
  readonly payload: LazyPayload<P> | undefined;
  /** What the payload costs in memory, reckoned. */
  readonly weight: number;
}

/**
 * The payloads that are held, within a budget of bytes where there is one. What is asked for often stays (W-TinyLFU); what leaves is read again when it is asked
 * for. Payloads have no TTL: whether one is the announced one is not decided here. Without a budget each stands at its owner, and here it is only counted.
 */
export class PayloadShelf<P> {
  readonly #cache: TenantCache<ShelvedPayload<P>> | undefined;
  /** All payloads are of one tenant: the budget is one of the process. */
  readonly #payloads: TenantHandle<ShelvedPayload<P>> | undefined;
  #count = 0;
  #bytes = 0;

  constructor(budget: number | undefined) {
    if (budget === undefined) return;
    this.#cache = new TenantCache({ name: 'payloads', defaults: { quota: budget }, weigh: ({ weight }) => weight });
    this.#payloads = this.#cache.tenant({ namespace: '' });
  }

  /** What the payloads in memory cost, reckoned; never more than the budget. */
  get bytes(): number {
    return this.#payloads?.weight ?? this.#bytes;
  }

  /** Payloads that were put here and are not in memory. */
  get evicted(): number {
    return this.#payloads === undefined ? 0 : this.#count - this.#payloads.size;
  }

  /** Payloads that left for room, or that found none. */
  get evictions(): number {
    const [all] = this.#cache?.counters() ?? [];
    return all === undefined ? 0 : all.counters.evictions + all.counters.refusals;
  }

  /** Adds a payload under an id that has none here. `bytes`: of its value in Redis. */
  put(id: string, payload: LazyPayload<P>, bytes: number): ShelvedPayload<P> {
    const weight = payload.weight(bytes);
    this.#count += 1;
    this.#bytes += weight;
    this.#payloads?.set(id, { payload, weight });
    return { payload: this.#payloads === undefined ? payload : undefined, weight };
  }

  /** The payload, unless it left; counts as a use. */
  find(id: string, { payload }: ShelvedPayload<P>): LazyPayload<P> | undefined {
    return payload ?? this.#payloads?.get(id)?.payload;
  }

  /** Whether the payload is in memory; no use. */
  has(id: string, { payload }: ShelvedPayload<P>): boolean {
    return payload !== undefined || this.#payloads?.peek(id) !== undefined;
  }

  /** Reads a payload. With a budget the parsed value is the caller's alone, so that what is held weighs what it was reckoned at. */
  read(payload: LazyPayload<P>): P {
    return payload.read(this.#payloads === undefined);
  }

  drop(id: string, { weight }: ShelvedPayload<P>): void {
    this.#count -= 1;
    this.#bytes -= weight;
    this.#payloads?.delete(id);
  }
}
