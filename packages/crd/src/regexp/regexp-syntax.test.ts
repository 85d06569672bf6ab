import { expect, test } from 'vitest';
import { parseRegExp } from './regexp-syntax.ts';

const problem = (pattern: string): string => {
  try {
    parseRegExp(pattern);
    return '';
  } catch (error) {
    return (error as Error).message.slice('error parsing regexp: '.length);
  }
};

// The words of Go's regexp/syntax; the API server's whole answers are observed in the suites.
test.each([
  ['(', 'missing closing ): `(`'],
  ['a(b', 'missing closing ): `a(b`'],
  ['a)b', 'unexpected ): `a)b`'],
  ['x[a', 'missing closing ]: `[a`'],
  ['[b-a]', 'invalid character class range: `b-a`'],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a*?+?b', 'invalid nested repetition operator: `*?+?`'],
  ['a{2}{3}', 'invalid nested repetition operator: `{2}{3}`'],
  ['*', 'missing argument to repetition operator: `*`'],
  ['a|+?b', 'missing argument to repetition operator: `+?`'],
  ['({2})', 'missing argument to repetition operator: `{2}`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{3,2}', 'invalid repeat count: `{3,2}`'],
  ['(?:a{50}){50}', 'invalid repeat count: `{50}`'],
  ['((?:a{2,10}?b*){10}){11}?', 'invalid repeat count: `{11}?`'],
  ['\\', 'trailing backslash at end of expression: ``'],
  ['(a)\\1', 'invalid escape sequence: `\\1`'],
  ['\\8', 'invalid escape sequence: `\\8`'],
  ['\\q', 'invalid escape sequence: `\\q`'],
  ['\\x{110000}', 'invalid escape sequence: `\\x{110000}`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(?iz)', 'invalid or unsupported Perl syntax: `(?iz`'],
  ['(?P=n)', 'invalid or unsupported Perl syntax: `(?P`'],
  ['x(?<=a)', 'invalid named capture: `(?<=a)`'],
  ['(?P<>a)', 'invalid named capture: `(?P<>`'],
  ['\\pX', 'invalid character class range: `\\pX`'],
  ['\\p{Alphabetic}', 'invalid character class range: `\\p{Alphabetic}`'],
  [`${'('.repeat(300)}${')'.repeat(300)}`, `expression nests too deeply: \`${'('.repeat(300)}${')'.repeat(300)}\``],
])('refuses %s: %s', (pattern, said) => {
  expect(problem(pattern)).toBe(said);
});

test.each([
  'a{2',
  'a{,2}',
  'a{0}',
  '(?:a{10}){100}',
  '(?:a*){1000}',
  '(?:a{1000}){0}',
  '(?<n>a)(?P<m>b)',
  '[]a]',
  '[^]a]',
  '[a-]',
  '[\\d-z]',
  '\\p{Greek}\\pL\\P{Lu}\\p{^N}\\p{Any}',
  '\\Q(*\\E',
  '\\Aa\\z',
  '\\0\\012\\x41\\x{1F600}',
  '[[:ascii:][:^blank:][:cntrl:][:graph:][:print:]]',
  '(?i)a(?-i)b(?s-m:.)(?U)a*',
  '|',
  '()',
  '',
])('reads %s', (pattern) => {
  expect(problem(pattern)).toBe('');
});
