import { growable } from './growable.ts';
import { RoomMap } from './room-map.ts';

/** The first words are not given out: 0 means no block. */
const START = 8;
const STEP = 1 << 16;
/** Every block is of whole grains. */
const GRAIN = 8;

/**
 * Blocks of words in shared memory. What is freed is given again to blocks of the same size; where none is left and the buffer is full, freed
 * neighbours are joined and cut anew.
 */
export class Arena {
  readonly buffer: SharedArrayBuffer;
  words: Int32Array;
  readonly #free = new Map<number, number[]>();
  /** Freed blocks that were joined. */
  #joined: RoomMap | undefined;
  readonly #full: (bytes: number) => Error;
  #end = START;

  /** `full` makes the error that is thrown when the arena has no room: it names what the user can do. */
  constructor(maxBytes: number, full: (bytes: number) => Error) {
    this.#full = full;
    this.buffer = growable(Math.min(STEP, maxBytes), maxBytes);
    this.words = new Int32Array(this.buffer, 0, this.buffer.byteLength >> 2);
  }

  /** Bytes that were ever given out. */
  get bytes(): number {
    return this.#end << 2;
  }

  /**
   * A block of at least so many words, all zero.
   * @throws what `full` makes; nothing was changed.
   */
  take(length: number): number {
    const size = sizeOf(length);
    let block = this.#free.get(size)?.pop() ?? this.#cut(size);
    if (block === undefined && (this.#end + size) * 4 > this.words.byteLength && !this.#grow(this.#end + size)) {
      this.#join();
      block = this.#cut(size);
      if (block === undefined) throw this.#full(this.buffer.maxByteLength);
    }
    if (block !== undefined) {
      this.words.fill(0, block, block + size);
      return block;
    }
    block = this.#end;
    this.#end += size;
    return block;
  }

  give(block: number, length: number): void {
    const size = sizeOf(length);
    const free = this.#free.get(size);
    if (free) free.push(block);
    else this.#free.set(size, [block]);
  }

  #cut(size: number): number | undefined {
    const at = this.#joined?.take(size / GRAIN) ?? -1;
    return at < 0 ? undefined : at * GRAIN;
  }

  #join(): void {
    this.#joined ??= new RoomMap(0);
    for (const [size, blocks] of this.#free) for (const block of blocks) this.#joined.give(block / GRAIN, size / GRAIN);
    this.#free.clear();
  }

  #grow(words: number): boolean {
    const wanted = Math.max(words * 4, this.buffer.byteLength + Math.max(STEP, this.buffer.byteLength >> 2));
    const bytes = Math.min(this.buffer.maxByteLength & -4, (wanted + STEP - 1) & -STEP);
    if (bytes < words * 4) return false;
    try {
      this.buffer.grow(bytes);
    } catch {
      return false;
    }
    this.words = new Int32Array(this.buffer, 0, bytes >> 2);
    return true;
  }
}

/** Powers of two up to 64 words, then eighths of them: little is lost, and blocks are used again. */
function sizeOf(length: number): number {
  if (length <= 8) return 8;
  const step = 1 << Math.max(3, 28 - Math.clz32(length));
  return (length + step - 1) & -step;
}
