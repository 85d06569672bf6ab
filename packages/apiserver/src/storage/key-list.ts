/** Maximum number of keys of a chunk, which bounds the copying of an insertion. */
const chunkSize = 512;

/**
 * A sorted set of keys with cheap insertion anywhere. The order is that of UTF-16 code units, which for the names that
 * the server accepts (ASCII) is the order of bytes that etcd lists in.
 */
export class KeyList {
  readonly #chunks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the key if it is not contained yet. */
  add(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      this.#size++;
      return;
    }
    const place = lowerBound(chunk, key);
    if (chunk[place] === key) return;
    chunk.splice(place, 0, key);
    this.#size++;
    if (chunk.length > chunkSize) this.#chunks.splice(at + 1, 0, chunk.splice(chunkSize / 2));
  }

  delete(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const place = lowerBound(chunk, key);
    if (chunk[place] !== key) return;
    chunk.splice(place, 1);
    this.#size--;
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** The keys from `from` on (that one included) that start with `prefix`, as an array of its own. */
  range(prefix: string, from: string = prefix): string[] {
    const start = from > prefix ? from : prefix;
    const out: string[] = [];
    for (let at = this.#chunkFor(start); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as string[];
      for (let place = out.length === 0 ? lowerBound(chunk, start) : 0; place < chunk.length; place++) {
        const key = chunk[place] as string;
        if (!key.startsWith(prefix)) return out;
        out.push(key);
      }
    }
    return out;
  }

  /** The last chunk whose first key is not above `key`. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#chunks[middle] as string[])[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : low - 1;
  }
}

function lowerBound(chunk: readonly string[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
