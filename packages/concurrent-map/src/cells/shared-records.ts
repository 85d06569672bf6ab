import { digest, sameText } from '@kubecast/shared-memory';
import {
  BODY_SUM,
  HASH,
  HEADER_WORDS,
  highOf,
  KEY_WORDS,
  PREV_TAG,
  PREV_WORD,
  SEQ_HIGH,
  SEQ_LOW,
  sequenceOf,
  SLOT,
  SUM,
  UNIT_BYTES,
  UNIT_WORDS,
  VALUE_BYTES,
} from './layout.ts';
import type { FreeBlocks } from './free-blocks.ts';

/** What is kept between two records that are written or read. */
const KEPT_BYTES = 1 << 16;
const FIRST_BYTES = 1 << 12;

/** A key as it is stored, and its hash. */
export interface SharedKey {
  readonly words: Int32Array;
  readonly hash: number;
}

/** A private copy of one record, in which a record is made before it is written, or read after it was copied. */
export class RecordCopy {
  words: Int32Array = new Int32Array(FIRST_BYTES >> 2);
  bytes: Uint8Array = new Uint8Array(this.words.buffer);
  length = 0;

  room(words: number): void {
    if (words <= this.words.length) return;
    this.words = new Int32Array(words + (words >> 1));
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /** Lets go of a room that one large record needed. */
  trim(): void {
    if (this.bytes.length <= KEPT_BYTES) return;
    this.words = new Int32Array(FIRST_BYTES >> 2);
    this.bytes = new Uint8Array(this.words.buffer);
  }

  get sequence(): number {
    return sequenceOf(this.words[SEQ_LOW] as number, this.words[SEQ_HIGH] as number);
  }

  holds(key: SharedKey): boolean {
    return this.words[HASH] === key.hash && this.words[KEY_WORDS] === key.words.length && sameText(this.words, HEADER_WORDS, key.words);
  }

  /** The bytes of the value. */
  get value(): Uint8Array {
    const from = (HEADER_WORDS + (this.words[KEY_WORDS] as number)) * 4;
    return this.bytes.subarray(from, from + (this.words[VALUE_BYTES] as number));
  }

  /** Begins a record; the value is written behind `valueAt`, then sealed. */
  begin(key: SharedKey, mostBytes: number): number {
    const valueAt = HEADER_WORDS + key.words.length;
    this.room(valueAt + ((mostBytes + 3) >> 2) + 1);
    this.words.set(key.words, HEADER_WORDS);
    this.words[HASH] = key.hash;
    this.words[KEY_WORDS] = key.words.length;
    return valueAt * 4;
  }

  /** The value has so many bytes. */
  seal(valueBytes: number): void {
    const from = (HEADER_WORDS + (this.words[KEY_WORDS] as number)) * 4;
    this.length = (from + valueBytes + 3) >> 2;
    this.bytes.fill(0, from + valueBytes, this.length * 4);
    this.words[VALUE_BYTES] = valueBytes;
    this.words[BODY_SUM] = digest(this.words, HEADER_WORDS, this.length);
    this.words[HEADER_WORDS - 1] = 0;
  }

  get units(): number {
    return Math.ceil((this.length * 4) / UNIT_BYTES);
  }
}

/** Records in the blocks: written once, before anybody knows of them, and copied before they are believed. */
export class SharedRecords {
  readonly #blocks: FreeBlocks;

  constructor(blocks: FreeBlocks) {
    this.#blocks = blocks;
  }

  /** Writes key and value into a block that only the caller knows. */
  write(unit: number, made: RecordCopy): void {
    const at = unit * UNIT_WORDS;
    this.#blocks.reach(at + made.length);
    const { words } = this.#blocks;
    if (made.length > 256) words.set(made.words.subarray(HEADER_WORDS, made.length), at + HEADER_WORDS);
    else for (let i = HEADER_WORDS; i < made.length; i += 1) words[at + i] = made.words[i] as number;
  }

  /** Writes the header for a change, slot and pair before; as often as the change has to be tried. */
  name(unit: number, made: RecordCopy, sequence: number, slot: number, tag: number, word: number): void {
    const head = made.words;
    head[SEQ_LOW] = sequence | 0;
    head[SEQ_HIGH] = highOf(sequence);
    head[SLOT] = slot;
    head[PREV_TAG] = tag;
    head[PREV_WORD] = word;
    head[SUM] = digest(head, SEQ_LOW, HEADER_WORDS);
    const at = unit * UNIT_WORDS;
    const { words } = this.#blocks;
    for (let i = SUM; i < HEADER_WORDS; i += 1) words[at + i] = head[i] as number;
  }

  /** One word of a record that is not copied: whoever reads it looks afterwards whether the record was still there. */
  word(unit: number, number: number): number {
    const at = unit * UNIT_WORDS;
    return this.#blocks.reach(at + HEADER_WORDS) ? (this.#blocks.words[at + number] as number) : 0;
  }

  /** Copies what stands in a block; whether it is a whole record. */
  copy(unit: number, into: RecordCopy): boolean {
    const at = unit * UNIT_WORDS;
    if (!this.#blocks.reach(at + HEADER_WORDS)) return false;
    const { words } = this.#blocks;
    for (let i = 0; i < HEADER_WORDS; i += 1) into.words[i] = words[at + i] as number;
    const head = into.words;
    if (digest(head, SEQ_LOW, HEADER_WORDS) !== head[SUM]) return false;
    const length = HEADER_WORDS + (head[KEY_WORDS] as number) + (((head[VALUE_BYTES] as number) + 3) >> 2);
    if (!this.#blocks.reach(at + length)) return false;
    if (length > head.length) {
      const header = head.slice(0, HEADER_WORDS);
      into.room(length);
      into.words.set(header);
    }
    const from = this.#blocks.words;
    const to = into.words;
    if (length > 256) to.set(from.subarray(at + HEADER_WORDS, at + length), HEADER_WORDS);
    else for (let i = HEADER_WORDS; i < length; i += 1) to[i] = from[at + i] as number;
    into.length = length;
    return digest(to, HEADER_WORDS, length) === to[BODY_SUM];
  }
}
