import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appModel } from '../definition/app-model.ts';
import { checkErrors } from '../definition/check-object.ts';
import { defaultObject, dropNulls } from './default-object.ts';
import { copyJson, type JsonObject } from '../schema/own-property.ts';
import { metaSurelyFits, surelyFits } from './quick-fit.ts';
import type { Schema } from '../schema/schema.ts';
import { validateObjectMeta } from './validate-meta.ts';
import { validateObject } from './validate-object.ts';

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>(
    { type: 'string' },
    { type: 'boolean' },
    { type: 'integer' },
    { type: 'integer', format: 'int32' },
    { type: 'integer', format: 'int64', minimum: 2 },
    { type: 'number', maximum: 1.5 },
    { type: 'number', maximum: 3 },
    { type: 'string', format: 'date-time' },
    { type: 'string', enum: ['a', 'b'] },
    { type: 'string', default: 'd' },
    { type: 'string', nullable: true },
    { type: 'string', pattern: '^a' },
    {},
  ),
);
const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.record({ type: fc.constant('array' as const), items: tie('schema'), minItems: fc.constantFrom(0, 1) }),
    fc.record({
      type: fc.constant('array' as const),
      items: tie('schema'),
      maxItems: fc.constantFrom(1, 3),
      'x-kubernetes-list-type': fc.constantFrom('set' as const, 'atomic' as const),
    }),
    fc.record({
      type: fc.constant('object' as const),
      properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), tie('schema'), { maxKeys: 3 }),
      required: fc.subarray(['a', 'constructor']),
    }),
    fc.record({ type: fc.constant('object' as const), additionalProperties: tie('schema') }),
  ),
}));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'd', '', 0, 1, 2, 3, 1.5, 2 ** 40, 2 ** 60, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

test('whatever surely fits has no error in the full check', () => {
  let fitted = 0;
  fc.assert(
    fc.property(schema, value, (wanted, given) => {
      if (!surelyFits(wanted, given)) return;
      fitted += 1;
      const copy = copyJson(given) as JsonObject;
      dropNulls(wanted, copy);
      defaultObject(wanted, copy);
      expect(validateObject(wanted, copy)).toEqual([]);
      // Nothing was dropped or filled in either: what was looked at is what is meant.
      expect(copy).toEqual(given);
    }),
    { numRuns: 20_000 },
  );
  expect(fitted).toBeGreaterThan(1_000);
});

const nameLike = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'a-b', 'x1') },
  fc.constantFrom(
    'a',
    'a-b',
    'A',
    'a.b',
    'x/y',
    'example.com/name',
    '-a',
    'a-',
    'a..b/c',
    'a.-b/c',
    'é',
    '',
    'a'.repeat(63),
    'a'.repeat(64),
    '__proto__',
  ),
  fc.string({ maxLength: 8 }),
);

test('whatever metadata surely fits has no error in the full check', () => {
  let fitted = 0;
  fc.assert(
    fc.property(
      fc.record(
        {
          name: nameLike,
          namespace: nameLike,
          labels: fc.dictionary(nameLike, nameLike, { maxKeys: 2, noNullPrototype: true }),
          annotations: fc.dictionary(nameLike, nameLike, { maxKeys: 2, noNullPrototype: true }),
          generation: fc.constantFrom(1, 1.5, '1'),
          creationTimestamp: fc.constantFrom('2026-01-02T03:04:05Z', null, 5),
          finalizers: fc.constantFrom(['a'], undefined),
        },
        { requiredKeys: ['name', 'namespace'] },
      ),
      (meta) => {
        if (!metaSurelyFits(meta, true)) return;
        fitted += 1;
        expect(validateObjectMeta(meta, { namespaced: true })).toEqual([]);
      },
    ),
    { numRuns: 20_000 },
  );
  expect(fitted).toBeGreaterThan(100);
});

test('an AppModel as a server sends it is known to fit; a wrong one, or one of another kind, is not', () => {
  const object = {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: {
      creationTimestamp: '2026-01-02T03:04:05Z',
      generation: 1,
      labels: { iidp: 'iidp' },
      managedFields: [{ manager: 'm', operation: 'Apply', fieldsV1: { 'f:spec': {} } }],
      name: 'iiot',
      namespace: 'meta-test',
      resourceVersion: '7',
      uid: 'u',
    },
    spec: { app: 'iiot', models: [{ name: 'm', version: '1' }], future: { any: 1 } },
  };
  expect(surelyFits(appModel.schema, object) && metaSurelyFits(object.metadata, true)).toBe(true);
  const wrong = { ...object, spec: { models: ['m'] } };
  expect(surelyFits(appModel.schema, wrong)).toBe(false);
  expect(checkErrors(appModel, wrong, { unknownFields: false }).map(({ field }) => field)).toEqual(['spec.models[0]']);
  expect(checkErrors(appModel, { ...object, kind: 'Other' }, { unknownFields: false })).toHaveLength(1);
  expect(checkErrors(appModel, { ...object, metadata: { name: 'A_', namespace: 'n' } }, { unknownFields: false })).toHaveLength(1);
});
