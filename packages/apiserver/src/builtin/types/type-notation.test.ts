import { expect, test } from 'vitest';
import { openApiDocument } from '../../openapi/openapi-document.ts';
import { builtinResources } from '../index.ts';
import { builtinKindSchema, namedUse, typeSchema } from './builtin-types.ts';
import { readField, readTypes, schemaOfText } from './type-notation.ts';

const named = (name: string): { description: string } => ({ description: name });

test('types are read with their package, what stands behind their name, and their fields', () => {
  const types = readTypes('@a.b.v1\nOne atomic # First.\n  x! string\n  y [Two]\nTwo any\n');
  expect(types).toEqual([
    { packageName: 'a.b.v1', name: 'One', head: 'atomic', description: 'First.', lines: ['x! string', 'y [Two]'] },
    { packageName: 'a.b.v1', name: 'Two', head: 'any', description: undefined, lines: [] },
  ]);
});

test('a field says whether it is required, may be null, has a default and merges otherwise', () => {
  expect(readField('ports! map(a,b)[Port] patch=merge,retainKeys:a null ="x" # All of them.')).toEqual({
    name: 'ports',
    required: true,
    type: 'map(a,b)[Port]',
    description: 'All of them.',
    patch: 'merge,retainKeys:a',
    nullable: true,
    default: 'x',
  });
});

test('each form of a type has its schema', () => {
  expect(schemaOfText('set[string]', named)).toEqual({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' });
  expect(schemaOfText('[T]', named)).toEqual({ type: 'array', items: { description: 'T' }, 'x-kubernetes-list-type': 'atomic' });
  expect(schemaOfText('map(a,b)[T]', named)).toMatchObject({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a', 'b'],
    'x-kubernetes-patch-merge-key': 'a',
  });
  expect(schemaOfText('atomic{int32}', named)).toEqual({
    type: 'object',
    additionalProperties: { type: 'integer', format: 'int32' },
    'x-kubernetes-map-type': 'atomic',
  });
  expect(schemaOfText('string:|A', named)).toEqual({ type: 'string', enum: ['', 'A'] });
});

test('a type that leads back to itself is one schema, and one that two packages have is that of its own', () => {
  const props = typeSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
  expect(props.properties?.['properties']?.additionalProperties).toBe(props);
  const port = builtinKindSchema('io.k8s.api.discovery.v1.EndpointSlice').properties?.['ports']?.items;
  expect(namedUse(port ?? {})?.name).toBe('io.k8s.api.discovery.v1.EndpointPort');
  expect(() => typeSchema('io.k8s.api.core.v1.Nothing')).toThrow('there is no built-in type io.k8s.api.core.v1.Nothing');
});

test('every type that a document refers to is in it', () => {
  const resources = builtinResources();
  for (const { group, version } of resources) {
    const document = openApiDocument(resources, group === '' ? `api/${version}` : `apis/${group}/${version}`);
    if (document === undefined) throw new Error(`${group}/${version} has no document`);
    const { schemas } = document['components'] as { schemas: object };
    const missing = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
      .map((one) => one[1] as string)
      .filter((name) => !Object.hasOwn(schemas, name));
    expect(missing).toEqual([]);
  }
});
