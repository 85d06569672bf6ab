import { StoreError } from '../store-error.ts';

/** Keeps the user's code that a write runs (extractors, a transform, the order of versions) from writing to the same store meanwhile. */
export class WriteGuard {
  #writing = false;

  /** @throws StoreError STORE_BUSY from within a write. */
  enter(): void {
    if (this.#writing)
      throw new StoreError(
        'STORE_BUSY',
        'an extractor, transform or compareVersions may not write to the store that calls it; write after the call',
      );
    this.#writing = true;
  }

  leave(): void {
    this.#writing = false;
  }

  run<R>(write: () => R): R {
    this.enter();
    try {
      return write();
    } finally {
      this.leave();
    }
  }
}
