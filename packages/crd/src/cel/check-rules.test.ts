import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareCrd, defineResource, integer, object, optional, string, toManifest, withRules } from '../index.ts';
import { checkErrorsAndRules, rulesOf } from './index.ts';

const range = defineResource({
  group: 'shop.example',
  version: 'v1',
  kind: 'Range',
  plural: 'ranges',
  scope: 'Namespaced',
  rules: [{ rule: 'self.metadata.name != "none"', message: 'a name that means nothing' }],
  spec: object(
    {
      least: integer(),
      most: integer(),
      color: withRules(optional(string({ maxLength: 9 })), { rule: 'self == oldSelf', message: 'does not change' }),
    },
    { rules: [{ rule: 'self.least <= self.most', message: 'least must not be above most', fieldPath: '.least' }] },
  ),
});
const of = (spec: unknown, name = 'r'): unknown => ({ metadata: { name }, spec });
const told = (object: unknown, old?: unknown): readonly string[] =>
  checkErrorsAndRules(range, object, { old }).map(({ field, message }) => `${field}: ${message}`);

test('rules of a definition are in its manifest', () => {
  const schema = toManifest(range).spec.versions[0]?.schema?.openAPIV3Schema;
  expect(schema?.['x-kubernetes-validations']).toEqual([{ rule: 'self.metadata.name != "none"', message: 'a name that means nothing' }]);
  expect(schema?.properties?.['spec']?.['x-kubernetes-validations']).toHaveLength(1);
  expect(schema?.properties?.['spec']?.properties?.['color']?.['x-kubernetes-validations']).toHaveLength(1);
  expect(compareCrd(toManifest(range), toManifest(range))).toEqual([]);
});

test('rules are held before anything is sent', () => {
  expect(told(of({ least: 1, most: 2 }))).toEqual([]);
  expect(told(of({ least: 3, most: 2 }))).toEqual(['spec.least: Invalid value: least must not be above most']);
  expect(told(of({ least: 1, most: 2 }, 'none'))).toEqual(['<nil>: Invalid value: a name that means nothing']);
});

test('a rule about a change is held where the object before is given', () => {
  const old = of({ least: 1, most: 2, color: 'red' });
  expect(told(of({ least: 1, most: 2, color: 'blue' }), old)).toEqual(['spec.color: Invalid value: "blue": does not change']);
  expect(told(of({ least: 1, most: 2, color: 'blue' }))).toEqual([]);
});

test('rules are left out where the object does not fit its schema, and that is told', () => {
  expect(told(of({ least: 3, most: 'x' })).at(-1)).toContain('some validation rules were not checked');
  expect(checkErrorsAndRules(range, of({ least: 3 }), { partial: true })).toEqual([]);
});

test('a rule that cannot be used is a mistake in the program', () => {
  const bad = defineResource({
    group: 'shop.example',
    version: 'v1',
    kind: 'Bad',
    plural: 'bads',
    scope: 'Namespaced',
    spec: object({ a: withRules(integer(), { rule: 'self.b' }) }),
  });
  expect(() => rulesOf(bad)).toThrow(/^the rules of Bad\.shop\.example cannot be used: schema\.properties\[spec\]\.properties\[a\]/u);
});

test('the main entry loads no evaluator, since the client imports it', () => {
  const folder = new URL('../', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  expect(sources).toContain('index.ts');
  expect(sources.filter((name) => /from '(?:\.\/cel\/|@marcbachmann)/u.test(readFileSync(new URL(name, folder), 'utf8')))).toEqual([]);
});

test('the example of the README runs', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const example = readme.split('```').find((part) => part.startsWith('ts\n') && part.includes('@kubecast/crd/cel')) ?? '';
  const shown = /\/\/ (spec\.\S+: .*)/u.exec(example)?.[1];
  expect(shown).toBe('spec.least: Invalid value: least must not be above most');
  expect(await run(example)).toEqual([shown]);
});

/** Runs the example with its imports given, and gives what it logged. */
async function run(example: string): Promise<readonly string[]> {
  const crd = await import('../index.ts');
  const cel = await import('./index.ts');
  const names = { ...crd, ...cel };
  const logged: string[] = [];
  const body = example.slice('ts\n'.length).replaceAll(/^import .*$/gmu, '');
  // oxlint-disable-next-line no-implied-eval, no-new-func -- the README's own text
  const call = new Function(...Object.keys(names), 'console', body) as (...given: unknown[]) => void;
  call(...Object.values(names), { log: (line: string) => logged.push(line) });
  return logged;
}
