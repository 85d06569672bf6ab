import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinearRegExp } from './linear-regexp.ts';
import { startBudget } from './work-budget.ts';

const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', 'c');
const pattern = fc.letrec<{ one: string }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: atoms },
    { weight: 2, arbitrary: fc.tuple(tie('one'), tie('one')).map(([a, b]) => a + b) },
    { weight: 2, arbitrary: fc.tuple(tie('one'), tie('one')).map(([a, b]) => `(?:${a}|${b})`) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          atoms.filter((atom) => !/^(?:\^|\$|\\b)$/u.test(atom)),
          fc.constantFrom('*', '+', '?', '*?', '+?', '{1,2}', '{2}'),
        )
        .map(([a, sign]) => a + sign),
    },
  ),
})).one;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' '), maxLength: 8 });

test('finds what the regular expressions of JavaScript find, where both have the form', () => {
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      startBudget(1e6);
      const match = new RegExp(source, 'u').exec(given);
      expect(new LinearRegExp(source).find(given)).toEqual(match === null ? undefined : [match.index, match.index + match[0].length]);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test.each([
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '(a)\\1',
  'a**',
  '(',
  ')',
  '[a',
  'a{1001}',
  '*',
  '[b-a]',
  '\\',
  '(?:a{1000}){1000}',
  '('.repeat(300) + ')'.repeat(300),
])('refuses what RE2 refuses: %s', (source) => {
  expect(() => new LinearRegExp(source)).toThrow();
});

test('matches that are empty do not stand right behind another', () => {
  startBudget(1e6);
  expect(new LinearRegExp('a*').findAll('baac')).toEqual(['', 'aa', '']);
  expect(new LinearRegExp('').findAll('😀')).toEqual(['', '']);
});
