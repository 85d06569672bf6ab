import type { Schema } from '@kubecast/crd';

const text: Schema = { type: 'string' };
const formats = ['date-time', 'date', 'ipv4', 'ipv6', 'uuid', 'byte', 'duration', 'uri', 'hostname', 'email', 'cidr', 'mac'];

/** One field for every rule that a structural schema has. */
const spec: Schema = {
  type: 'object',
  required: ['required'],
  properties: {
    required: text,
    text: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]+$' },
    word: { type: 'string', enum: ['a', 'b'] },
    digit: { type: 'integer', enum: [1, 2] },
    integer: { type: 'integer', minimum: 0, maximum: 5 },
    between: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: true },
    half: { type: 'number', multipleOf: 0.5 },
    int32: { type: 'integer', format: 'int32' },
    int64: { type: 'integer', format: 'int64' },
    double: { type: 'number', format: 'double' },
    flag: { type: 'boolean' },
    list: { type: 'array', items: text, minItems: 1, maxItems: 2 },
    object: {
      type: 'object',
      minProperties: 1,
      maxProperties: 2,
      properties: { a: text, b: { type: 'object', required: ['c'], properties: { c: { type: 'integer', default: 3 }, d: text } } },
    },
    map: { type: 'object', additionalProperties: { type: 'integer' } },
    nullable: { type: 'string', nullable: true },
    nullableDefault: { type: 'string', nullable: true, default: 'x' },
    default: { type: 'integer', default: 7 },
    intOrString: { 'x-kubernetes-int-or-string': true },
    set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'proto'],
      items: { type: 'object', required: ['name'], properties: { name: text, proto: { type: 'string', default: 'TCP' } } },
    },
    one: { type: 'object', properties: { a: text, b: text }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    any: {
      type: 'object',
      properties: { a: text, b: text },
      anyOf: [{ required: ['a'], properties: { a: { minLength: 3 } } }, { required: ['b'] }],
    },
    all: { type: 'object', properties: { a: text, b: text }, allOf: [{ required: ['a'] }, { required: ['b'] }] },
    not: { type: 'object', properties: { a: text }, not: { required: ['a'] } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    ...Object.fromEntries(formats.map((format) => [format.replace('-', ''), { type: 'string' as const, format }])),
  },
};

export const ruleNames: readonly string[] = Object.keys(spec.properties ?? {});
export const rules: Schema = { type: 'object', properties: { spec } };

export const rulesCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'rules.t.example' },
  spec: {
    group: 't.example',
    scope: 'Namespaced',
    names: { plural: 'rules', kind: 'Rule' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: rules } }],
  },
};
