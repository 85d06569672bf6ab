import type { OrderMirror } from '../keys/ordered-slots.ts';
import type { Arena } from './arena.ts';
import { LIST_ENTRIES, ORDER } from './layout.ts';
import type { LeaseBook } from './leases.ts';

/**
 * The order of the keys for readers: the writer's own chunks, copied. A chunk that is changed but at its end, and a directory that is changed
 * in its midst, are written anew and put in place by one store.
 */
export class OrderWriter implements OrderMirror {
  readonly #control: Int32Array;
  readonly #arena: Arena;
  readonly #leases: LeaseBook;
  readonly #room: number;
  readonly #chunks: number[] = [];
  #directory = 0;
  #capacity = 0;

  constructor(control: Int32Array, arena: Arena, leases: LeaseBook, room: number) {
    this.#control = control;
    this.#arena = arena;
    this.#leases = leases;
    this.#room = room;
  }

  append(number: number, slot: number, count: number): void {
    const chunk = this.#chunks[number] as number;
    const { words } = this.#arena;
    words[chunk + LIST_ENTRIES + count - 1] = slot;
    Atomics.store(words, chunk, count);
  }

  changed(number: number, slots: Int32Array, count: number): void {
    const before = this.#chunks[number] as number;
    const chunk = this.#copy(slots, count);
    this.#chunks[number] = chunk;
    Atomics.store(this.#arena.words, this.#directory + LIST_ENTRIES + number, chunk);
    this.#release(before);
  }

  /** One chunk becomes two. */
  split(number: number, first: Int32Array, firstCount: number, second: Int32Array, secondCount: number): void {
    const before = this.#chunks[number] as number;
    const changes = this.#arena.words[before] !== firstCount;
    const fresh = [changes ? this.#copy(first, firstCount) : before, this.#copy(second, secondCount)];
    this.#chunks.splice(number, 1, ...fresh);
    this.#publish(number + 1 === this.#chunks.length - 1 && !changes);
    if (changes) this.#release(before);
  }

  add(slots: Int32Array, count: number): void {
    this.#chunks.push(this.#copy(slots, count));
    this.#publish(true);
  }

  removed(number: number): void {
    const [chunk = 0] = this.#chunks.splice(number, 1);
    this.#publish(false);
    this.#release(chunk);
  }

  #copy(slots: Int32Array, count: number): number {
    const chunk = this.#arena.take(this.#room + LIST_ENTRIES);
    const { words } = this.#arena;
    for (let i = 0; i < count; i += 1) words[chunk + LIST_ENTRIES + i] = slots[i] as number;
    words[chunk] = count;
    return chunk;
  }

  #release(chunk: number): void {
    this.#leases.later(() => this.#arena.give(chunk, this.#room + LIST_ENTRIES));
  }

  #publish(atEnd: boolean): void {
    const chunks = this.#chunks;
    if (atEnd && chunks.length <= this.#capacity) {
      const { words } = this.#arena;
      words[this.#directory + LIST_ENTRIES + chunks.length - 1] = chunks.at(-1) as number;
      Atomics.store(words, this.#directory, chunks.length);
      return;
    }
    const capacity = Math.max(7, chunks.length + (chunks.length >> 2));
    const directory = this.#arena.take(capacity + LIST_ENTRIES);
    const { words } = this.#arena;
    for (let i = 0; i < chunks.length; i += 1) words[directory + LIST_ENTRIES + i] = chunks[i] as number;
    words[directory] = chunks.length;
    const before = this.#directory;
    const had = this.#capacity;
    this.#directory = directory;
    this.#capacity = capacity;
    Atomics.store(this.#control, ORDER, directory);
    if (before !== 0) this.#leases.later(() => this.#arena.give(before, had + LIST_ENTRIES));
  }
}
