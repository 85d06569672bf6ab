import type { KeptPromise } from '../check-promises.ts';

const file = 'packages/json-bytes/src/json-bytes.test.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: 'takes and refuses what `JSON.parse` takes and refuses',
    test: file,
    named: 'the validator takes and refuses what JSON.parse behind a fatal TextDecoder takes and refuses',
  },
  {
    says: 'Nesting deeper than its bound (500 by default, at most 16,777,216) is refused.',
    test: file,
    named: 'a bound of nesting that is no whole number, below 0 or beyond memory is refused when the validator is made',
  },
  {
    says: 'Names that are written with escapes are compared by what they mean.',
    test: file,
    named: 'what is read with cursors is what JSON.parse reads, duplicate names and all, and they refuse together',
  },
  {
    says: '`*` goes into every item of an array.',
    test: file,
    named: 'a path reads the texts that a walk over the parsed value finds, whatever is doubled or escaped',
  },
  {
    says: 'Of members with one name the last counts',
    test: file,
    named: 'of members with one name the last counts on every level of a path',
  },
  {
    says: 'An integer is given with all its digits',
    test: file,
    named: 'a path gives integers with all their digits, and other numbers as String gives them',
  },
  { says: 'Only a `Uint8Array` is read', test: file, named: 'what is no bytes is refused as such by every reader' },
  {
    says: 'A byte order mark is refused before a text',
    test: file,
    named: 'a byte order mark is refused before a text and is a character within a string',
  },
  {
    says: 'Every error is a `JsonBytesError` with the code `JSON_INVALID`, a `reason`, and the `offset` in bytes. It quotes nothing of what was read.',
    test: file,
    named: 'an error names the reason and the byte, and quotes nothing of what it read',
  },
];
