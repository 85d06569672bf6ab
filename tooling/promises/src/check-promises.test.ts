import { expect, test } from 'vitest';
import { checkPromises } from './check-promises.ts';
import { promises, sentencesOf } from './sentences.ts';

const readme = [
  '# A store',
  '',
  'It keeps objects. A key never',
  'vanishes; `get()` takes 1.5 ms at most.',
  '',
  '```ts',
  'never(); // code is no prose',
  '```',
  '- Every name is a name.',
  '',
  '| what | rule |',
  '| --- | --- |',
  '| keys | at most 253 characters |',
].join('\n');
const files = new Map([['a.test.ts', `test('a key stays where it is', () => {});\ntest("it's a name", () => {});`]]);
const check = (table: Parameters<typeof checkPromises>[1]): string[] => checkPromises(readme, table, (path) => files.get(path));
const kept = [
  { says: 'A key never vanishes', test: 'a.test.ts', named: 'a key stays where it is' },
  { says: 'Every name is a name.', test: 'a.test.ts', named: "it's a name" },
  { says: 'at most 253 characters', test: 'a.test.ts', named: 'a key stays' },
];

test('sentences are cut from paragraphs, items and cells, and code is left out', () => {
  expect(sentencesOf(readme)).toEqual([
    'It keeps objects.',
    'A key never vanishes;',
    '`get()` takes 1.5 ms at most.',
    'Every name is a name.',
    'what',
    'rule',
    '---',
    '---',
    'keys',
    'at most 253 characters',
  ]);
});

test('a sentence promises by its words, whole words alone', () => {
  expect(promises('It is bounded.')).toBe(true);
  expect(promises('NEVER again')).toBe(true);
  expect(promises('Nevertheless it is unbounded.')).toBe(false);
});

test('a table that covers every promise is in order', () => {
  expect(check([...kept, { says: 'takes 1.5 ms at most', test: 'a.test.ts', named: 'a key stays' }])).toEqual([]);
});

test('a promise that no test keeps is told', () => {
  expect(check(kept)).toEqual(['no test is named for: "`get()` takes 1.5 ms at most."']);
});

test('a sentence that is gone, a file that is gone, a test that is gone and a file that is no test are told', () => {
  const wrong = check([
    { says: 'A key always vanishes', test: 'a.test.ts', named: 'a key stays' },
    { says: 'Every name is a name.', test: 'b.test.ts', named: 'a key stays' },
    { says: 'at most 253 characters', test: 'a.test.ts', named: 'another' },
    { says: 'short', test: 'a.test.ts', named: 'a key stays' },
  ]);
  expect(wrong).toContain('the README no longer says "A key always vanishes"');
  expect(wrong).toContain('b.test.ts does not exist; it is to keep "Every name is a name."');
  expect(wrong).toContain('a.test.ts has no test "another"; it is to keep "at most 253 characters"');
  expect(wrong).toContain('"short" is too short to tell which sentence it means');
});
