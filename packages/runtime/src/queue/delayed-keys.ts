import type { Clock } from '@kubecast/clock';
import { IndexedHeap, type HeapItem } from './indexed-heap.ts';

interface Timed<K> extends HeapItem {
  readonly key: K;
  readonly id: string;
  at: number;
  priority: number;
  order: number;
}

/** The longest stretch of work without a turn of the event loop, in milliseconds. */
const SLICE_MS = 4;

/** Keys that wait for a time, one time a key: the earliest that was asked for. One timer of the clock stands for all of them. */
export class DelayedKeys<K> {
  readonly #clock: Clock;
  readonly #due: (key: K, priority: number) => void;
  readonly #timed = new Map<string, Timed<K>>();
  readonly #heap = new IndexedHeap<Timed<K>>((a, b) => (a.at === b.at ? a.order < b.order : a.at < b.at));
  #order = 0;
  #timer: { readonly at: number; readonly abort: AbortController } | undefined;
  #firing = false;

  /** `due` is called for each key whose time has come, in the order of the times. */
  constructor(clock: Clock, due: (key: K, priority: number) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#timed.size;
  }

  /** False where the key waited already; then the earlier time and the higher priority count. */
  add(id: string, key: K, at: number, priority: number): boolean {
    const known = this.#timed.get(id);
    if (known !== undefined) {
      known.priority = Math.max(known.priority, priority);
      if (at < known.at) {
        known.at = at;
        this.#heap.update(known);
        this.#arm();
      }
      return false;
    }
    this.#order += 1;
    const timed: Timed<K> = { key, id, at, priority, order: this.#order, heapAt: -1 };
    this.#timed.set(id, timed);
    this.#heap.push(timed);
    this.#arm();
    return true;
  }

  /** The key no longer waits. */
  drop(id: string): void {
    const timed = this.#timed.get(id);
    if (timed === undefined) return;
    this.#timed.delete(id);
    this.#heap.remove(timed);
    this.#arm();
  }

  /** No key waits any more; gives those that did. */
  clear(): readonly K[] {
    const keys = Array.from(this.#timed.values(), (timed) => timed.key);
    this.#timed.clear();
    this.#heap.clear();
    this.#arm();
    return keys;
  }

  #arm(): void {
    if (this.#firing) return;
    const next = this.#heap.peek();
    if (next?.at === this.#timer?.at) return;
    this.#timer?.abort.abort();
    this.#timer = undefined;
    if (next === undefined) return;
    const abort = new AbortController();
    this.#timer = { at: next.at, abort };
    this.#clock.sleep(Math.max(0, next.at - this.#clock.now()), abort.signal).then(
      () => {
        if (this.#timer?.abort !== abort) return undefined;
        this.#timer = undefined;
        return this.#fire();
      },
      () => {},
    );
  }

  /** Many keys may be due at once: the event loop gets its turn between them. */
  async #fire(): Promise<void> {
    this.#firing = true;
    let begun = this.#clock.now();
    for (;;) {
      const next = this.#heap.peek();
      const now = this.#clock.now();
      if (next === undefined || next.at > now) break;
      if (now - begun >= SLICE_MS) {
        await this.#clock.yield();
        begun = this.#clock.now();
        continue;
      }
      this.#heap.pop();
      this.#timed.delete(next.id);
      this.#due(next.key, next.priority);
    }
    this.#firing = false;
    this.#arm();
  }
}
