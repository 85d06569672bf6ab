import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appModel, copyJson, defaultObject, dropNulls, pruneObject, unknownFields, type JsonObject, type Schema } from '../index.ts';

const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject;

test('unknown fields can be told in the order in which they stand', () => {
  const object = (): JsonObject => parse('{"spec":{"models":[{"zz":1}],"type":"x"},"metadata":{"foo":1},"color":1}');
  expect(pruneObject(appModel.schema, object(), 'standing')).toEqual(['spec.models[0].zz', 'spec.type', 'metadata.foo', 'color']);
  expect(pruneObject(appModel.schema, object())).toEqual(['metadata.foo', 'color', 'spec.models[0].zz', 'spec.type']);
});

test('unknown fields are removed, those of metadata named first, then in order', () => {
  const object = parse(`{"apiVersion":"iidp.com/v1","kind":"AppModel","Spec":{},"metadata":{"name":"a","foo":1,"labels":{"any":"thing"}},
    "spec":{"app":"a","type":"x","models":[{"name":"m","version":"1","zz":1},{"name":"n","version":"1"}]},"color":1}`);
  expect(unknownFields(appModel.schema, object)).toEqual(['metadata.foo', 'Spec', 'color', 'spec.models[0].zz', 'spec.type']);
  expect(pruneObject(appModel.schema, object)).toEqual(['metadata.foo', 'Spec', 'color', 'spec.models[0].zz', 'spec.type']);
  expect(object).toEqual({
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: 'a', labels: { any: 'thing' } },
    spec: {
      app: 'a',
      models: [
        { name: 'm', version: '1' },
        { name: 'n', version: '1' },
      ],
    },
  });
});

test('below preserve-unknown-fields everything stays but what a named property forbids', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { strict: { type: 'object', properties: { a: { type: 'string' } } } },
      },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
      embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      port: { 'x-kubernetes-int-or-string': true },
    },
  };
  const object = parse(`{"free":{"x":{"y":null},"strict":{"a":"","b":1}},"map":{"__proto__":{"a":"","b":1}},
    "embedded":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","odd":1},"spec":{"any":1}},"port":"http"}`);
  expect(pruneObject(schema, object)).toEqual(['embedded.metadata.odd', 'free.strict.b', 'map.__proto__.b']);
  expect(object).toEqual(
    parse(
      '{"free":{"x":{"y":null},"strict":{"a":""}},"map":{"__proto__":{"a":""}},"embedded":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"any":1}},"port":"http"}',
    ),
  );
});

test('a pruned object has no unknown fields left, and pruning finds exactly those', () => {
  const name = fc.constantFrom('spec', 'app', 'models', 'name', 'version', 'metadata', '__proto__', 'constructor', 'x');
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(name, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(name, value), (object) => {
      const own = copyJson(object) as JsonObject;
      const found = unknownFields(appModel.schema, own);
      expect(pruneObject(appModel.schema, own)).toEqual(found);
      expect(unknownFields(appModel.schema, own)).toEqual([]);
    }),
  );
});

const withDefaults: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', default: 3 },
        nullable: { type: 'string', nullable: true, default: 'x' },
        items: { type: 'array', items: { type: 'object', properties: { proto: { type: 'string', default: 'TCP' } } } },
        nested: { type: 'object', properties: { a: { type: 'integer', default: 1 } } },
        made: { type: 'object', default: {}, properties: { b: { type: 'integer', default: 2 } } },
        plain: { type: 'string' },
      },
    },
  },
};

test('defaults are filled in below what exists, and nothing below an absent parent', () => {
  const object = parse('{"spec":{"items":[{},{"proto":"UDP"}]}}');
  defaultObject(withDefaults, object);
  expect(object).toEqual({ spec: { size: 3, nullable: 'x', items: [{ proto: 'TCP' }, { proto: 'UDP' }], made: { b: 2 } } });
  const empty = {};
  defaultObject(withDefaults, empty);
  expect(empty).toEqual({});
});

test('a filled-in default is a copy of its own', () => {
  const [a, b] = [parse('{"spec":{}}'), parse('{"spec":{}}')];
  defaultObject(withDefaults, a as JsonObject);
  defaultObject(withDefaults, b as JsonObject);
  (a as { spec: { made: JsonObject } }).spec.made['b'] = 9;
  expect(b).toMatchObject({ spec: { made: { b: 2 } } });
});

test('null is dropped where it may not be, so that the default applies; a nullable null and list items stay', () => {
  const object = parse('{"spec":{"size":null,"nullable":null,"plain":null,"items":[null],"odd":null}}');
  dropNulls(withDefaults, object);
  expect(object).toEqual({ spec: { nullable: null, items: [null], odd: null } });
  defaultObject(withDefaults, object);
  expect(object).toMatchObject({ spec: { size: 3, nullable: null } });
});
