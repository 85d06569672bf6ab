import type { DeepReadonly, Entry } from '../contract/entry.ts';
import type { Key } from '../contract/key.ts';
import { compareKeys, encodeKey } from '../keys/key-order.ts';
import { matchesLabels } from '../selectors/match-labels.ts';
import type { Query } from '../contract/query.ts';
import { SnapshotExpired, StoreError } from '../store-error.ts';
import type { View } from '../contract/view.ts';

/** What stood under a key when the snapshot was taken. */
interface Undo<T> {
  readonly key: Key;
  readonly entry: Entry<T> | undefined;
  readonly indexed: ReadonlyMap<string, readonly string[]>;
}

/** What a snapshot reads and leaves. */
interface Live<T> extends View<T> {
  readonly indexes: ReadonlyMap<string, unknown>;
  readonly snapshots: Set<SnapshotView<T>>;
}

/** Changes that one snapshot can take back. */
export const UNDO_CAP = 65_536;

/**
 * The store as it was, read through the changes since: taking it copies nothing, each first change of a key after it keeps what stood there.
 * Past 65,536 changed keys it expires, and every read throws SnapshotExpired.
 */
export class SnapshotView<T> implements View<T>, Disposable {
  readonly #live: Live<T>;
  readonly #undo = new Map<string, Undo<T>>();
  readonly #indexes: ReadonlySet<string>;
  readonly sequence: bigint;
  readonly #size: number;
  #state: 'open' | 'expired' | 'disposed' = 'open';

  constructor(live: Live<T>) {
    this.#live = live;
    this.sequence = live.sequence;
    this.#size = live.size;
    this.#indexes = new Set(live.indexes.keys());
  }

  get size(): number {
    this.#check();
    return this.#size;
  }

  /** The writer is about to change what stands under a key. */
  remember(key: Key, entry: Entry<T> | undefined, indexed: ReadonlyMap<string, readonly string[]>): void {
    const id = encodeKey(key);
    if (this.#undo.has(id)) return;
    if (this.#undo.size >= UNDO_CAP) return this.#end('expired');
    this.#undo.set(id, { key, entry, indexed });
  }

  get(key: Key): DeepReadonly<T> | undefined {
    this.#check();
    const undo = this.#undo.get(encodeKey(key));
    return undo ? undo.entry?.value : this.#live.get(key);
  }

  entry(key: Key): Entry<T> | undefined {
    this.#check();
    const undo = this.#undo.get(encodeKey(key));
    return undo ? undo.entry : this.#live.entry(key);
  }

  *select(query: Query = {}): IterableIterator<Entry<T>> {
    this.#check();
    if (query.index && !this.#indexes.has(query.index.name)) {
      throw new StoreError(
        'INDEX_UNKNOWN',
        `there was no index named ${JSON.stringify(query.index.name)}; there were: ${[...this.#indexes].join(', ') || 'none'}`,
      );
    }
    let shown: Key | undefined;
    for (;;) {
      // What was taken back goes between what still stands, by key. A change in the midst makes both be looked at anew.
      const undone = this.#undone(query, shown);
      const { size } = this.#undo;
      let next = 0;
      let again = false;
      for (const entry of this.#live.select(query)) {
        const { key } = entry;
        if ((shown && compareKeys(key, shown) <= 0) || this.#undo.has(encodeKey(key))) continue;
        while (!again && next < undone.length && compareKeys((undone[next] as Entry<T>).key, key) < 0) {
          const before = undone[next] as Entry<T>;
          next += 1;
          shown = before.key;
          yield before;
          this.#check();
          again = this.#undo.size !== size;
        }
        if (again) break;
        shown = key;
        yield entry;
        this.#check();
        again = this.#undo.size !== size;
        if (again) break;
      }
      while (!again && next < undone.length) {
        const before = undone[next] as Entry<T>;
        next += 1;
        shown = before.key;
        yield before;
        this.#check();
        again = this.#undo.size !== size;
      }
      if (!again) return;
    }
  }

  /** Itself: a snapshot does not change. Dispose it once. */
  snapshot(): View<T> & Disposable {
    this.#check();
    return this;
  }

  [Symbol.dispose](): void {
    if (this.#state === 'open') this.#end('disposed');
  }

  #undone(query: Query, after: Key | undefined): readonly Entry<T>[] {
    const found: Entry<T>[] = [];
    for (const { key, entry, indexed } of this.#undo.values()) {
      if (!entry || (after && compareKeys(key, after) <= 0)) continue;
      if (query.cluster !== undefined && key.cluster !== query.cluster) continue;
      if (query.namespace !== undefined && key.namespace !== query.namespace) continue;
      if (query.namePrefix !== undefined && !key.name.startsWith(query.namePrefix)) continue;
      if (query.index && !indexed.get(query.index.name)?.includes(query.index.value)) continue;
      if (query.labels && !matchesLabels(query.labels, entry.labels)) continue;
      found.push(entry);
    }
    return found.sort((a, b) => compareKeys(a.key, b.key));
  }

  #end(state: 'expired' | 'disposed'): void {
    this.#state = state;
    this.#undo.clear();
    this.#live.snapshots.delete(this);
  }

  #check(): void {
    if (this.#state === 'expired') throw new SnapshotExpired();
    if (this.#state === 'disposed') throw new StoreError('SNAPSHOT_DISPOSED', 'this snapshot was disposed; take another');
  }
}
