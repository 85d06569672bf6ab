import { StoreError } from '../store-error.ts';

/** The first words are not given out: 0 means no block. */
const START = 8;
const STEP = 1 << 16;

/** What a growable SharedArrayBuffer is made of in all three runtimes; TypeScript's own type of it is younger than our target. */
export function growable(bytes: number, maxBytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes, { maxByteLength: maxBytes });
}

/** Blocks of words in shared memory. What is freed is given again to blocks of the same size; the buffer only grows. */
export class Arena {
  readonly buffer: SharedArrayBuffer;
  words: Int32Array;
  readonly #free = new Map<number, number[]>();
  #end = START;

  constructor(maxBytes: number) {
    this.buffer = growable(STEP, maxBytes);
    this.words = new Int32Array(this.buffer, 0, STEP >> 2);
  }

  /** Bytes that were ever given out. */
  get bytes(): number {
    return this.#end << 2;
  }

  /** A block of at least so many words, all zero. */
  take(length: number): number {
    const size = sizeOf(length);
    const again = this.#free.get(size)?.pop();
    if (again !== undefined) {
      this.words.fill(0, again, again + size);
      return again;
    }
    const block = this.#end;
    if ((block + size) << 2 > this.words.length << 2) this.#grow(block + size);
    this.#end = block + size;
    return block;
  }

  give(block: number, length: number): void {
    const size = sizeOf(length);
    const free = this.#free.get(size);
    if (free) free.push(block);
    else this.#free.set(size, [block]);
  }

  #grow(words: number): void {
    const wanted = Math.max(words * 4, this.buffer.byteLength + Math.max(STEP, this.buffer.byteLength >> 2));
    const bytes = Math.min(this.buffer.maxByteLength, (wanted + STEP - 1) & -STEP);
    if (bytes < words * 4)
      throw new StoreError(
        'SHARED_FULL',
        `the shared index needs more than ${this.buffer.maxByteLength} bytes; give the store more with \`shared.indexBytes\``,
      );
    this.buffer.grow(bytes);
    this.words = new Int32Array(this.buffer, 0, bytes >> 2);
  }
}

/** Powers of two up to 64 words, then eighths of them: little is lost, and blocks are used again. */
function sizeOf(length: number): number {
  if (length <= 8) return 8;
  const step = 1 << Math.max(3, 28 - Math.clz32(length));
  return (length + step - 1) & -step;
}
