import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  andSelectors,
  formatLabelSelector,
  labelSelectorFromObject,
  LabelSelectorError,
  matchesLabels,
  parseLabelSelector,
} from '../index.ts';

const matches = (selector: string, labels?: Record<string, string>): boolean => matchesLabels(parseLabelSelector(selector), labels);

test('each form of a selector decides as the API server does', () => {
  const labels = { app: 'web', tier: 'front', n: '5' };
  for (const yes of [
    '',
    ' ',
    'app',
    '!x',
    'app=web',
    'app==web',
    'app = web',
    'x!=1',
    'app!=db',
    'app in (db, web)',
    'app notin (db)',
    'x notin (db)',
    'n>4',
    'n<6',
    'app,tier=front,!x',
  ])
    expect([yes, matches(yes, labels)]).toEqual([yes, true]);
  for (const no of [
    'x',
    '!app',
    'app=db',
    'app!=web',
    'app in (db)',
    'x in (db)',
    'app notin (db,web)',
    'n>5',
    'n<5',
    'app>1',
    'x>1',
    'app=web,x',
  ])
    expect([no, matches(no, labels)]).toEqual([no, false]);
});

test('what is absent satisfies != and notin, and nothing else that names a value', () => {
  expect(matches('a!=1', undefined)).toBe(true);
  expect(matches('a notin (1)', {})).toBe(true);
  expect(matches('a=', {})).toBe(false);
  expect(matches('a=', { a: '' })).toBe(true);
});

test('labels inherited from Object.prototype do not match', () => {
  expect(matches('constructor', {})).toBe(false);
  expect(matches('!constructor', {})).toBe(true);
});

test("what does not parse is refused with the API server's words", () => {
  const message = (text: string): string => {
    try {
      parseLabelSelector(text);
    } catch (error) {
      expect(error).toBeInstanceOf(LabelSelectorError);
      return (error as Error).message;
    }
    return 'parsed';
  };
  expect(message('a b')).toBe("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
  expect(message(',a')).toBe("found ',', expected: !, identifier, or 'end of string'");
  expect(message('a>x')).toContain("for 'Gt', 'Lt' operators, the value must be an integer");
  expect(message('-a')).toContain("name part must consist of alphanumeric characters, '-', '_' or '.'");
  expect(message('a=-b')).toContain('a valid label must be an empty string or consist of alphanumeric characters');
  for (const bad of ['a in b', 'a in (b', 'a,,b', 'a,', `a=${'x'.repeat(64)}`, 'x'.repeat(64), '!', 'a!', '(a)'])
    expect([bad, message(bad)]).not.toEqual([bad, 'parsed']);
});

test('a selector written as text parses to the same selector', () => {
  const word = fc.constantFrom('a', 'b-c', 'x.y_z', 'example.com/k');
  const value = fc.constantFrom('', 'v', 'w-1', 'A.b');
  const requirement = fc.oneof(
    fc.record({ key: word, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const), values: fc.constant([]) }),
    fc.record({
      key: word,
      operator: fc.constantFrom('In' as const, 'NotIn' as const),
      values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key: word, operator: fc.constantFrom('Gt' as const, 'Lt' as const), values: fc.constantFrom(['1'], ['007']) }),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), (requirements) => {
      const sets = requirements.map(({ key, operator, values }) => ({ key, operator, values: [...values].sort() }));
      const byKey = sets.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      expect(parseLabelSelector(formatLabelSelector(andSelectors({ requirements })))).toEqual({ requirements: byKey });
    }),
  );
});

test('the object form of specs is the same selector; an operator that is none is refused', () => {
  const selector = labelSelectorFromObject({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'NotIn', values: ['db'] },
      { key: 'x', operator: 'Exists' },
    ],
  });
  expect(formatLabelSelector(selector)).toBe('app=web,tier notin (db),x');
  expect(() => labelSelectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] })).toThrow(LabelSelectorError);
  for (const broken of [
    { key: 'a', operator: 'In', values: [] },
    { key: 'a', operator: 'Exists', values: ['b'] },
    { key: '-a', operator: 'Exists' },
    { key: 'a', operator: 'In', values: ['b '] },
  ])
    expect(() => labelSelectorFromObject({ matchExpressions: [broken] }), JSON.stringify(broken)).toThrow(LabelSelectorError);
});

test('only space, tab, CR and LF are white space, and integers end at 64 bits', () => {
  for (const odd of ['\u00a0', '\u2003', '\ufeff', '\v', '\f'])
    expect(() => parseLabelSelector(`a${odd}=b`), JSON.stringify(odd)).toThrow();
  expect(parseLabelSelector('a\t =\r\n b').requirements).toEqual([{ key: 'a', operator: 'In', values: ['b'], sign: '=' }]);
  expect(() => parseLabelSelector('a>-5')).toThrow('a valid label must be');
  expect(() => parseLabelSelector('a>9223372036854775808')).toThrow('the value must be an integer');
  expect(matches('a>5', { a: '9223372036854775807' })).toBe(true);
  expect(matches('a>5', { a: '9223372036854775808' })).toBe(false);
});
