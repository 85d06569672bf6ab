import { IndexedHeap, type HeapItem } from './indexed-heap.ts';

/** A key that is ready, running, or both: running, and to be run once more. */
export interface QueueEntry<K> extends HeapItem {
  readonly key: K;
  readonly id: string;
  priority: number;
  /** When it became ready, milliseconds of the clock. */
  readyAt: number;
  /** When its run began. */
  startedAt: number;
  /** The order in which it became ready. */
  place: number;
  /** Whether it must be run (again). */
  dirty: boolean;
  running: boolean;
}

/** The keys that are ready, in the order in which they are handed out. */
export interface ReadyKeys<K> {
  readonly size: number;
  push(entry: QueueEntry<K>): void;
  pop(): QueueEntry<K> | undefined;
  /** Moves an entry whose priority rose. */
  raised(entry: QueueEntry<K>): void;
  values(): Iterable<QueueEntry<K>>;
  clear(): void;
}

/** First in, first out, as client-go's queue. */
export class FifoKeys<K> implements ReadyKeys<K> {
  #items: QueueEntry<K>[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(entry: QueueEntry<K>): void {
    this.#items.push(entry);
  }

  pop(): QueueEntry<K> | undefined {
    const entry = this.#items[this.#head];
    if (entry === undefined) return undefined;
    this.#head += 1;
    // Copying costs what was handed out since the last copy, so each key pays for one move.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  raised(): void {}

  *values(): Iterable<QueueEntry<K>> {
    for (let at = this.#head; at < this.#items.length; at += 1) yield this.#items[at] as QueueEntry<K>;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

/** Higher priorities first, and waiting counts: each `agingMs` of it is worth one point. */
export class PriorityKeys<K> implements ReadyKeys<K> {
  readonly #agingMs: number;
  readonly #heap: IndexedHeap<QueueEntry<K>>;

  constructor(agingMs: number) {
    this.#agingMs = agingMs;
    // All keys age alike, so the order of two of them never changes while they wait.
    this.#heap = new IndexedHeap((a, b) => {
      const first = this.#score(a);
      const second = this.#score(b);
      return first === second ? a.place < b.place : first < second;
    });
  }

  get size(): number {
    return this.#heap.size;
  }

  push(entry: QueueEntry<K>): void {
    this.#heap.push(entry);
  }

  pop(): QueueEntry<K> | undefined {
    return this.#heap.pop();
  }

  raised(entry: QueueEntry<K>): void {
    this.#heap.update(entry);
  }

  values(): Iterable<QueueEntry<K>> {
    return this.#heap.values();
  }

  clear(): void {
    this.#heap.clear();
  }

  #score(entry: QueueEntry<K>): number {
    return entry.readyAt - entry.priority * this.#agingMs;
  }
}
