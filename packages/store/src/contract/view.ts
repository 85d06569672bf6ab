import type { DeepReadonly, Entry } from './entry.ts';
import type { KeyInput } from './key.ts';
import type { Query } from './query.ts';

/** The read-only face of a store. Reads are synchronous and never see a half-applied relist. */
export interface View<T> {
  get(key: KeyInput): DeepReadonly<T> | undefined;
  entry(key: KeyInput): Entry<T> | undefined;
  /** Entries in key order: bytes of cluster, then of `namespace/name`, slash included, as the API server lists. */
  select(query?: Query): IterableIterator<Entry<T>>;
  /** A consistent picture of now. Dispose it when done; its undo is capped. */
  snapshot(): View<T> & Disposable;
  /** Grows with every committed change. */
  readonly sequence: bigint;
  /** Number of entries. */
  readonly size: number;
}
