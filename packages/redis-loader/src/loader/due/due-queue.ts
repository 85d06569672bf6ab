/** Things that become due, the earliest first. A binary heap: putting in and taking out cost the logarithm of its size. */
export class DueQueue<T> {
  readonly #heap: { readonly at: number; readonly value: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the earliest is due; Infinity if there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  push(at: number, value: T): void {
    const heap = this.#heap;
    const entry = { at, value };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as { at: number; value: T };
      if (above.at <= at) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Takes the earliest if it is due at `now`. */
  takeDue(now: number): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop() as { at: number; value: T };
    if (heap.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && (heap[child + 1] as { at: number }).at < (heap[child] as { at: number }).at) child += 1;
        const below = heap[child] as { at: number; value: T };
        if (below.at >= last.at) break;
        heap[i] = below;
        i = child;
      }
      heap[i] = last;
    }
    return first.value;
  }

  clear(): void {
    this.#heap.length = 0;
  }
}
