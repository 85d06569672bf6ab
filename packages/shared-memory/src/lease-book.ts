import type { Clock } from '@kubecast/clock';
import { LEASE_COUNT, type LeaseWords } from './lease-words.ts';

interface Batch {
  readonly frees: (() => void)[];
  /** Positions and tickets of the leases that stood when the batch was closed. */
  readonly held: readonly (readonly [number, number])[];
}

/**
 * The writer's side of the leases: what it lets go of waits until every reader that may reach it has gone, or has had its time. The time is
 * the writer's own, from when it first saw the lease, so that threads need no common clock; a reader gives up on its own before.
 */
export class LeaseBook {
  readonly #control: Int32Array;
  readonly #leases: number;
  readonly #used: number;
  readonly #clock: Clock;
  readonly #limitMs: number;
  /** When each ticket was first seen. */
  readonly #seen = new Map<number, number>();
  #pending: (() => void)[] = [];
  readonly #batches: Batch[] = [];
  #waiting = 0;

  constructor({ control, leases, used }: LeaseWords, clock: Clock, leaseMs: number) {
    this.#control = control;
    this.#leases = leases;
    this.#used = used;
    this.#clock = clock;
    // A reader that looked at its clock just before the end may still be copying.
    this.#limitMs = leaseMs + 1_000;
  }

  /** What waits for readers. */
  get waiting(): number {
    return this.#waiting + this.#pending.length;
  }

  /** To be done once the operation is complete and nobody can reach it any more. */
  later(free: () => void): void {
    this.#pending.push(free);
  }

  /** The operation is complete. */
  settle(): void {
    if (this.#pending.length === 0 && this.#batches.length === 0) return;
    const held = this.#held();
    if (this.#pending.length > 0) {
      if (held.length === 0 && this.#batches.length === 0) {
        for (const free of this.#pending) free();
        this.#pending.length = 0;
      } else if (this.#pending.length >= 256 || this.#batches.length === 0) {
        this.#batches.push({ frees: this.#pending, held });
        this.#waiting += this.#pending.length;
        this.#pending = [];
      }
    }
    let batch = this.#batches[0];
    while (batch && !batch.held.some(([at, ticket]) => Atomics.load(this.#control, this.#leases + at) === ticket)) {
      this.#batches.shift();
      this.#waiting -= batch.frees.length;
      for (const free of batch.frees) free();
      batch = this.#batches[0];
    }
  }

  /** The leases that stand; one that had its time is taken away. */
  #held(): readonly (readonly [number, number])[] {
    const control = this.#control;
    const used = Math.min(Atomics.load(control, this.#used), LEASE_COUNT);
    let held: [number, number][] | undefined;
    for (let at = 0; at < used; at += 1) {
      const ticket = Atomics.load(control, this.#leases + at);
      if (ticket === 0) continue;
      const now = this.#clock.now();
      const since = this.#seen.get(ticket);
      if (since === undefined) this.#seen.set(ticket, now);
      else if (now - since > this.#limitMs) {
        Atomics.compareExchange(control, this.#leases + at, ticket, 0);
        this.#seen.delete(ticket);
        continue;
      }
      (held ??= []).push([at, ticket]);
    }
    // Leases that ended are forgotten now and then, also where there is never a moment without one.
    if (!held) this.#seen.clear();
    else if (this.#seen.size > LEASE_COUNT * 2) {
      const standing = new Set(held.map(([, ticket]) => ticket));
      for (const ticket of this.#seen.keys()) if (!standing.has(ticket)) this.#seen.delete(ticket);
    }
    return held ?? [];
  }
}
