import type { Change } from './change.ts';
import type { Entry } from './entry.ts';
import type { KeyInput } from './key.ts';
import type { RawRecord, ScopeId } from './record.ts';
import type { View } from './view.ts';

/** A relist collected aside. Nothing is visible before commit; an abort leaves nothing. */
export interface Replacement<T> {
  /** Collects one object. Of two with one key and UID the newer stays (by the store's order of versions), whatever their order. */
  put(record: RawRecord): void;
  /**
   * Keeps what stands in the store under this key with this UID: the list brought a version of it that there was no room for. Nothing happens where
   * no such object stands, or where another version of it was collected.
   */
  keep(key: KeyInput, uid: string): void;
  /**
   * Takes out of the store at once what stands there for the scope, or for one of the others, and is not in the list, and gives the deletes. For a store
   * that has no room for the list beside what it holds: a removal takes no room. The rest of the difference is that of the commit.
   */
  trim(others?: readonly ScopeId[]): readonly Change<T>[];
  /** Takes a collected object out again, if the key holds this UID: a streamed list may bring a DELETED before its end. */
  remove(key: KeyInput, uid: string): void;
  /**
   * Swaps the collected set in at once and gives the exact difference to what stood there for this scope. Publishes at once;
   * walking the changes is the caller's time. Records of equal UID, version and bytes are used again and give no change.
   */
  commit(version: string): Iterable<Change<T>>;
  abort(): void;
}

/** The one owner of a store's content. */
export interface Writer<T> {
  readonly view: View<T>;
  /**
   * Stores one object. Empty if the stored one is equal or not older (by the store's order of versions).
   * Another UID under the key gives a delete, then an add.
   */
  put(record: RawRecord): readonly Change<T>[];
  /** Removes the key if it holds this UID. `final` is the last state, as the DELETED event brought it. */
  remove(key: KeyInput, uid: string, final?: RawRecord): readonly Change<T>[];
  replace(scope: ScopeId): Replacement<T>;
  /**
   * Hands the objects of one namespace of a scope over to another scope, which keeps them from now on. Readers see nothing of it: no
   * change, no new sequence. For a scope that is taken apart, or taken over by a wider one, while it is live.
   */
  move(from: ScopeId, to: ScopeId, namespace: string): void;
  /** Adds an index while live; its extractor runs here, in the writer, once for each object and version. */
  addIndex(name: string, extract: IndexExtractor<T>): void;
}

/** The values under which an index holds an object; empty: not at all. Must be pure. */
export type IndexExtractor<T> = (entry: Entry<T>) => readonly string[];
