/** Those who are told of changes. What functions of the user throw costs only themselves. */
export class ChangeListeners {
  readonly #listeners = new Set<{ readonly listener: (id: string) => void }>();
  readonly #onError: () => void;

  constructor(onError: () => void) {
    this.#onError = onError;
  }

  /** Gives back its undo; one function may be added twice. */
  add(listener: (id: string) => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  tell(id: string): void {
    // Those who listen now: one that a listener adds is told of the next change.
    let left = this.#listeners.size;
    for (const { listener } of this.#listeners) {
      if (left === 0) return;
      left -= 1;
      this.safely(() => listener(id));
    }
  }

  /** Counts what a function of the user throws, also after an await. */
  safely(call: () => unknown): void {
    try {
      const result = call();
      if (result instanceof Promise) result.catch(this.#onError);
    } catch {
      this.#onError();
    }
  }
}
