import type { MapChange } from './versioned.ts';

/** Where a subscription reads its changes. */
export interface ChangeSource<V> {
  /** The sequence of the last change. */
  readonly sequence: number;
  /** The changes after `sequence`, at most `limit`; throws ChangesLostError when the first of them is no longer kept. */
  after(sequence: number, limit: number): MapChange<V>[];
  /** Calls back once, when there may be changes after those that after() saw last. Returns the undo. */
  onNext(callback: () => void): () => void;
}
