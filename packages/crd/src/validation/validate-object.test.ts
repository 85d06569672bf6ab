import fc from 'fast-check';
import { expect, test } from 'vitest';
import { validateObject, type Schema } from '../index.ts';

/** Field and text of each error, for one field `spec.a` of the schema. */
function errors(schema: Schema, value: unknown): string[] {
  const root: Schema = { type: 'object', properties: { spec: { type: 'object', properties: { a: schema } } } };
  return validateObject(root, { spec: { a: value } }).map((error) => `${error.field}: ${error.message}`);
}

const typeError = (expected: string, actual: string): string =>
  `spec.a: Invalid value: "${actual}": spec.a in body must be of type ${expected}: "${actual}"`;

test.each<[Schema, unknown, string[]]>([
  [{ type: 'string' }, 5, [typeError('string', 'integer')]],
  [{ type: 'string' }, 1.5, [typeError('string', 'number')]],
  [{ type: 'object' }, 'x', [typeError('object', 'string')]],
  [{ type: 'array', items: {} }, {}, [typeError('array', 'object')]],
  [{ type: 'integer' }, true, [typeError('integer', 'boolean')]],
  [{ type: 'number' }, 1, []],
  [{ type: 'boolean' }, [], [typeError('boolean', 'array')]],
  [{ type: 'string' }, null, [typeError('string', 'null')]],
  [{ type: 'string', nullable: true }, null, []],
  [{ 'x-kubernetes-int-or-string': true }, 1.5, [typeError('integer,string', 'number')]],
  [{ 'x-kubernetes-int-or-string': true }, '50%', []],
])('a value of the wrong type is told in the words of the server: %j', (schema, value, expected) => {
  expect(errors(schema, value)).toEqual(expected);
});

test.each<[Schema, unknown, string[]]>([
  [{ type: 'string', enum: ['a', 'b'] }, 'c', ['spec.a: Unsupported value: "c": supported values: "a", "b"']],
  [{ type: 'integer', enum: [1, 2] }, 3, ['spec.a: Unsupported value: 3: supported values: "1", "2"']],
  [
    { type: 'integer', enum: [1, 2] },
    1.5,
    [typeError('integer', 'number'), '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.a'],
  ],
  [{ type: 'string', enum: ['a'] }, 97, [typeError('string', 'integer')]],
  [{ type: 'string', enum: ['a'] }, 5, [typeError('string', 'integer'), 'spec.a: Unsupported value: 5: supported values: "a"']],
  [{ type: 'string', pattern: '^[a-z]+$' }, 'A', [`spec.a: Invalid value: "A": spec.a in body should match '^[a-z]+$'`]],
  [{ type: 'string', minLength: 2 }, 'x', ['spec.a: Invalid value: "x": spec.a in body should be at least 2 chars long']],
  [{ type: 'string', minLength: 2 }, '😀', ['spec.a: Invalid value: "😀": spec.a in body should be at least 2 chars long']],
  [{ type: 'string', maxLength: 5 }, 'abcdef', ['spec.a: Too long: may not be more than 5 bytes']],
  [{ type: 'integer', minimum: 0 }, -1, ['spec.a: Invalid value: -1: spec.a in body should be greater than or equal to 0']],
  [{ type: 'integer', maximum: 100 }, 101, ['spec.a: Invalid value: 101: spec.a in body should be less than or equal to 100']],
  [{ type: 'integer', maximum: 5, exclusiveMaximum: true }, 5, ['spec.a: Invalid value: 5: spec.a in body should be less than 5']],
  [
    { type: 'integer' },
    2.5,
    [typeError('integer', 'number'), '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.a'],
  ],
  [{ type: 'number', multipleOf: 0.5 }, 3, ['spec.a: Invalid value: 0: factor MultipleOf declared for spec.a must be positive: 0']],
  [{ type: 'string', format: 'date-time' }, 1.5, ['spec.a: Invalid value: "float64": spec.a in body must be of type date-time: "float64"']],
  [{ type: 'string', format: 'date-time' }, ['not a text'], []],
  [
    { type: 'string', format: 'hostname' },
    '1.2.3.4',
    ['spec.a: Invalid value: "1.2.3.4": spec.a in body must be of type hostname: "1.2.3.4"'],
  ],
  [{ type: 'string', format: 'duration' }, 'takes 5 minutes', []],
  [
    { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    { kind: 'Pod' },
    ['spec.a.apiVersion: Required value'],
  ],
  [
    {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
      items: { 'x-kubernetes-preserve-unknown-fields': true },
    },
    [{}, 5, []],
    ['spec.a[1]: Invalid value: 5: must be an object for an array of list-type map'],
  ],
  [{ type: 'number', multipleOf: 0.5 }, 0.7, ['spec.a: Invalid value: 0.7: spec.a in body should be a multiple of 0.5']],
  [{ type: 'array', items: {}, minItems: 1 }, [], ['spec.a: Invalid value: 0: spec.a in body should have at least 1 items']],
  [{ type: 'array', items: {}, maxItems: 1 }, [1, 2], ['spec.a: Too many: 2: must have at most 1 item']],
  [{ type: 'object', minProperties: 1 }, {}, ['spec.a: Invalid value: 0: spec.a in body should have at least 1 properties']],
  [{ type: 'object', maxProperties: 1 }, { a: 1, b: 2 }, ['spec.a: Too many: 2: must have at most 1 item']],
  [{ type: 'object', required: ['b'], properties: { b: {} } }, {}, ['spec.a.b: Required value']],
  [
    { type: 'string', format: 'date-time' },
    'yesterday',
    ['spec.a: Invalid value: "yesterday": spec.a in body must be of type date-time: "yesterday"'],
  ],
  [{ type: 'string', format: 'date-time' }, '2026-11-22T10:00:00Z', []],
  [{ type: 'string', format: 'no-such-format' }, 'anything', []],
  [
    { type: 'integer', format: 'int32' },
    3e9,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.a'],
  ],
])('a limit that is not kept is told in the words of the server: %j', (schema, value, expected) => {
  expect(errors(schema, value)).toEqual(expected);
});

test('errors of junctors stand nowhere, and the nearest alternative is reported too', () => {
  const needs = (name: string): Schema => ({ required: [name] });
  const object: Schema = { type: 'object', properties: { a: {}, b: {} } };
  expect(errors({ ...object, oneOf: [needs('a'), needs('b')] }, { a: 1, b: 1 })).toEqual([
    '<nil>: Invalid value: "": "spec.a" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ]);
  expect(errors({ ...object, oneOf: [needs('a'), needs('b')] }, {})).toEqual([
    '<nil>: Invalid value: "": "spec.a" must validate one and only one schema (oneOf). Found none valid',
    'spec.a.a: Required value',
  ]);
  expect(errors({ ...object, anyOf: [needs('a'), needs('b')] }, {})).toEqual([
    '<nil>: Invalid value: "": "spec.a" must validate at least one schema (anyOf)',
    'spec.a.a: Required value',
  ]);
  expect(errors({ ...object, not: needs('a') }, { a: 1 })).toEqual([
    '<nil>: Invalid value: "": "spec.a" must not validate the schema (not)',
  ]);
  expect(errors({ ...object, anyOf: [needs('a'), needs('b')] }, { b: 1 })).toEqual([]);
});

test('duplicates in sets and maps are named at their place, default keys filled in', () => {
  const items: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name', 'proto'],
    items: { type: 'object', properties: { name: { type: 'string' }, proto: { type: 'string', default: 'TCP' } } },
  };
  expect(errors(items, [{ name: 'a' }, { name: 'a', proto: 'TCP' }, { name: 'a', proto: 'UDP' }])).toEqual([
    'spec.a[1]: Duplicate value: {"name":"a","proto":"TCP"}',
  ]);
  expect(errors({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, ['a', 'b', 'a', 'a'])).toEqual([
    'spec.a[2]: Duplicate value: "a"',
  ]);
});

test('a name that JavaScript knows is a field like any other', () => {
  const schema: Schema = {
    type: 'object',
    required: ['constructor'],
    properties: { spec: { type: 'object', additionalProperties: { type: 'integer' } } },
  };
  expect(validateObject(schema, JSON.parse('{"spec":{"__proto__":"x","toString":1}}')).map((error) => error.field)).toEqual([
    'spec.__proto__',
    'constructor',
  ]);
});

test('no value makes it throw', () => {
  const schema: Schema = {
    type: 'object',
    required: ['a'],
    minProperties: 1,
    additionalProperties: {
      type: 'array',
      'x-kubernetes-list-type': 'set',
      items: { type: 'object', properties: { a: { type: 'string', pattern: '(?P<x>[' } } },
    },
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const error of validateObject(schema, value)) expect(typeof error.message).toBe('string');
    }),
  );
});
