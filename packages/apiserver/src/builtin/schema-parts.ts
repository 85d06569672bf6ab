import type { Schema } from '@kubecast/crd';

// Short words for the schemas of built-in kinds. The order of names is the order in which the server writes them.

type Properties = Readonly<Record<string, Schema>>;

const described = (description: string | undefined): { description?: string } => (description === undefined ? {} : { description });

export const text = (description?: string): Schema => ({ type: 'string', ...described(description) });
export const whole = (description?: string): Schema => ({ type: 'integer', format: 'int32', ...described(description) });
export const long = (description?: string): Schema => ({ type: 'integer', format: 'int64', ...described(description) });
export const flag = (description?: string): Schema => ({ type: 'boolean', ...described(description) });
export const time = (description?: string): Schema => ({ type: 'string', format: 'date-time', nullable: true, ...described(description) });
export const intOrText = (description?: string): Schema => ({ 'x-kubernetes-int-or-string': true, ...described(description) });
export const bytes = (description?: string): Schema => ({ type: 'string', format: 'byte', ...described(description) });

export function fields(properties: Properties, description?: string, more: Partial<Schema> = {}): Schema {
  return { type: 'object', ...described(description), properties, ...more };
}

/** Fields of which only some are named here; the others are kept as they come. */
export function openFields(properties: Properties, description?: string): Schema {
  return { type: 'object', ...described(description), properties, 'x-kubernetes-preserve-unknown-fields': true };
}

export function map(values: Schema, description?: string): Schema {
  return { type: 'object', ...described(description), additionalProperties: values };
}

/** A list that is replaced as a whole. */
export function atomic(items: Schema, description?: string): Schema {
  return { type: 'array', nullable: true, ...described(description), items, 'x-kubernetes-list-type': 'atomic' };
}

/** A list of scalars that merges as a set. */
export function set(items: Schema, description?: string): Schema {
  return {
    type: 'array',
    nullable: true,
    ...described(description),
    items,
    'x-kubernetes-list-type': 'set',
    'x-kubernetes-patch-strategy': 'merge',
  };
}

/** A list that merges by these names; a strategic merge patch goes by `patchKey`. */
export function listMap(keys: readonly string[], items: Schema, description?: string, patchKey: string = keys[0] as string): Schema {
  return {
    type: 'array',
    nullable: true,
    ...described(description),
    items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    'x-kubernetes-patch-merge-key': patchKey,
    'x-kubernetes-patch-strategy': 'merge',
  };
}

export const labelSelector: Schema = fields(
  {
    matchLabels: map(text(), 'matchLabels is a map of {key,value} pairs.'),
    matchExpressions: atomic(
      fields({ key: text(), operator: text(), values: atomic(text()) }, undefined, { required: ['key', 'operator'] }),
      'matchExpressions is a list of label selector requirements. The requirements are ANDed.',
    ),
  },
  'A label selector is a label query over a set of resources.',
  { 'x-kubernetes-map-type': 'atomic' },
);

export const objectReference: Schema = fields(
  {
    kind: text('Kind of the referent.'),
    namespace: text('Namespace of the referent.'),
    name: text('Name of the referent.'),
    uid: text('UID of the referent.'),
    apiVersion: text('API version of the referent.'),
    resourceVersion: text('Specific resourceVersion to which this reference is made, if any.'),
    fieldPath: text('A piece of an object instead of an entire object, as a valid JSON/Go field access statement.'),
  },
  'ObjectReference contains enough information to let you inspect or modify the referred object.',
  { 'x-kubernetes-map-type': 'atomic' },
);

export const localReference: Schema = fields({ name: text('Name of the referent.') }, undefined, { 'x-kubernetes-map-type': 'atomic' });

export const conditions: Schema = listMap(
  ['type'],
  fields(
    {
      type: text('type of condition in CamelCase.'),
      status: text('status of the condition, one of True, False, Unknown.'),
      observedGeneration: long(),
      lastTransitionTime: time(),
      reason: text(),
      message: text(),
    },
    undefined,
    { required: ['type', 'status'] },
  ),
  'The latest available observations of the current state.',
);

export const objectMetaReference: Schema = { type: 'object', description: "Standard object's metadata." };

/** A whole built-in object. */
export function kindSchema(description: string, properties: Properties): Schema {
  return {
    type: 'object',
    description,
    properties: {
      kind: text('Kind is a string value representing the REST resource this object represents.'),
      apiVersion: text('APIVersion defines the versioned schema of this representation of an object.'),
      metadata: objectMetaReference,
      ...properties,
    },
  };
}
