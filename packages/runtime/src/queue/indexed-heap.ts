/** What stands in an IndexedHeap: it knows its own place, so that it can be moved or taken out without a search. */
export interface HeapItem {
  /** Place in the heap; -1 outside of it. Written by the heap alone. */
  heapAt: number;
}

/** A binary heap, the least item first, from whose middle items can be taken. Every operation costs the logarithm of the size at most. */
export class IndexedHeap<T extends HeapItem> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #items: T[] = [];

  /** `before` must order all items strictly: equal ones are told apart by the order in which they came. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** In no order. */
  values(): IterableIterator<T> {
    return this.#items.values();
  }

  push(item: T): void {
    this.#rise(item, this.#items.push(item) - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(item: T): void {
    const at = item.heapAt;
    const last = this.#items.pop() as T;
    item.heapAt = -1;
    if (last !== item) this.#settle(last, at);
  }

  /** Call it after the item's order changed. */
  update(item: T): void {
    this.#settle(item, item.heapAt);
  }

  clear(): void {
    for (const item of this.#items) item.heapAt = -1;
    this.#items.length = 0;
  }

  #settle(item: T, at: number): void {
    const parent = (at - 1) >> 1;
    if (at > 0 && this.#before(item, this.#items[parent] as T)) this.#rise(item, at);
    else this.#sink(item, at);
  }

  #rise(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as T;
      if (!this.#before(item, above)) break;
      items[at] = above;
      above.heapAt = at;
      at = parent;
    }
    items[at] = item;
    item.heapAt = at;
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1] as T, items[child] as T)) child += 1;
      const below = items[child] as T;
      if (!this.#before(below, item)) break;
      items[at] = below;
      below.heapAt = at;
      at = child;
    }
    items[at] = item;
    item.heapAt = at;
  }
}
