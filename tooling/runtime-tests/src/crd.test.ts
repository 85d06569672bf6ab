import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  appModel,
  checkErrors,
  compareCrd,
  copyJson,
  defaultObject,
  defineResource,
  dropNulls,
  object,
  optional,
  pruneObject,
  string,
  structuralErrors,
  toManifest,
  validateObject,
  validateObjectMeta,
  withDefault,
  type JsonObject,
} from '@kubecast/crd';

test('crd: the manifest of AppModel names its fields and serves itself', () => {
  const manifest = toManifest(appModel);
  assert.equal(manifest.metadata.name, 'appmodels.iidp.com');
  assert.deepEqual(compareCrd(manifest, copyJson(manifest)), []);
});

test('crd: a wrong AppModel is refused with each bad path', () => {
  const wrong = { metadata: { name: 'base' }, spec: { type: 'model', models: ['a', 'b'] } };
  assert.deepEqual(
    checkErrors(appModel, wrong).map((error) => error.field),
    ['spec.type', 'spec.models[0]', 'spec.models[1]'],
  );
});

test('crd: a right AppModel has no errors, a model named __proto__ included', () => {
  assert.deepEqual(
    checkErrors(appModel, JSON.parse('{"metadata":{"name":"a"},"spec":{"app":"__proto__","models":[{"name":"__proto__","version":"1"}]}}')),
    [],
  );
});

test('crd: pruning keeps known fields and own names only', () => {
  const pruned = JSON.parse('{"metadata":{"name":"a","x":1},"spec":{"app":"a","__proto__":{"y":1}}}') as JsonObject;
  assert.deepEqual(pruneObject(appModel.schema, pruned), ['metadata.x', 'spec.__proto__']);
  assert.equal(JSON.stringify(pruned), '{"metadata":{"name":"a"},"spec":{"app":"a"}}');
});

test('crd: nulls go and defaults come', () => {
  const definition = defineResource({
    group: 'a.b',
    version: 'v1',
    kind: 'K',
    plural: 'ks',
    scope: 'Cluster',
    spec: object({ a: withDefault(string(), 'x'), b: optional(string()) }),
  });
  const value = JSON.parse('{"spec":{"a":null,"b":null}}') as JsonObject;
  dropNulls(definition.schema, value);
  defaultObject(definition.schema, value);
  assert.deepEqual(value, { spec: { a: 'x' } });
});

test('crd: patterns count characters, not code units', () => {
  assert.equal(validateObject({ type: 'string', minLength: 2 }, '😀').length, 1);
  assert.equal(validateObject({ type: 'string', pattern: '^\\p{L}$' }, 'ß').length, 0);
});

test('crd: names are checked in the words of the server', () => {
  assert.match(
    validateObjectMeta({ name: 'Bad_Name' }, { namespaced: false })[0]?.message ?? '',
    /^Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/u,
  );
});

test('crd: a schema without types is not structural', () => {
  assert.equal(structuralErrors({ type: 'object', properties: { a: {} } }).length, 1);
});
