import type { DeepReadonly, Entry } from '../contract/entry.ts';
import type { Key, KeyInput } from '../contract/key.ts';
import { checkQuery } from '../contract/check-query.ts';
import { checkKey, compareKeys, encodeKey } from '../keys/key-order.ts';
import { KeyHeap } from './key-heap.ts';
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
  /** The same, in the order in which it was remembered: a walk takes what is new of it. */
  readonly #log: Undo<T>[] = [];
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
    const undo = { key, entry, indexed };
    this.#undo.set(id, undo);
    this.#log.push(undo);
  }

  get(key: KeyInput): DeepReadonly<T> | undefined {
    this.#check();
    checkKey(key, 'get');
    const undo = this.#undo.get(encodeKey(key));
    return undo ? undo.entry?.value : this.#live.get(key);
  }

  entry(key: KeyInput): Entry<T> | undefined {
    this.#check();
    checkKey(key, 'entry');
    const undo = this.#undo.get(encodeKey(key));
    return undo ? undo.entry : this.#live.entry(key);
  }

  select(query: Query = {}): IterableIterator<Entry<T>> {
    checkQuery(query);
    return this.#select(query);
  }

  *#select(query: Query): IterableIterator<Entry<T>> {
    this.#check();
    if (query.index && !this.#indexes.has(query.index.name)) {
      throw new StoreError(
        'INDEX_UNKNOWN',
        `there was no index named ${JSON.stringify(query.index.name)}; there were: ${[...this.#indexes].join(', ') || 'none'}`,
      );
    }
    // What was taken back goes between what still stands, by key. Both only go on: the walk of the live view resumes at its key after a write,
    // and what a write takes back meanwhile is put in as it comes.
    const undone = new KeyHeap<T>();
    let taken = 0;
    let shown: Key | undefined;
    const takeBack = (): void => {
      for (; taken < this.#log.length; taken += 1) {
        const { entry } = this.#log[taken] as Undo<T>;
        if (entry && (!shown || compareKeys(entry.key, shown) > 0) && this.#fits(this.#log[taken] as Undo<T>, query)) undone.push(entry);
      }
    };
    for (const entry of this.#live.select(query)) {
      const { key } = entry;
      for (;;) {
        takeBack();
        const before = undone.first;
        if (before && compareKeys(before.key, key) < 0) {
          undone.shift();
          shown = before.key;
          yield before;
          this.#check();
          continue;
        }
        // What changed since is shown as it was taken back.
        if (this.#undo.size > 0 && this.#undo.has(encodeKey(key))) break;
        shown = key;
        yield entry;
        this.#check();
        break;
      }
    }
    for (takeBack(); undone.first; takeBack()) {
      const before = undone.first;
      undone.shift();
      shown = before.key;
      yield before;
      this.#check();
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

  #fits({ key, entry, indexed }: Undo<T>, query: Query): boolean {
    if (query.cluster !== undefined && key.cluster !== query.cluster) return false;
    if (query.namespace !== undefined && key.namespace !== query.namespace) return false;
    // Half of a surrogate pair begins no name, as in the live view, which compares bytes.
    if (query.namePrefix !== undefined && !(query.namePrefix.isWellFormed() && key.name.startsWith(query.namePrefix))) return false;
    if (query.index && !indexed.get(query.index.name)?.includes(query.index.value)) return false;
    return !query.labels || matchesLabels(query.labels, entry?.labels);
  }

  #end(state: 'expired' | 'disposed'): void {
    this.#state = state;
    this.#undo.clear();
    this.#log.length = 0;
    this.#live.snapshots.delete(this);
  }

  #check(): void {
    if (this.#state === 'expired') throw new SnapshotExpired();
    if (this.#state === 'disposed') throw new StoreError('SNAPSHOT_DISPOSED', 'this snapshot was disposed; take another');
  }
}
