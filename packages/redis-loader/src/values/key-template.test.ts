import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTemplateError, parseKeyTemplate } from '../index.ts';

const names = { namespace: 'n', app: 'iiot', model: 'edge_x' };
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '', '_', '%', '%5F', '{', '}', 'a/b', 'n'.repeat(253)),
);

test('the default is the layout of the user: app, underscore, model', () => {
  expect(parseKeyTemplate().render(names)).toBe('iiot_edge_x');
  expect(parseKeyTemplate().fields).toEqual(['app', 'model']);
});

test('in plain encoding two pairs of names can share a key; in injective encoding they do not', () => {
  const other = { app: 'iiot_edge', model: 'x' };
  expect(parseKeyTemplate().render(other)).toBe(parseKeyTemplate().render(names));
  expect(parseKeyTemplate(undefined, 'injective').render(other)).toBe('iiot%5Fedge_x');
  expect(parseKeyTemplate(undefined, 'injective').render(names)).toBe('iiot_edge%5Fx');
});

test('different names never share a key in injective encoding', () => {
  const template = parseKeyTemplate('{namespace}:{app}_{model}', 'injective');
  const triple = fc.tuple(hostile, hostile, hostile).filter((parts) => parts.every((part) => part.isWellFormed()));
  fc.assert(
    fc.property(triple, triple, (a, b) => {
      const key = ([namespace, app, model]: [string, string, string]): string => template.render({ namespace, app, model });
      expect(key(a) === key(b)).toBe(a.every((part, i) => part === b[i]));
    }),
    { numRuns: 500 },
  );
  // Pairs that a separator inside of a name would confuse.
  expect(template.render({ namespace: 'a:b', app: 'c', model: 'd' })).not.toBe(template.render({ namespace: 'a', app: 'b:c', model: 'd' }));
});

test('fields of any name can be used, and braces as such', () => {
  expect(parseKeyTemplate('{group}/{kind}/{namespace}/{app}').render({ ...names, group: 'g', kind: 'K' })).toBe('g/K/n/iiot');
  expect(parseKeyTemplate('{{{app}}}_{model}').render(names)).toBe('{iiot}_edge_x');
});

test('names are data, whatever they are called', () => {
  fc.assert(
    fc.property(
      hostile.filter((name) => name.isWellFormed()),
      (name) => {
        expect(parseKeyTemplate().render({ app: name, model: name })).toBe(`${name}_${name}`);
      },
    ),
  );
  expect(() => parseKeyTemplate('{constructor}').render({})).toThrow(/needs "constructor"/);
});

test.each([
  ['{app', /no field name at character 1/],
  ['{a b}', /no field name at character 1/],
  ['x{}', /no field name at character 2/],
  ['a}{app}', /a } at character 2 without its {/],
  ['fixed', /names no field/],
])('the template %s is refused with the reason', (text, reason) => {
  expect(() => parseKeyTemplate(text)).toThrow(reason);
  expect(() => parseKeyTemplate(text)).toThrow(KeyTemplateError);
});

test('a template whose keys cannot be read back cannot be injective', () => {
  expect(() => parseKeyTemplate('{app}{model}', 'injective')).toThrow(/before \{model\}/);
  expect(() => parseKeyTemplate('{app}-{model}', 'injective')).toThrow(/cannot be injective/);
  expect(parseKeyTemplate('{app}-{model}').render(names)).toBe('iiot-edge_x');
});

test('half of a surrogate pair makes no key: on the wire it would be another name', () => {
  expect(() => parseKeyTemplate().render({ app: '\ud800', model: 'm' })).toThrow(/app "\\ud800" holds half of a surrogate pair/);
  expect(() => parseKeyTemplate(undefined, 'injective').render({ app: 'a', model: '\udc00' })).toThrow(KeyTemplateError);
});
