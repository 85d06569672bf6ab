import { COMMITTED, HEAD, LOG_ENTRY, LOG_SIZE, ROUNDS } from './layout.ts';

/** The writer's side of the log: each change is written here before it is made. */
export class ChangeLog {
  readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(LOG_SIZE * LOG_ENTRY * 4);
  readonly #words: Int32Array = new Int32Array(this.buffer);
  readonly #control: Int32Array;
  #head = 0;
  #committed = 0;

  constructor(control: Int32Array) {
    this.#control = control;
  }

  /** Changes of the operation under way. */
  get open(): number {
    return (this.#head - this.#committed) | 0;
  }

  add(what: number, slot: number, before: number): void {
    const at = (this.#head & (LOG_SIZE - 1)) * LOG_ENTRY;
    const words = this.#words;
    words[at] = what;
    words[at + 1] = slot;
    words[at + 2] = before;
    this.#head = (this.#head + 1) | 0;
    Atomics.store(this.#control, HEAD, this.#head);
  }

  commit(): void {
    // Unsigned: a round is over when it falls.
    if (this.#head >>> 0 < this.#committed >>> 0) Atomics.add(this.#control, ROUNDS, 1);
    this.#committed = this.#head;
    Atomics.store(this.#control, COMMITTED, this.#head);
  }
}
