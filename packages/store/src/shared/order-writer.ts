import type { Arena, LeaseBook } from '@kubecast/shared-memory';
import type { Chunk, OrderMirror } from '../keys/ordered-slots.ts';
import { ROOM } from '../keys/ordered-slots.ts';
import { LIST_ENTRIES, ORDER } from './layout.ts';

const CHUNK_WORDS = ROOM + LIST_ENTRIES;
/** Blocks that are kept for removals, so that a store that is full can still be emptied. */
const KEPT = 4;

/** A chunk as readers find it. */
interface Published {
  readonly chunk: Chunk;
  /** 0: none yet. */
  block: number;
  dirty: boolean;
  /** Where it stood when it became dirty. */
  number: number;
}

/** A block for a directory. */
interface Directory {
  readonly block: number;
  readonly capacity: number;
}

/**
 * The order of the keys for readers: the writer's own chunks, copied when an operation is complete. A slot more at the end of a chunk is written at
 * once; a chunk that was changed elsewhere is written anew and put in place by one store, and so is the directory if chunks came or went. Until
 * then readers find the order from before, which the log takes them back to anyway.
 */
export class OrderWriter implements OrderMirror {
  readonly #control: Int32Array;
  readonly #arena: Arena;
  readonly #leases: LeaseBook;
  readonly #chunks: Published[] = [];
  readonly #dirty: Published[] = [];
  #directory: Directory = { block: 0, capacity: 0 };
  /** The directory says something else than the chunks. */
  #reordered = false;
  /** Blocks of chunks that came or went since the directory was written. */
  #gone: number[] = [];
  readonly #stock: number[] = [];
  #directories: Directory[] = [];

  constructor(control: Int32Array, arena: Arena, leases: LeaseBook) {
    this.#control = control;
    this.#arena = arena;
    this.#leases = leases;
    this.#fill(KEPT, 1, 7);
  }

  /**
   * Takes what is kept for the next removal, where a removal used it up. Every write but a removal calls it first: otherwise the write would use the room that a
   * removal let go of, and a store that is full could not be emptied.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  reserve(): void {
    this.#fill(KEPT, 1, this.#chunks.length);
  }

  /**
   * Takes what an operation may need in so many parts that are shown one after the other.
   * @throws StoreError SHARED_FULL; nothing was changed.
   */
  prepare(adds: number, removes: number, parts: number): void {
    const there = this.#chunks.length;
    // Halves that are split again were filled again before.
    const fresh = Math.ceil(adds / (ROOM >> 1)) + (adds > 0 ? 1 : 0);
    const chunks = (Math.min(2 * adds + removes, there + fresh) + fresh) * parts;
    const kept = adds > 0 ? 1 : 0;
    try {
      this.#fill(chunks + KEPT * kept, parts + kept, there + fresh);
    } catch (error) {
      this.#trim();
      throw error;
    }
  }

  appended(number: number): void {
    const published = this.#chunks[number] as Published;
    if (published.dirty) return;
    const { slots, count } = published.chunk;
    const { words } = this.#arena;
    words[published.block + LIST_ENTRIES + count - 1] = slots[count - 1] as number;
    Atomics.store(words, published.block, count);
  }

  changed(number: number): void {
    const published = this.#chunks[number] as Published;
    published.number = number;
    if (published.dirty) return;
    published.dirty = true;
    this.#dirty.push(published);
  }

  added(number: number, chunk: Chunk): void {
    const published: Published = { chunk, block: 0, dirty: true, number };
    this.#chunks.splice(number, 0, published);
    this.#dirty.push(published);
    this.#reordered = true;
  }

  removed(number: number): void {
    const [published] = this.#chunks.splice(number, 1);
    if (published && published.block !== 0) this.#gone.push(published.block);
    if (published) published.number = -1;
    this.#reordered = true;
  }

  /** Shows the order as it is now. What it takes was prepared. */
  flush(): void {
    if (this.#dirty.length === 0 && !this.#reordered) return;
    const { words } = this.#arena;
    for (const published of this.#dirty) {
      published.dirty = false;
      if (published.number < 0) continue;
      const before = published.block;
      const block = this.#stock.pop() ?? this.#arena.take(CHUNK_WORDS);
      const { slots, count } = published.chunk;
      for (let i = 0; i < count; i += 1) this.#arena.words[block + LIST_ENTRIES + i] = slots[i] as number;
      this.#arena.words[block] = count;
      published.block = block;
      if (!this.#reordered) Atomics.store(words, this.#directory.block + LIST_ENTRIES + published.number, block);
      if (before !== 0) this.#release(before);
    }
    this.#dirty.length = 0;
    if (this.#reordered) this.#publish();
    this.#reordered = false;
    for (const block of this.#gone) this.#release(block);
    this.#gone = [];
    this.#trim();
  }

  #publish(): void {
    const chunks = this.#chunks;
    const found = this.#directories.findIndex(({ capacity }) => capacity >= chunks.length);
    const [directory = this.#newDirectory(chunks.length)] = found < 0 ? [] : this.#directories.splice(found, 1);
    const { words } = this.#arena;
    for (let i = 0; i < chunks.length; i += 1) words[directory.block + LIST_ENTRIES + i] = (chunks[i] as Published).block;
    words[directory.block] = chunks.length;
    const before = this.#directory;
    this.#directory = directory;
    Atomics.store(this.#control, ORDER, directory.block);
    if (before.block !== 0) this.#leases.later(() => this.#arena.give(before.block, before.capacity + LIST_ENTRIES));
  }

  #newDirectory(chunks: number): Directory {
    const capacity = Math.max(7, chunks + (chunks >> 2));
    return { block: this.#arena.take(capacity + LIST_ENTRIES), capacity };
  }

  #fill(chunks: number, directories: number, capacity: number): void {
    while (this.#stock.length < chunks) this.#stock.push(this.#arena.take(CHUNK_WORDS));
    let fit = 0;
    for (const directory of this.#directories) if (directory.capacity >= capacity) fit += 1;
    for (; fit < directories; fit += 1) this.#directories.push(this.#newDirectory(capacity));
  }

  /** Gives back what is not kept for removals. */
  #trim(): void {
    while (this.#stock.length > KEPT) this.#arena.give(this.#stock.pop() as number, CHUNK_WORDS);
    const fits = this.#directories.find(({ capacity }) => capacity >= this.#chunks.length);
    for (const directory of this.#directories) if (directory !== fits) this.#arena.give(directory.block, directory.capacity + LIST_ENTRIES);
    this.#directories = fits ? [fits] : [];
  }

  #release(chunk: number): void {
    this.#leases.later(() => this.#arena.give(chunk, CHUNK_WORDS));
  }
}
