import { expect, expectTypeOf, test } from 'vitest';
import { readFileSync } from 'node:fs';
import {
  appModel,
  checkErrors,
  compareCrd,
  toManifest,
  ValidationError,
  checkObject,
  array,
  object,
  optional,
  string,
  defineResource,
  listMap,
  withDefault,
  integer,
  type AppModel,
  type AppModelApply,
  type CustomResourceDefinition,
  type Infer,
  type InferApply,
} from '../index.ts';

const sample = JSON.parse(readFileSync(new URL('../testdata/appmodel-crd.json', import.meta.url), 'utf8')) as CustomResourceDefinition;

test('the manifest of AppModel equals the CRD that stands in clusters today', () => {
  expect(toManifest(appModel).spec).toEqual(sample.spec);
  expect(toManifest(appModel).metadata.name).toBe('appmodels.iidp.com');
});

test('the AppModel types are those of the definition', () => {
  const definition = defineResource({
    group: 'iidp.com',
    version: 'v1',
    kind: 'AppModel',
    plural: 'appmodels',
    scope: 'Namespaced',
    spec: optional(
      object({
        app: optional(string()),
        models: optional(array(object({ name: string(), version: string() }))),
        version: optional(string()),
      }),
    ),
  });
  expectTypeOf<Infer<typeof definition>>().toEqualTypeOf<Pick<AppModel, keyof AppModel>>();
  expectTypeOf<InferApply<typeof definition>>().toEqualTypeOf<AppModelApply>();
});

test('an AppModel of the wrong shape is refused with the name of each bad path', () => {
  const base = {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: 'base', namespace: 'meta-test', labels: { iidp: 'iidp' } },
    spec: { type: 'model', version: '1.7', models: ['model1', 'model2', 'model3'] },
  };
  expect(checkErrors(appModel, base)).toEqual([
    { field: 'spec.type', reason: 'FieldValueForbidden', message: 'Forbidden: unknown field' },
    ...[0, 1, 2].map((index) => ({
      field: `spec.models[${index}]`,
      reason: 'FieldValueTypeInvalid',
      message: `Invalid value: "string": spec.models[${index}] in body must be of type object: "string"`,
    })),
  ]);
  expect(() => checkObject(appModel, base)).toThrow(ValidationError);
  expect(() => checkObject(appModel, base)).toThrow(
    /AppModel\.iidp\.com "base" is invalid: \[spec\.type: .*spec\.models\[0\].*spec\.models\[2\]/u,
  );
});

test('a model named __proto__ is data like any other', () => {
  const text =
    '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"a","namespace":"n"},"spec":{"app":"a","models":[{"name":"__proto__","version":"1"}]}}';
  expect(checkErrors(appModel, JSON.parse(text))).toEqual([]);
  expect(checkErrors(appModel, JSON.parse(text.replace('"app":"a"', '"__proto__":{"app":1}'))).map((error) => error.field)).toEqual([
    'spec.__proto__',
  ]);
});

test('a cluster whose CRD has more than we need serves us', () => {
  const existing = structuredClone(sample);
  existing.spec.versions.push({ name: 'v2', served: true, storage: false });
  const schema = existing.spec.versions[0]?.schema?.openAPIV3Schema as { properties: Record<string, unknown> };
  schema.properties['status'] = { type: 'object' };
  expect(compareCrd(toManifest(appModel), existing)).toEqual([]);
});

test.each([
  [
    'another scope',
    (crd: CustomResourceDefinition) => {
      crd.spec.scope = 'Cluster';
    },
    'spec.scope',
  ],
  [
    'another kind',
    (crd: CustomResourceDefinition) => {
      crd.spec.names.kind = 'Other';
    },
    'spec.names.kind',
  ],
  [
    'another plural',
    (crd: CustomResourceDefinition) => {
      crd.spec.names.plural = 'others';
    },
    'spec.names.plural',
  ],
  [
    'v1 not served',
    (crd: CustomResourceDefinition) => {
      crd.spec.versions[0]!.served = false;
    },
    'spec.versions[v1].served',
  ],
  [
    'v1 missing',
    (crd: CustomResourceDefinition) => {
      crd.spec.versions[0]!.name = 'v2';
    },
    'spec.versions[v1]',
  ],
  [
    'a path of ours missing',
    (crd: CustomResourceDefinition) => {
      delete (
        crd.spec.versions[0] as never as { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } } }
      ).schema.openAPIV3Schema.properties.spec.properties['app'];
    },
    'spec.versions[v1].schema.spec.app',
  ],
  [
    'a path of ours of another type',
    (crd: CustomResourceDefinition) => {
      (
        crd.spec.versions[0] as never as { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } } }
      ).schema.openAPIV3Schema.properties.spec.properties['models'] = { type: 'string' };
    },
    'spec.versions[v1].schema.spec.models',
  ],
  [
    'a rule that is not ours',
    (crd: CustomResourceDefinition) => {
      const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema as { properties: Record<string, Record<string, unknown>> };
      (schema.properties['spec'] as Record<string, unknown>)['x-kubernetes-validations'] = [{ rule: 'self.app != "x"' }];
    },
    'spec.versions[v1].schema.spec',
  ],
])('a CRD with %s is a conflict that names the path', (_what, change, path) => {
  const existing = structuredClone(sample);
  change(existing);
  expect(compareCrd(toManifest(appModel), existing).map((conflict) => conflict.path)).toEqual([path]);
});

test('the apply type asks for the keys of list-maps only', () => {
  const definition = defineResource({
    group: 't.example',
    version: 'v1',
    kind: 'Widget',
    plural: 'widgets',
    scope: 'Namespaced',
    spec: object({
      items: listMap(object({ name: string(), proto: withDefault(string(), 'TCP'), port: integer() }), { keys: ['name'] }),
      size: optional(integer()),
    }),
  });
  type Spec = NonNullable<InferApply<typeof definition>['spec']>;
  expectTypeOf<NonNullable<Spec['items']>[number]['name']>().toEqualTypeOf<string>();
  expectTypeOf<NonNullable<Spec['items']>[number]['port']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Infer<typeof definition>['spec']['items'][number]>().toEqualTypeOf<{ name: string; proto: string; port: number }>();
  expectTypeOf<Infer<typeof definition>['spec']['size']>().toEqualTypeOf<number | undefined>();
});
