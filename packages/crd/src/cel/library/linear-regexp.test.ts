import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pattern, text } from '../../testing/regexp-patterns.ts';
import { LinearRegExp } from './linear-regexp.ts';
import { startBudget } from './work-budget.ts';

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

test('matches that are empty do not stand right behind another', () => {
  startBudget(1e6);
  expect(new LinearRegExp('a*').findAll('baac')).toEqual(['', 'aa', '']);
  expect(new LinearRegExp('').findAll('😀')).toEqual(['', '']);
});
