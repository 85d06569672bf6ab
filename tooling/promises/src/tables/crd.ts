import type { KeptPromise } from '../check-promises.ts';

const crd = 'packages/crd/src';

export const kept: readonly KeptPromise[] = [
  {
    says: 'A field with a default may be left out of a write and is always there on a read.',
    test: `${crd}/definition/app-model.test.ts`,
    named: 'the AppModel types are those of the definition',
  },
  {
    says: 'It is a separate entry, so that the main one never loads an evaluator.',
    test: `${crd}/cel/check-rules.test.ts`,
    named: 'the main entry loads no evaluator, since the client imports it',
  },
  {
    says: '`compileRules(schema)` does the same for any schema: `errors` names the rules that cannot be used and where',
    test: 'tooling/suites/src/crd/cel.test.ts',
    named: 'what rules say of random objects and their changes is the same on the real API server',
  },
  {
    says: 'The rules of one object take at most 1,000,000 steps together (`OBJECT_BUDGET`)',
    test: `${crd}/cel/compile-rules.test.ts`,
    named: 'what is spent by one object is there for the next',
  },
  {
    says: 'Values of types, enums, patterns, lengths, numbers, formats, required fields and junctors (`oneOf` ...) get',
    test: 'tooling/differential/src/schema-validation.test.ts',
    named: 'every number, text, list and object is refused or accepted as by the API server',
  },
  {
    says: 'Groups of a pattern nest at most 200 deep',
    test: `${crd}/regexp/regexp-syntax.test.ts`,
    named: 'refuses %s: %s',
  },
  {
    says: 'More than 6,000 answers of its own code are recorded and compared, for every scalar keyword.',
    test: 'tooling/differential/src/schema-validation.test.ts',
    named: 'every number, text, list and object is refused or accepted as by the API server',
  },
  {
    says: '`multipleOf: 0.1` accepts 0.3',
    test: `${crd}/validation/check-number.test.ts`,
    named: 'decimal fractions are multiples of decimal fractions',
  },
  {
    says: 'limits are truncated for integers',
    test: `${crd}/validation/check-number.test.ts`,
    named: 'a limit is cut to an integer for an integer value',
  },
  {
    says: "Numbers are compared as the server compares them: `multipleOf: 0.1` accepts 0.3, limits are truncated for integers, and a limit that the schema's type cannot hold is an error.",
    test: `${crd}/validation/check-number.test.ts`,
    named: 'own type cannot hold is an error of every value',
  },
  {
    says: 'Sets, list-maps, names, labels, annotations, finalizers and owner references get',
    test: `${crd}/validation/validate-object.test.ts`,
    named: 'duplicates in sets and maps are named at their place',
  },
  {
    says: 'names, labels, annotations, finalizers and owner references get',
    test: 'tooling/suites/src/crd/rules.test.ts',
    named: 'what is wrong with metadata is said in the words of the real API server',
  },
  {
    says: 'A field named `__proto__` or `constructor` is validated, kept, pruned and copied like any other.',
    test: `${crd}/validation/validate-object.test.ts`,
    named: 'a name that JavaScript knows is a field like any other',
  },
  {
    says: 'A field named `__proto__` or `constructor` is validated',
    test: `${crd}/cel/compile-rules.test.ts`,
    named: 'a field of the name __proto__, constructor or toString is a field like any other',
  },
  {
    says: 'No function throws for anything an object of JSON holds',
    test: `${crd}/validation/validate-object.test.ts`,
    named: 'no value makes it throw',
  },
  {
    says: 'No function throws for anything an object',
    test: `${crd}/validation/validate-meta.test.ts`,
    named: 'no metadata makes it throw',
  },
  {
    says: "Patterns have RE2's syntax, and are matched in time that grows linearly with the text.",
    test: `${crd}/regexp/pattern-automaton.test.ts`,
    named: 'a pattern that never ends in JavaScript ends in a time that grows with the text',
  },
  {
    says: '`ValidationError`, whose `errors` name every path',
    test: `${crd}/definition/app-model.test.ts`,
    named: 'an AppModel of the wrong shape is refused with the name of each bad path',
  },
];
