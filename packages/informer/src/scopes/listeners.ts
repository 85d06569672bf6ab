import { ignoreRejection } from './thenable.ts';

/** Functions of the program that are told something. One that throws or rejects keeps nothing from the others. */
export class Listeners<T> {
  readonly #all = new Set<(told: T) => unknown>();

  /** Each call is a registration of its own, also of the same function. Gives back its undo. */
  add(listener: (told: T) => unknown): Disposable {
    const own = (told: T): unknown => listener(told);
    this.#all.add(own);
    return { [Symbol.dispose]: () => void this.#all.delete(own) };
  }

  get size(): number {
    return this.#all.size;
  }

  tell(told: T): void {
    for (const listener of [...this.#all]) callListener(() => listener(told));
  }

  clear(): void {
    this.#all.clear();
  }
}

/** Calls a listener, whose failure is its own matter. */
export function callListener(call: () => unknown): void {
  try {
    ignoreRejection(call());
  } catch {
    // What was told stands.
  }
}
