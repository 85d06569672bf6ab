import type { Key } from '@kubecast/store';
import type { ObjectHead } from './object-head.ts';

/** Where a reflector puts what it reads: the store's writer and the handlers behind it. */
export interface ReflectorSink {
  /** Starts a set that is collected aside. At most one is open at a time. */
  collect(): SinkCollection;
  /** An object that was added or changed. Throws where it cannot be stored; nothing is changed then. */
  apply(object: Uint8Array): void;
  /** An object that left; `object` is its last state. */
  remove(head: ObjectHead, object: Uint8Array): void;
}

export interface SinkCollection {
  put(object: Uint8Array): void;
  remove(key: Key, uid: string): void;
  /**
   * Swaps the set in: readers see it when this returns. Throws where the store cannot take it; nothing is changed then, but that what the set lacks may
   * have left a store that is full. The function that it gives
   * back tells the handlers, and resolves when their queues hold the difference; call it once, in the same turn.
   * `incomplete`: objects were skipped, so what is missing may still be there.
   */
  swap(version: string, origin: 'relist' | 'regressed', incomplete: boolean): () => Promise<void>;
  abort(): void;
}
