import type { ConflictError } from '@kubecast/concurrent-map';
import { findCause } from '../thrown.ts';

/** Conflicts in a row after which a key waits as after any other failure: a program that always conflicts must not spin. */
const MOST_CONFLICTS = 5;

/** Counts the conflicts of each key in a row. */
export class Conflicts {
  readonly #inARow = new Map<string, number>();

  /** Whether the key may run again at once for what it threw. */
  again(id: string, thrown: unknown): boolean {
    if (!isConflict(thrown)) {
      this.over(id);
      return false;
    }
    const count = (this.#inARow.get(id) ?? 0) + 1;
    if (count > MOST_CONFLICTS) return false;
    this.#inARow.set(id, count);
    return true;
  }

  /** The key ran to an end that is no conflict. */
  over(id: string): void {
    if (this.#inARow.size > 0) this.#inARow.delete(id);
  }
}

/** By its code, not its class: a program may have another copy of the package, and one that keeps no states need not load it. */
const CODE = 'MAP_CONFLICT' satisfies ConflictError['code'];

/** Whether a conflict was thrown, or caused what was. */
function isConflict(thrown: unknown): boolean {
  return findCause(thrown, (error) => ('code' in error && error.code === CODE ? true : undefined)) ?? false;
}
