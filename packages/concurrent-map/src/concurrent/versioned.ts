/** A value and the version at which it was written. Versions of one map grow with each write, whatever the key; the first is 1. */
export interface Versioned<V> {
  readonly value: V;
  readonly version: number;
}

/** Where a map keeps a value. A write of the key changes it in place, so it never leaves the package: a map of a million entries would else leave garbage at each write. */
export interface Cell<V> {
  value: V;
  version: number;
}

/** One write, told to subscribers in the order of `sequence`. `sequence` is the version that the write got; a delete gets one too. */
export interface MapChange<V> {
  readonly type: 'set' | 'deleted';
  readonly key: string;
  /** What stands under the key now; absent for a delete. */
  readonly value?: V;
  /** What stood there before; absent where nothing did. */
  readonly previous?: V;
  readonly sequence: number;
}

/** What replaceAll() changed. Values that are equal to what stood there are in none of the lists, and keep their versions. */
export interface MapDifference {
  readonly added: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  /** The sequence of the last change; the map's own where nothing changed. */
  readonly sequence: number;
}
