import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateObject, type Schema } from '@kubecast/crd';
import { expect, test } from 'vitest';

interface Recorded {
  readonly schema: string;
  readonly value: string;
  readonly errors: readonly (readonly [field: string, reason: string, message: string])[];
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '../recorded/schema-validation.json'), 'utf8')) as readonly Recorded[];

/** JSON texts of numbers that JavaScript reads as another number: the server has 1.0 for a float64 and 9007199254740993 for an int64. */
const readOtherwise = [
  '-0.0',
  '-9007199254740993',
  '0e0',
  '1.0',
  '100e-2',
  '1E3',
  '1e3',
  '9007199254740993',
  '9223372036854775806',
  '9223372036854775807',
];

/** The cases that are judged otherwise here, in verdict or words; what the server says of one value is in no order. */
const differences = recorded
  .map((one) => ({ ...one, ours: ours(one) }))
  .filter((one) => JSON.stringify(one.ours) !== JSON.stringify(one.errors));

function ours({ schema, value }: Recorded): unknown {
  return validateObject({ type: 'object', properties: { v: JSON.parse(schema) as Schema } }, { v: JSON.parse(value) as unknown })
    .map(({ field, reason, message }) => [field, reason, message] as const)
    .sort((a, b) => (a[0] + a[2] < b[0] + b[2] ? -1 : 1));
}

test('every number, text, list and object is refused or accepted as by the API server, with the same errors', () => {
  expect(recorded.length).toBeGreaterThan(4_000);
  expect(differences.filter(({ value }) => !readOtherwise.includes(value))).toEqual([]);
});

test('the API server judges otherwise only what JavaScript cannot hold: floats without a fraction, and integers beyond 2^53', () => {
  expect([...new Set(differences.map(({ value }) => value))].sort()).toEqual(readOtherwise);
});
