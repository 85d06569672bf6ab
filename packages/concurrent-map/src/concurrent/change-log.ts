import { ChangesLostError } from '../errors.ts';
import type { ChangeSource } from './change-source.ts';
import type { MapChange } from './versioned.ts';

/** Stands for "no value" in the columns of the log. */
const NONE: unique symbol = Symbol('none');

/**
 * The last changes of a map, at most `capacity` of them, and those who wait for the next. They stand in columns, so that a write of a map to which nobody
 * subscribes makes no object; a MapChange is made when it is read.
 */
export class ChangeLog<V> implements ChangeSource<V> {
  readonly #map: string;
  readonly #capacity: number;
  readonly #keys: string[] = [];
  readonly #values: (V | typeof NONE)[] = [];
  readonly #previous: (V | typeof NONE)[] = [];
  readonly #start: number;
  #sequence: number;
  #at: number;
  #waiting = new Set<() => void>();

  /** `start`: the sequence that the first change follows; nothing is kept of what was before it. */
  constructor(map: string, capacity: number, start = 0) {
    this.#map = map;
    this.#capacity = capacity;
    this.#start = start;
    this.#sequence = start;
    this.#at = start % capacity;
  }

  /** The sequence of the last change. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The smallest sequence whose successors are all kept. */
  get oldest(): number {
    return Math.max(this.#start, this.#sequence - this.#capacity);
  }

  set(key: string, value: V, existed: boolean, previous: V | undefined): number {
    return this.#add(key, value, existed ? (previous as V) : NONE);
  }

  deleted(key: string, previous: V): number {
    return this.#add(key, NONE, previous);
  }

  /** The changes after `sequence`, at most `limit`; throws ChangesLostError when the first of them is no longer kept. */
  after(sequence: number, limit: number): MapChange<V>[] {
    if (sequence < this.oldest) throw new ChangesLostError(this.#map, sequence, this.oldest);
    const changes: MapChange<V>[] = [];
    for (let next = sequence + 1; next <= this.#sequence && changes.length < limit; next += 1) {
      const at = (next - 1) % this.#capacity;
      const key = this.#keys[at] as string;
      const value = this.#values[at] as V | typeof NONE;
      const previous = this.#previous[at] as V | typeof NONE;
      const before = previous === NONE ? {} : { previous };
      changes.push(
        value === NONE ? { type: 'deleted', key, ...before, sequence: next } : { type: 'set', key, value, ...before, sequence: next },
      );
    }
    return changes;
  }

  /** Whether a change after `sequence` was one of `key`, as far as they are kept. */
  wrote(key: string, sequence: number): boolean {
    for (let next = Math.max(sequence, this.oldest); next < this.#sequence; next += 1)
      if (this.#keys[next % this.#capacity] === key) return true;
    return false;
  }

  /** Calls back once, after the next change. Returns the undo. */
  onNext(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => void this.#waiting.delete(callback);
  }

  #add(key: string, value: V | typeof NONE, previous: V | typeof NONE): number {
    this.#keys[this.#at] = key;
    this.#values[this.#at] = value;
    this.#previous[this.#at] = previous;
    this.#at += 1;
    if (this.#at === this.#capacity) this.#at = 0;
    this.#sequence += 1;
    if (this.#waiting.size > 0) this.#wake();
    return this.#sequence;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const callback of waiting) callback();
  }
}
