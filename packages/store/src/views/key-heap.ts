import type { Entry } from '../contract/entry.ts';
import { compareKeys } from '../keys/key-order.ts';

/** Entries of which the one with the lowest key is at hand: adding and taking cost the logarithm of their number. */
export class KeyHeap<T> {
  readonly #entries: Entry<T>[] = [];

  /** The entry with the lowest key. */
  get first(): Entry<T> | undefined {
    return this.#entries[0];
  }

  push(entry: Entry<T>): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compareKeys((entries[parent] as Entry<T>).key, entry.key) <= 0) break;
      entries[at] = entries[parent] as Entry<T>;
      at = parent;
    }
    entries[at] = entry;
  }

  /** Takes the first out. */
  shift(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= entries.length) break;
      const right = child + 1;
      if (right < entries.length && compareKeys((entries[right] as Entry<T>).key, (entries[child] as Entry<T>).key) < 0) child = right;
      if (compareKeys(last.key, (entries[child] as Entry<T>).key) <= 0) break;
      entries[at] = entries[child] as Entry<T>;
      at = child;
    }
    entries[at] = last;
  }
}
