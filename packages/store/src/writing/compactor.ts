import type { Collection } from '../lists/collection.ts';
import { moveRecord } from '../records/packed-record.ts';
import { offsetOf, placeOf } from '../records/slabs.ts';
import type { Slab } from '../records/slabs.ts';
import { StoreError } from '../store-error.ts';
import type { StoreView } from '../views/store-view.ts';

/** Records that one write moves at most, and bytes: a quarter of a MiB is copied in a tenth of a millisecond. */
const MOVES = 8;
const MOVED_BYTES = 1 << 18;
/** Writes between two looks for a slab that is worth moving. */
const INTERVAL = 64;
/** Slabs that a write empties at most where there is no room left: a few milliseconds. */
const EMPTIED = 4;

/** Moves what lives in the most wasteful slab elsewhere, a few records with each write, until the slab can be let go. It never fails its caller. */
export class Compactor<T> {
  readonly #view: StoreView<T>;
  /** The lists under way, by number: their records are moved as those of the store. */
  readonly #collections: ReadonlyMap<number, Collection>;
  /** Lets go of what nobody can reach any more. */
  readonly #settle: () => void;
  #writes = 0;
  #victim: Slab | undefined;
  #sweptTo = 0;
  moves = 0;

  constructor(view: StoreView<T>, collections: ReadonlyMap<number, Collection>, settle: () => void) {
    this.#view = view;
    this.#collections = collections;
    this.#settle = settle;
  }

  /** After a write. */
  step(): void {
    this.#writes += 1;
    if (!this.#victim) {
      if (this.#writes % INTERVAL !== 0) return;
      this.#choose(this.#view.slabs.wasteful());
    }
    if (!this.#sweep(MOVES, MOVED_BYTES) || this.#view.slabs.spare) return;
    // It stands on the room that is kept for compaction: that is given back before other writes fill it.
    this.#sweep(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    this.#settle();
  }

  /** There is no room left. Whether some was made, perhaps. */
  makeRoom(): boolean {
    const { slabs } = this.#view;
    this.#settle();
    let made = false;
    for (let i = 0; i < EMPTIED; i += 1) {
      this.#choose(slabs.emptiest());
      if (!this.#victim) {
        // The slab that was filled may have been let go, where all of it was dead.
        this.#settle();
        return true;
      }
      if (!this.#sweep(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) break;
      made = true;
      this.#settle();
    }
    return made;
  }

  #choose(slab: Slab | undefined): void {
    this.#victim = slab;
    this.#sweptTo = 0;
  }

  /** False if there was no room to move to. */
  #sweep(moves: number, bytes: number): boolean {
    const { slabs, table } = this.#view;
    const victim = this.#victim;
    if (!victim) return true;
    let left = moves;
    let leftBytes = bytes;
    while (left > 0 && leftBytes > 0 && slabs.holds(victim)) {
      if (this.#sweptTo >= victim.used) {
        victim.swept = true;
        break;
      }
      const w = this.#sweptTo >> 2;
      const size = victim.words[w] as number;
      const from = placeOf(victim, this.#sweptTo);
      const list = this.#collections.get(victim.words[w + 1] as number);
      const slot = victim.words[w + 2] as number;
      if (list ? list.holds(slot, from) : victim.words[w + 1] === 0 && slot >= 0 && table.place(slot) === from) {
        let to: number;
        try {
          to = moveRecord(slabs, victim, offsetOf(from));
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          this.#victim = undefined;
          return false;
        }
        if (list) list.move(slot, to);
        else {
          table.move(slot, to);
          for (const collection of this.#collections.values()) collection.moved(slot, from, to);
        }
        slabs.release(from);
        this.moves += 1;
        left -= 1;
        leftBytes -= size;
      }
      this.#sweptTo += size;
    }
    if (victim.swept || !slabs.holds(victim)) this.#victim = undefined;
    return true;
  }
}
