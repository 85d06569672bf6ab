export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const text = { type: 'string' } as const;

/** A CRD of the group `bad.example` with one version, for what is wrong with it. */
export function badCrd(
  names: { readonly plural: string; readonly kind: string },
  version: Readonly<Record<string, unknown>> = {},
  spec: Readonly<Record<string, unknown>> = {},
  name: string = `${names.plural}.bad.example`,
): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: 'bad.example',
      scope: 'Namespaced',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } }, ...version }],
      ...spec,
    },
  };
}

/** The schema of a kind whose spec has this one field. */
export function schemaOfField(name: string, field: Readonly<Record<string, unknown>>): { readonly schema: object } {
  return {
    schema: {
      openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { [name]: field } } } },
    },
  };
}

/** A custom resource without subresources. */
export const modelCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'appmodels.iidp.com' },
  spec: {
    group: 'iidp.com',
    scope: 'Namespaced',
    names: { plural: 'appmodels', kind: 'AppModel', shortNames: ['am'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  app: text,
                  version: text,
                  models: {
                    type: 'array',
                    minItems: 1,
                    items: { type: 'object', required: ['name', 'version'], properties: { name: text, version: text } },
                  },
                },
              },
              status: { type: 'object', properties: { phase: text } },
            },
          },
        },
      },
    ],
  },
} as const;

/** A custom resource with status, scale, selectable fields and one field for each rule that a schema may have. */
export const gadgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.v.example' },
  spec: {
    group: 'v.example',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
        },
        selectableFields: [{ jsonPath: '.spec.color' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer' },
                  color: text,
                  size: { type: 'string', enum: ['S', 'M', 'L'] },
                  code: { type: 'string', pattern: '^[a-z]+$' },
                  short: { type: 'string', minLength: 2, maxLength: 5 },
                  count: { type: 'integer', minimum: 0, maximum: 100 },
                  below: { type: 'integer', maximum: 5, exclusiveMaximum: true },
                  step: { type: 'number', multipleOf: 0.5 },
                  plain: { type: 'array', minItems: 1, maxItems: 2, items: text },
                  bag: { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: text },
                  when: { type: 'string', format: 'date-time' },
                  small: { type: 'integer', format: 'int32' },
                  port: { 'x-kubernetes-int-or-string': true },
                  tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                  items: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name', 'proto'],
                    items: { type: 'object', required: ['name'], properties: { name: text, proto: { type: 'string', default: 'TCP' } } },
                  },
                  one: {
                    type: 'object',
                    properties: { a: text, b: text },
                    oneOf: [{ required: ['a'] }, { required: ['b'] }],
                  },
                  any: { type: 'object', properties: { a: text, b: text }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
                  not: { type: 'string', not: { enum: ['bad'] } },
                  maybe: { type: 'string', nullable: true, default: 'd' },
                  filled: { type: 'string', default: 'f' },
                  inner: { type: 'object', properties: { d: { type: 'string', default: 'dd' } } },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: text, phase: text } },
            },
          },
        },
      },
    ],
  },
} as const;
