import fc from 'fast-check';

const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', 'c');
/** Patterns that RE2 and JavaScript read alike. */
export const pattern: fc.Arbitrary<string> = fc.letrec<{ one: string }>((tie) => ({
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
export const text: fc.Arbitrary<string> = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' '), maxLength: 8 });
