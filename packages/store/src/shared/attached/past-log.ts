import { IterationExpired } from '../../store-error.ts';
import { COMMITTED, HEAD, LOG_ADD, LOG_DELETE, LOG_ENTRY, LOG_POST, LOG_SET, LOG_SIZE, LOG_UNPOST } from '../layout.ts';
import type { SharedMemory } from './shared-memory.ts';

/** What changed since a moment, read from the writer's log as far as it has got. */
export class PastLog {
  readonly #memory: SharedMemory;
  /** The position up to which the log was read. */
  seen: number;
  /** What each slot named then, of those that were changed since. */
  readonly before: Map<number, number> = new Map<number, number>();
  /** Slots whose key left since. */
  readonly gone: Set<number> = new Set<number>();
  /** Changes of postings since, the oldest first: what, slot, posting. */
  readonly postings: (readonly [number, number, number])[] = [];
  readonly #positions: number[] = [];

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.seen = Atomics.load(memory.control, COMMITTED);
  }

  /** @throws IterationExpired if the log was written over since. */
  sync(): void {
    const { control, log } = this.#memory;
    const head = Atomics.load(control, HEAD);
    if (head === this.seen) return;
    const from = this.seen;
    const entries: number[] = [];
    const count = (head - from) | 0;
    if (count < LOG_SIZE)
      for (let i = 0; i < count; i += 1) {
        const at = ((from + i) & (LOG_SIZE - 1)) * LOG_ENTRY;
        entries.push(log[at] as number, log[at + 1] as number, log[at + 2] as number);
      }
    // The entry at the head may be half written over already.
    if (((Atomics.load(control, HEAD) - from) | 0) >= LOG_SIZE) throw new IterationExpired('too much changed since');
    for (let i = 0; i < count; i += 1) {
      const what = entries[i * 3] as number;
      const slot = entries[i * 3 + 1] as number;
      const value = entries[i * 3 + 2] as number;
      if (what === LOG_POST || what === LOG_UNPOST) {
        this.postings.push([what, slot, value]);
        this.#positions.push((from + i) | 0);
        continue;
      }
      if ((what === LOG_ADD || what === LOG_SET || what === LOG_DELETE) && !this.before.has(slot)) this.before.set(slot, value);
      if (what === LOG_DELETE && (this.before.get(slot) ?? -1) >= 0) this.gone.add(slot);
    }
    this.seen = head;
  }

  /** Whether a posting that is meant was changed from a position on. */
  posts(from: number, meant: (posting: number) => boolean): boolean {
    for (let i = this.#positions.length - 1; i >= 0 && (((this.#positions[i] as number) - from) | 0) >= 0; i -= 1)
      if (meant((this.postings[i] as readonly [number, number, number])[2])) return true;
    return false;
  }
}
