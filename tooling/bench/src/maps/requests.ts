/** Keys of 100 characters, values of 100, and requests for them that are the same in every run. */

/** Numbers in [0, 2^32) of a fixed seed (xorshift32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Numbers in [0, 1) of the same. */
export function randomFractions(numbers: () => number): () => number {
  return () => numbers() / 2 ** 32;
}

/** A new text at each call, though the same characters: whoever asks for a key has seldom the very text that was kept. */
export function keyOf(i: number): string {
  return Buffer.from(
    `cluster-${i % 3}/namespace-${i % 97}/`.padEnd(82, 'models-of-an-app/') + `name-${String(i).padStart(13, '0')}`,
    'latin1',
  ).toString('latin1');
}

export function valueOf(i: number): string {
  return String(i).padEnd(100, 'v');
}

export interface Requests {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** The key to read, or its complement: the key to write. */
  readonly steps: Int32Array;
}

const STEPS = 1 << 20;

/** One tenth of the requests are writes, whatever the key. */
export function requestsFor(entries: number, seed: number = 7): Requests {
  const next = randomNumbers(seed);
  const steps = new Int32Array(STEPS);
  for (let i = 0; i < STEPS; i += 1) {
    const key = next() % entries;
    steps[i] = next() % 10 === 0 ? ~key : key;
  }
  return { keys: Array.from({ length: entries }, (_, i) => keyOf(i)), values: Array.from({ length: 64 }, (_, i) => valueOf(i)), steps };
}
