import type { StoredObject } from './stored-object.ts';

/** One change of one object. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The new content; of a deletion the last content, under the revision of the deletion. */
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

/**
 * The newest changes of one resource, in order of revision: watches resume from them, and exact lists are computed by undoing them.
 * Their number is bounded; dropping old ones raises the floor.
 */
export class EventWindow {
  readonly #capacity: number;
  #events: StoreEvent[] = [];
  /** Position of the first event that is kept, counted from the first one ever. */
  #first = 0;
  #floor: number;

  constructor(capacity: number, floor: number) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  /** A watch can resume from this revision or any above. */
  get floor(): number {
    return this.#floor;
  }

  get first(): number {
    return this.#first;
  }

  /** The position after the newest event. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    // Half of the events are dropped at once, so that the copying is amortized.
    if (this.#events.length > this.#capacity) this.#drop(this.#capacity >>> 1);
  }

  at(position: number): StoreEvent | undefined {
    return this.#events[position - this.#first];
  }

  /** The position of the first event above `revision`. */
  after(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as StoreEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#first + low;
  }

  /** Forgets everything up to `revision`: a compaction, or a watch cache that is built anew. */
  forget(revision: number): void {
    this.#drop(this.after(revision) - this.#first);
    if (revision > this.#floor) this.#floor = revision;
  }

  #drop(count: number): void {
    if (count <= 0) return;
    this.#floor = Math.max(this.#floor, (this.#events[count - 1] as StoreEvent).revision);
    this.#events = this.#events.slice(count);
    this.#first += count;
  }
}
