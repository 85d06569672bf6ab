import type { Entry } from './entry.ts';

/**
 * What one write did. Another UID under a key is two changes: the delete of the old, then the add of the new.
 */
export interface Change<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  /** The object now; for 'deleted' its last known state. */
  readonly entry: Entry<T>;
  /** For 'updated': the object before. For a 'deleted' whose final state was given: what stood in the store. */
  readonly previous?: Entry<T>;
  /** For 'deleted': false where the final state was not seen (found missing by a relist). */
  readonly finalStateKnown?: boolean;
}
