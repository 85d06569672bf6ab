import type { KeptPromise } from '../check-promises.ts';

const file = 'packages/shared-memory/src/shared-memory.test.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'gives the number of the first word, never 0, and a block whose words are all zero',
    test: file,
    named: 'blocks are zero, never 0 and never overlap, whatever was taken and given before',
  },
  {
    says: 'freed neighbours are joined and cut anew',
    test: file,
    named: 'a full arena throws the error of its owner, and joins freed neighbours for a larger block',
  },
  {
    says: 'When there is no room `take` throws the error',
    test: file,
    named: 'a full arena throws the error of its owner, and joins freed neighbours for a larger block',
  },
  {
    says: 'The buffer grows up to `maxBytes`',
    test: file,
    named: 'the buffer grows up to its bound and no further',
  },
  {
    says: "the writer's and the readers' side of leases, 256 at most",
    test: file,
    named: 'leases that one reader takes within half a second are one, and 256 readers may hold one',
  },
  {
    says: 'once every lease that stood when it was let go of has ended or had its time',
    test: file,
    named: 'what is let go of is freed at once where nobody reads, and after the last lease that stood then where somebody does',
  },
  {
    says: 'no reader stops it longer than its lease and a second',
    test: file,
    named: 'a reader that was killed holds room no longer than its lease and a second',
  },
  {
    says: 'A change of any one word always changes it',
    test: file,
    named: 'a change of any one word changes the checksum',
  },
  {
    says: 'Any string comes back as it was',
    test: file,
    named: 'any string comes back from its words as it was, U+FEFF and half a surrogate pair too',
  },
];
