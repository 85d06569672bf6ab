import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pattern, text } from '../testing/regexp-patterns.ts';
import { PatternAutomaton } from './pattern-automaton.ts';

test('tells whether the regular expressions of JavaScript find something, where both have the form', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), (source, texts) => {
      const automaton = new PatternAutomaton(source);
      // Several texts, so that states which are kept are used.
      expect(texts.map((one) => automaton.test(one))).toEqual(texts.map((one) => new RegExp(source, 'u').test(one)));
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test.each([
  ['^[a-z]+$', 'ab\n', false],
  ['(?m)^b$', 'a\nb\nc', true],
  ['^b$', 'a\nb\nc', false],
  ['a.c', 'a\nc', false],
  ['(?s)a.c', 'a\nc', true],
  ['(?i)^straße$', 'STRAßE', true],
  ['^\\p{L}+$', 'Größe', true],
  ['^\\P{L}+$', 'Größe', false],
  ['^.$', '😀', true],
  ['^..$', '😀', false],
  ['^[😀-😂]{2}$', '😀😂', true],
  ['\\bfoo\\b', 'a foo.', true],
  ['\\bfoo\\b', 'afoo', false],
  // A letter that is not ASCII ends a word in RE2.
  ['\\bfoo\\b', 'äfoo', true],
  ['^\\Q(*\\E$', '(*', true],
  ['^\\101\\x42\\x{43}$', 'ABC', true],
  ['^[[:alpha:]]+$', 'abc', true],
  ['^(?:a|b){2,3}$', 'abab', false],
  ['^(?:a|b){2,3}$', 'aba', true],
  ['', '', true],
  ['^$', '', true],
  ['^$', 'a', false],
  ['a\\z', 'ba', true],
  ['\\Aa', 'ba', false],
])('%s on %j: %s', (source, given, fits) => {
  const automaton = new PatternAutomaton(source);
  expect([automaton.test(given), automaton.test(given)]).toEqual([fits, fits]);
});

test('a pattern that never ends in JavaScript ends in a time that grows with the text', () => {
  const automaton = new PatternAutomaton('^(([a-z])+.)+[A-Z]([a-z])+$');
  expect(automaton.test('a'.repeat(1_000_000))).toBe(false);
});

test('more states than are kept give the same answers', () => {
  const source = '^(?:a|b)*a(?:a|b){11}$';
  const automaton = new PatternAutomaton(source);
  const plain = new RegExp(source, 'u');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 400 }), (given) => {
      expect(automaton.test(given)).toBe(plain.test(given));
    }),
    { numRuns: 500, seed: 2 },
  );
});
