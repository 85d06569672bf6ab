import { compareResourceVersions } from '@kubecast/store';

/** What waits for a version; `at` is its place in the heap, kept by the heap. */
export interface HeapItem {
  readonly version: string;
  at: number;
}

/** Items by their version, the oldest first: adding, removing and taking the oldest cost the logarithm of their number. */
export class VersionHeap<I extends HeapItem> {
  readonly #items: I[] = [];

  get size(): number {
    return this.#items.length;
  }

  get oldest(): I | undefined {
    return this.#items[0];
  }

  add(item: I): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  remove(item: I): void {
    if (this.#items[item.at] !== item) return;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    const { at } = item;
    this.#rise(last, at);
    this.#sink(last, last.at);
  }

  #rise(item: I, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#items[above] as I;
      if (!isBelow(item, parent)) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(item, at);
  }

  #sink(item: I, from: number): void {
    let at = from;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= this.#items.length) break;
      if (below + 1 < this.#items.length && isBelow(this.#items[below + 1] as I, this.#items[below] as I)) below += 1;
      const child = this.#items[below] as I;
      if (!isBelow(child, item)) break;
      this.#put(child, at);
      at = below;
    }
    this.#put(item, at);
  }

  #put(item: I, at: number): void {
    this.#items[at] = item;
    item.at = at;
  }
}

function isBelow(a: HeapItem, b: HeapItem): boolean {
  return compareResourceVersions(a.version, b.version) === -1;
}
