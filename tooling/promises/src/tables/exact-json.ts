import type { KeptPromise } from '../check-promises.ts';

const file = 'packages/exact-json/src/exact-json.test.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: "also keeps the number's digits",
    test: file,
    named: 'a number keeps its digits exactly where the double that is written would be another number',
  },
  {
    says: 'copy, and that JSON.stringify, Object.keys and for-in do not see',
    test: file,
    named: 'the digits survive spreading, Object.assign, and the changes of other members',
  },
  { says: 'in proportion to its length', test: file, named: 'is read and written in time that grows with their count alone' },
  {
    says: 'nesting of some thousand levels is a RangeError',
    test: file,
    named: 'nesting beyond the stack is a RangeError where a number needs its digits',
  },
  {
    says: '`writeJson` writes these digits as long as the number is the one that was read.',
    test: file,
    named: 'what is read and written back is what it was, to the last digit',
  },
  {
    says: 'whose digits are not known (a copy by structuredClone, a sum) is a `JsonWriteError` with its path',
    test: file,
    named: 'a copy that does not know the digits is refused with its path',
  },
  {
    says: '`writeJson` also refuses what JSON.stringify drops or changes',
    test: file,
    named: 'what JSON.stringify would drop, null or empty is refused by path',
  },
  {
    says: 'has not changed it: the digits that were read are written',
    test: file,
    named: 'a program that sets a number to the double that was read has not changed it',
  },
];
