import { expect, test } from 'vitest';
import type { Schema } from '../schema/schema.ts';
import { validateObject } from './validate-object.ts';

const said = (schema: Schema, v: unknown): readonly string[] =>
  validateObject({ type: 'object', properties: { v: schema } }, { v }).map(({ message }) => message.replace(/^Invalid value: /, ''));

test('decimal fractions are multiples of decimal fractions, though binary fractions are not', () => {
  for (const [multipleOf, v] of [
    [0.1, 0.3],
    [0.01, 0.07],
    [0.1, 1.1],
    [0.001, 4.35],
  ] as const)
    expect(said({ type: 'number', multipleOf }, v), `${v} of ${multipleOf}`).toEqual([]);
  expect(said({ type: 'number', multipleOf: 0.1 }, 0.25)).toEqual(['0.25: v in body should be a multiple of 0.1']);
});

test('a number a little below an integer, and a negative one beside it, is no multiple: so the server rounds', () => {
  expect(said({ type: 'number', multipleOf: 0.01 }, -0.07)).toEqual(['-0.07: v in body should be a multiple of 0.01']);
  expect(said({ type: 'number', multipleOf: 1 }, 0.9999999999)).toHaveLength(1);
  expect(said({ type: 'number', multipleOf: 1 }, 1.0000000001)).toEqual([]);
});

test('a limit is cut to an integer for an integer value, and a factor below 1 is then refused', () => {
  expect(said({ type: 'number', minimum: 1.5 }, 1)).toEqual([]);
  expect(said({ type: 'number', minimum: 1.5 }, 1.2)).toEqual(['1.2: v in body should be greater than or equal to 1.5']);
  expect(said({ type: 'number', multipleOf: 0.5 }, 1)).toEqual(['0: factor MultipleOf declared for v must be positive: 0']);
});

test("a limit that the schema's own type cannot hold is an error of every value", () => {
  expect(said({ type: 'integer', maximum: 10.5 }, 3)).toEqual(['"": Maximum boundary value must be of type integer (default format) in v']);
  expect(said({ type: 'integer', format: 'int32', minimum: -3e9 }, 3)).toEqual([
    '"": Minimum boundary value must be of type integer with format int32 in v',
  ]);
});

test('large numbers are written as Go writes them: integers with all digits, others with an exponent from 1e6 on', () => {
  expect(said({ type: 'integer', maximum: 10 }, 2 ** 62)).toEqual(['4611686018427387904: v in body should be less than or equal to 10']);
  expect(said({ type: 'number', maximum: 10 }, 1234567.5)).toEqual(['1.2345675e+06: v in body should be less than or equal to 10']);
  expect(said({ type: 'number', maximum: 0 }, 0.00001)).toEqual(['1e-05: v in body should be less than or equal to 0']);
});

test("a format that is not of the schema's type is not checked and not named", () => {
  expect(said({ type: 'integer', format: 'float' }, true)).toEqual(['"boolean": v in body must be of type integer: "boolean"']);
  expect(said({ type: 'number', format: 'int32' }, 2 ** 40)).toEqual([]);
  expect(said({ type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }, 'x')).toHaveLength(2);
});
