/** One benchmark: a program of its own, so that no other's heap or compiled code is in its way. */
export interface BenchCase {
  readonly name: string;
  readonly measures: string;
  /** From this folder. Prints progress to stderr and one JSON object of figures as the last line of stdout. */
  readonly file: string;
}

export const cases: readonly BenchCase[] = [
  {
    name: 'store',
    measures:
      'the object store against a plain Map of parsed objects, in one run: bytes, reads, writes, selects, a relist, a snapshot, files',
    file: 'store-case.ts',
  },
  {
    name: 'propagation',
    measures: 'from the answer of an apply until the last of two resolvers serves the change over HTTP, on the quickstart',
    file: 'propagation-case.ts',
  },
];
