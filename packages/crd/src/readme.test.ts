import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The tests, as `file: name`, that hold each guarantee of the README; files are found from src, or from the repository's tooling. */
const held: Readonly<Record<string, readonly string[]>> = {
  'Values of types': [
    'tooling/differential/src/schema-validation.test.ts: every number, text, list and object is refused or accepted as by the API server',
    'tooling/suites/src/apiserver/observed/schemas.ts: oneOf, anyOf, not and a number out of its format are errors of no field',
  ],
  'Numbers are compared': [
    'validation/check-number.test.ts: decimal fractions are multiples of decimal fractions',
    'validation/check-number.test.ts: a limit is cut to an integer for an integer value',
    'validation/check-number.test.ts: own type cannot hold is an error of every value',
  ],
  'Sets, list-maps': [
    'validation/validate-object.test.ts: duplicates in sets and maps are named at their place',
    'validation/validate-meta.test.ts: labels, annotations and finalizers must have qualified names',
    'tooling/suites/src/crd/rules.test.ts: what is wrong with metadata is said in the words of the real API server',
  ],
  'A field named': [
    'validation/validate-object.test.ts: a name that JavaScript knows is a field like any other',
    'cel/compile-rules.test.ts: a field of the name __proto__, constructor or toString is a field like any other',
  ],
  'No function throws': [
    'validation/validate-object.test.ts: no value makes it throw',
    'validation/validate-meta.test.ts: no metadata makes it throw',
  ],
  'Patterns have': ['regexp/pattern-automaton.test.ts: a pattern that never ends in JavaScript ends in a time that grows with the text'],
};

test('every guarantee of the README is held by tests that there are', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const section = readme.split('\n## Guarantees and limits\n')[1]?.split('\nLimits:\n')[0] ?? '';
  const promises = section
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2));
  expect(promises).not.toEqual([]);
  expect(promises.filter((line) => !Object.keys(held).some((start) => line.startsWith(start)))).toEqual([]);
  expect(Object.keys(held).filter((start) => !promises.some((line) => line.startsWith(start)))).toEqual([]);
  for (const [start, tests] of Object.entries(held))
    for (const one of tests) {
      const [file = '', name = ''] = one.split(': ', 2);
      const path = file.startsWith('tooling/') ? join(import.meta.dirname, '../../..', file) : join(import.meta.dirname, file);
      expect(readFileSync(path, 'utf8'), `${start}: ${one}`).toContain(name);
    }
});
