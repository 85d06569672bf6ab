import { expect, test } from 'vitest';
import {
  appModel,
  DefinitionError,
  defineResource,
  integer,
  listMap,
  object,
  optional,
  string,
  structuralErrors,
  toManifest,
  withDefault,
  type Schema,
} from '../index.ts';

const said = (schema: Schema): string[] => structuralErrors(schema).map((error) => `${error.field}: ${error.message}`);
const root = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });

test('the schema of AppModel is structural', () => {
  expect(said(appModel.schema)).toEqual([]);
});

test('a schema without a type is told where', () => {
  expect(said({})).toEqual(['spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root']);
  expect(said(root({ a: {} }))).toEqual([
    'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
  ]);
  expect(said(root({ a: { type: 'array', items: {} } }))).toEqual([
    'spec.validation.openAPIV3Schema.properties[a].items.type: Required value: must not be empty for specified array items',
  ]);
  expect(said(root({ a: { 'x-kubernetes-preserve-unknown-fields': true }, b: { 'x-kubernetes-int-or-string': true } }))).toEqual([]);
});

test('what a structural schema may not say is forbidden', () => {
  expect(said(root({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } }))[0]).toContain('uniqueItems: Forbidden');
  expect(said(root({ a: { type: 'object', additionalProperties: false } }))[0]).toContain('additionalProperties: Forbidden');
  expect(said(root({ a: { type: 'string', anyOf: [{ type: 'string' }] } }))[0]).toContain(
    'anyOf[0].type: Forbidden: must be empty to be structural',
  );
  expect(said(root({ a: { type: 'string', default: 5 } }))[0]).toContain('properties[a].default: Invalid value: "integer"');
  expect(said(root({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } }))[0]).toContain(
    'x-kubernetes-list-map-keys: Required value',
  );
});

test('an extension that does not fit, a type that there is not, and a keyword that CRDs do not have are told', () => {
  const text: Schema = { type: 'string' };
  const field = (a: object): string[] => said(root({ a: a as Schema })).map((one) => one.replace('spec.validation.openAPIV3Schema.', ''));
  expect(field({ type: 'objekt' })[0]).toContain('properties[a].type: Unsupported value: "objekt"');
  expect(field({ type: 'string', 'x-kubernetes-map-type': 'atomic' })).toEqual([
    'properties[a].type: Invalid value: "string": must be object if x-kubernetes-map-type is specified',
  ]);
  expect(field({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' })[0]).toContain('must be atomic as item');
  expect(field({ type: 'object', patternProperties: { b: text } })[0]).toContain('patternProperties is not supported');
  expect(field({ type: 'string', 'x-kubernetes-preserve-unknown-fields': false })[0]).toContain('must be true or undefined');
  expect(said({ type: 'object', nullable: true })[0]).toContain('nullable cannot be true at the root');
  expect(said(root({ metadata: { type: 'object', properties: { name: text, generateName: text } } }))).toEqual([]);
  expect(said(root({ metadata: { type: 'object', properties: { labels: { type: 'object' } } } }))[0]).toContain(
    'must not specify anything other than name and generateName',
  );
});

test('a definition that no server accepts is refused with each reason', () => {
  const define = (group: string, plural: string): unknown =>
    defineResource({ group, version: 'v1', kind: 'K', plural, scope: 'Cluster', spec: optional(object({})) });
  expect(() => define('nodots', 'ks')).toThrow(DefinitionError);
  expect(() => define('a.b', 'Ks')).toThrow(/plural "Ks"/u);
  expect(() => listMap(object({ name: optional(string()) }), { keys: ['name' as never] })).toThrow(DefinitionError);
});

test('every part of a definition reaches the manifest', () => {
  const definition = defineResource({
    group: 't.example',
    version: 'v1',
    kind: 'Widget',
    plural: 'widgets',
    shortNames: ['w'],
    categories: ['all'],
    scope: 'Namespaced',
    spec: object({ size: withDefault(integer({ minimum: 1 }), 2), color: string({ enum: ['red', 'blue'], description: 'its color' }) }),
    status: object({ ready: integer() }),
    columns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
    selectableFields: ['.spec.color'],
  });
  expect(toManifest(definition).spec.versions[0]).toEqual({
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
    selectableFields: [{ jsonPath: '.spec.color' }],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        required: ['spec'],
        properties: {
          spec: {
            type: 'object',
            required: ['color'],
            properties: {
              size: { type: 'integer', minimum: 1, default: 2 },
              color: { type: 'string', enum: ['red', 'blue'], description: 'its color' },
            },
          },
          status: { type: 'object', required: ['ready'], properties: { ready: { type: 'integer' } } },
        },
      },
    },
  });
});
