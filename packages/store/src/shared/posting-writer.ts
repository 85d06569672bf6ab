import { hashOfText, textWords, writeText, type Arena, type LeaseBook } from '@kubecast/shared-memory';
import type { PostingMirror } from '../indexes/postings.ts';
import type { ChangeLog } from './change-log.ts';
import { LOG_POST, LOG_UNPOST, POSTING_COUNT, POSTING_HASH, POSTING_INDEX, POSTING_LIST, POSTING_TEXT } from './layout.ts';
import { SHARDS } from './table-writer.ts';
import type { TableWriter } from './table-writer.ts';

/** One index for readers: for each value a posting, with the slots in the same places as in the writer's own list. */
export class PostingWriter implements PostingMirror {
  readonly #index: number;
  readonly #seed: number;
  readonly #arena: Arena;
  readonly #leases: LeaseBook;
  readonly #tables: TableWriter;
  readonly #log: ChangeLog;

  constructor(index: number, seed: number, arena: Arena, leases: LeaseBook, tables: TableWriter, log: ChangeLog) {
    this.#index = index;
    this.#seed = seed;
    this.#arena = arena;
    this.#leases = leases;
    this.#tables = tables;
    this.#log = log;
  }

  open(value: string, room: number): number {
    const text = textWords(value);
    const hash = hashOfText(text, this.#seed, this.#index);
    this.#tables.prepare(hash & (SHARDS - 1), 1);
    const capacity = Math.max(7, room);
    const posting = this.#arena.take(POSTING_TEXT + text.length);
    let list: number;
    try {
      list = this.#arena.take(capacity + 1);
    } catch (error) {
      this.#arena.give(posting, POSTING_TEXT + text.length);
      throw error;
    }
    const { words } = this.#arena;
    words[posting + POSTING_HASH] = hash;
    words[posting + POSTING_INDEX] = this.#index;
    writeText(words, posting + POSTING_TEXT, text);
    words[list] = capacity;
    words[posting + POSTING_LIST] = list;
    this.#tables.insert(hash, posting);
    return posting;
  }

  reserve(posting: number, room: number): void {
    const before = this.#arena.words[posting + POSTING_LIST] as number;
    const capacity = this.#arena.words[before] as number;
    if (room <= capacity) return;
    const larger = Math.max(room, capacity * 2 + 1);
    const list = this.#arena.take(larger + 1);
    const { words } = this.#arena;
    words.copyWithin(list + 1, before + 1, before + 1 + (words[posting + POSTING_COUNT] as number));
    words[list] = larger;
    Atomics.store(words, posting + POSTING_LIST, list);
    this.#leases.later(() => this.#arena.give(before, capacity + 1));
  }

  append(posting: number, slot: number): void {
    this.#log.add(LOG_POST, slot, posting);
    const { words } = this.#arena;
    const count = words[posting + POSTING_COUNT] as number;
    words[(words[posting + POSTING_LIST] as number) + 1 + count] = slot;
    Atomics.store(words, posting + POSTING_COUNT, count + 1);
  }

  /** The last slot takes the place; for a moment it stands twice, and never nowhere. */
  remove(posting: number, slot: number, at: number): void {
    this.#log.add(LOG_UNPOST, slot, posting);
    const { words } = this.#arena;
    const last = (words[posting + POSTING_COUNT] as number) - 1;
    const list = words[posting + POSTING_LIST] as number;
    if (at !== last) Atomics.store(words, list + 1 + at, words[list + 1 + last] as number);
    Atomics.store(words, posting + POSTING_COUNT, last);
  }

  close(posting: number): void {
    const { words } = this.#arena;
    this.#tables.delete(words[posting + POSTING_HASH] as number, posting);
    const list = words[posting + POSTING_LIST] as number;
    const capacity = words[list] as number;
    const length = POSTING_TEXT + 1 + (((words[posting + POSTING_TEXT] as number) + 3) >> 2);
    this.#leases.later(() => {
      this.#arena.give(posting, length);
      this.#arena.give(list, capacity + 1);
    });
  }
}
