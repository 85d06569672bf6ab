import type { HandlerCounters } from '../contract/handler-counters.ts';
import { coalesce, newPending, pinnedBy } from './pending.ts';
import type { Offer, Pending } from './pending.ts';

/** What waits for one key. */
interface KeyQueue<T> {
  running: boolean;
  /** Whether the key stands among those that may be handled. */
  ready: boolean;
  /** In order; one for each UID. */
  readonly items: Pending<T>[];
}

export interface PendingQueueOptions {
  readonly buffer: number;
  readonly pinnedBytes: number;
  readonly withPrevious: boolean;
  /** Beyond the bounds, what waits is dropped but for deletes, instead of being kept by its key. Called after that. */
  readonly onDropped: ((regressed: boolean) => void) | undefined;
}

/**
 * What waits for one handler, by key. Changes of one (key, UID) fold into one, so what waits is bounded by the objects there are, and beyond the
 * buffer only their keys are kept. A key is handed out again only after `settle`, so no key is handled twice at once.
 */
export class PendingQueue<T> {
  readonly #o: PendingQueueOptions;
  readonly #counters: HandlerCounters;
  readonly #keys = new Map<string, KeyQueue<T>>();
  /** Keys for which something waits that is no delete; only where that may be dropped. */
  readonly #droppable = new Set<string>();
  #ready: string[] = [];
  #readyAt = 0;
  #waiting = 0;
  #pinned = 0;
  #initialOpen = 0;
  #overflowed = false;
  #initialDropped = false;

  constructor(options: PendingQueueOptions, counters: HandlerCounters) {
    this.#o = options;
    this.#counters = counters;
  }

  /** Distinct (key, UID) pairs that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Bytes of records that what waits keeps alive. */
  get pinned(): number {
    return this.#pinned;
  }

  /** Initial items that are not settled. */
  get initialOpen(): number {
    return this.#initialOpen;
  }

  /** Whether a key may be handled now. */
  get hasReady(): boolean {
    return this.#readyAt < this.#ready.length;
  }

  /** Whether initial items were dropped since the last call; they come again by a replay. */
  get initialDropped(): boolean {
    return this.#initialDropped;
  }

  /** The initial items that were dropped came again. */
  initialReplayed(): void {
    this.#initialDropped = false;
  }

  /** Whether something of this key waits or runs; `waitsOnly`: whether something of it waits. */
  has(id: string, waitsOnly: boolean): boolean {
    const queue = this.#keys.get(id);
    return queue !== undefined && (!waitsOnly || queue.items.length > 0);
  }

  add(id: string, offer: Offer<T>): void {
    let queue = this.#keys.get(id);
    if (queue === undefined) {
      queue = { running: false, ready: false, items: [] };
      this.#keys.set(id, queue);
    }
    const at = queue.items.findIndex((item) => item.uid === offer.entry.uid);
    const waiting = queue.items[at];
    if (waiting === undefined) {
      const item = newPending(offer, this.#o.withPrevious);
      queue.items.push(item);
      this.#waiting += 1;
      if (item.initial) this.#initialOpen += 1;
      this.#bound(item);
    } else if (coalesce(waiting, offer)) {
      this.#counters.coalesced += 1;
      this.#bound(waiting);
    } else {
      this.#counters.cancelled += 1;
      queue.items.splice(at, 1);
      this.#left(waiting);
      if (waiting.initial) this.initialSettled();
      this.#forgetEmpty(id, queue);
    }
    this.#note(id, queue);
    this.#makeReady(id, queue);
    if (this.#overflowed) this.#drop();
  }

  /** Takes the next key that may be handled. `item` is what waits first for it; it stays there until `shift`. */
  next(): { readonly id: string; readonly item: Pending<T> } | undefined {
    const id = this.#ready[this.#readyAt] ?? '';
    this.#readyAt += 1;
    if (this.#readyAt > 1024 && this.#readyAt * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyAt);
      this.#readyAt = 0;
    }
    const queue = this.#keys.get(id);
    if (queue === undefined) return undefined;
    queue.ready = false;
    const item = queue.items[0];
    if (item !== undefined && !queue.running) return { id, item };
    this.#forgetEmpty(id, queue);
    return undefined;
  }

  /** Takes out what waits first for the key. The key runs until `settle`. */
  shift(id: string): void {
    const queue = this.#keys.get(id);
    const item = queue?.items.shift();
    if (queue === undefined || item === undefined) return;
    queue.running = true;
    this.#left(item);
    this.#note(id, queue);
  }

  /** What ran for the key is over: what waits for it may be handled. */
  settle(id: string): void {
    const queue = this.#keys.get(id);
    if (queue === undefined) return;
    queue.running = false;
    this.#forgetEmpty(id, queue);
    this.#makeReady(id, queue);
  }

  initialSettled(): void {
    this.#initialOpen -= 1;
  }

  clear(): void {
    this.#keys.clear();
    this.#droppable.clear();
    this.#ready = [];
    this.#readyAt = 0;
    this.#waiting = 0;
    this.#pinned = 0;
  }

  #left(item: Pending<T>): void {
    this.#waiting -= 1;
    this.#pinned -= item.pinned;
  }

  #forgetEmpty(id: string, queue: KeyQueue<T>): void {
    if (queue.items.length === 0 && !queue.running && !queue.ready) this.#keys.delete(id);
  }

  #makeReady(id: string, queue: KeyQueue<T>): void {
    if (queue.running || queue.ready || queue.items.length === 0) return;
    queue.ready = true;
    this.#ready.push(id);
  }

  #note(id: string, queue: KeyQueue<T>): void {
    if (this.#o.onDropped === undefined) return;
    if (queue.items.some((item) => item.type !== 'deleted')) this.#droppable.add(id);
    else this.#droppable.delete(id);
  }

  /** Beyond the buffer, or what it may pin, only keys wait. A delete keeps its last state, which stands nowhere else. */
  #bound(item: Pending<T>): void {
    this.#pin(item);
    if (this.#waiting <= this.#o.buffer && this.#pinned <= this.#o.pinnedBytes) return;
    // One that is larger than all that may be pinned would be dropped and replayed for ever.
    if (this.#o.onDropped !== undefined && this.#waiting === 1) return;
    if (item.type !== 'deleted') {
      if (this.#o.onDropped === undefined) item.entry = undefined;
      else this.#overflowed = true;
    }
    item.given = undefined;
    this.#counters.unpinned += 1;
    this.#pin(item);
  }

  #pin(item: Pending<T>): void {
    const bytes = pinnedBy(item);
    this.#pinned += bytes - item.pinned;
    item.pinned = bytes;
  }

  /** Only what can be dropped is looked at: deletes stay, and there may be many. */
  #drop(): void {
    this.#overflowed = false;
    let regressed = false;
    for (const id of this.#droppable) {
      const queue = this.#keys.get(id);
      if (queue === undefined) continue;
      for (let at = queue.items.length - 1; at >= 0; at -= 1) {
        const item = queue.items[at];
        if (item === undefined || item.type === 'deleted') continue;
        queue.items.splice(at, 1);
        this.#left(item);
        this.#counters.dropped += 1;
        if (item.origin === 'regressed') regressed = true;
        if (!item.initial) continue;
        this.initialSettled();
        this.#initialDropped = true;
      }
      this.#forgetEmpty(id, queue);
    }
    this.#droppable.clear();
    this.#o.onDropped?.(regressed);
  }
}
