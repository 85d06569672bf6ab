import { metaPrefix, reference } from './schema-names.ts';

type Document = Record<string, unknown>;

const text = (description: string): Document => ({ type: 'string', description });
const whole = (description: string): Document => ({ type: 'integer', format: 'int64', description });

export const kindDescription =
  'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';
export const apiVersionDescription =
  'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
export const metadataDescription =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

const typeMeta = { apiVersion: text(apiVersionDescription), kind: text(kindDescription) };

const schemas: Readonly<Record<string, Document>> = {
  Patch: { type: 'object', description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.' },
  Preconditions: {
    type: 'object',
    description: 'Preconditions must be fulfilled before an operation (update, delete, etc.) is carried out.',
    properties: { resourceVersion: text('Specifies the target ResourceVersion'), uid: text('Specifies the target UID.') },
  },
  DeleteOptions: {
    type: 'object',
    description: 'DeleteOptions may be provided when deleting an API object.',
    properties: {
      ...typeMeta,
      dryRun: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic', description: 'All: nothing is stored.' },
      gracePeriodSeconds: whole('The duration in seconds before the object should be deleted.'),
      orphanDependents: { type: 'boolean', description: 'Deprecated: use propagationPolicy.' },
      preconditions: reference(`${metaPrefix}.Preconditions`),
      propagationPolicy: text('Whether and how garbage collection will be performed: Orphan, Background or Foreground.'),
    },
  },
  StatusCause: {
    type: 'object',
    description: 'StatusCause says more about one cause of a failure.',
    properties: {
      field: text('The field that caused it.'),
      message: text('A description of the cause.'),
      reason: text('The cause, for machines.'),
    },
  },
  StatusDetails: {
    type: 'object',
    description: 'StatusDetails says more about a Status.',
    properties: {
      causes: { type: 'array', items: reference(`${metaPrefix}.StatusCause`), 'x-kubernetes-list-type': 'atomic' },
      group: text('The group of the resource.'),
      kind: text('The kind or resource.'),
      name: text('The name of the resource.'),
      retryAfterSeconds: { type: 'integer', format: 'int32', description: 'Seconds to wait before a retry.' },
      uid: text('The UID of the resource.'),
    },
  },
  Status: {
    type: 'object',
    description: "Status is a return value for calls that don't return other objects.",
    properties: {
      ...typeMeta,
      code: { type: 'integer', format: 'int32', description: 'The HTTP code.' },
      details: reference(`${metaPrefix}.StatusDetails`),
      message: text('A description for people.'),
      metadata: reference(`${metaPrefix}.ListMeta`),
      reason: text('Why the operation is in this status, for machines.'),
      status: text('Success or Failure.'),
    },
    'x-kubernetes-group-version-kind': [{ group: '', kind: 'Status', version: 'v1' }],
  },
};

/** The schemas of meta/v1 that the paths of every document refer to, by their full names. */
export function metaSchemas(): Document {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`${metaPrefix}.${name}`, schema]));
}

const scalePrefix = 'io.k8s.api.autoscaling.v1';
export const scaleName: string = `${scalePrefix}.Scale`;
/** The built-in types that the scale is made of. */
export const scaleTypes: readonly string[] = [`${scalePrefix}.ScaleSpec`, `${scalePrefix}.ScaleStatus`];

export const scaleSchema: Document = {
  type: 'object',
  description: 'Scale represents a scaling request for a resource.',
  properties: {
    ...typeMeta,
    metadata: reference(`${metaPrefix}.ObjectMeta`),
    spec: reference(`${scalePrefix}.ScaleSpec`),
    status: reference(`${scalePrefix}.ScaleStatus`),
  },
  'x-kubernetes-group-version-kind': [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }],
};
