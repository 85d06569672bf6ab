import { objectMetaSchema } from '@kubecast/crd';
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

const metaDescriptions: Readonly<Record<string, string>> = {
  annotations: 'Annotations is an unstructured key value map that may be set by external tools to store and retrieve arbitrary metadata.',
  creationTimestamp: 'The time at which the server created the object, in RFC 3339 form and UTC. Set by the server.',
  deletionGracePeriodSeconds: 'Seconds this object is given to end gracefully before it is removed. Set by the server.',
  deletionTimestamp: 'The time at which this object is to be deleted. Set by the server when a deletion was asked for.',
  finalizers: 'Must be empty before the object is removed. Each entry names the component that removes it.',
  generateName: 'A prefix from which the server makes a unique name where none is given.',
  generation: 'Counts the changes of the desired state. Set by the server.',
  labels: 'Map of string keys and values that can be used to organize and categorize (scope and select) objects.',
  managedFields: 'Which fields are owned by which manager, as server-side apply keeps it.',
  name: 'Name must be unique within a namespace. Cannot be updated.',
  namespace: 'Namespace defines the space within which each name must be unique. Cannot be updated.',
  ownerReferences: 'Objects that this object depends on. When all of them are deleted, this object is garbage collected.',
  resourceVersion: 'An opaque value that stands for the version of this object. Set by the server.',
  selfLink: 'Deprecated: no longer set.',
  uid: 'The identity of this object over time and space. Set by the server.',
};

function objectMeta(): Document {
  const properties: Document = {};
  for (const [name, schema] of Object.entries(objectMetaSchema.properties ?? {}))
    properties[name] = { description: metaDescriptions[name] ?? '', ...schema };
  return {
    type: 'object',
    description: 'ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.',
    properties,
  };
}

const schemas: Readonly<Record<string, Document>> = {
  ObjectMeta: objectMeta(),
  ListMeta: {
    type: 'object',
    description: 'ListMeta describes metadata that lists have.',
    properties: {
      continue: text('Set when there are more items: a token for the next request.'),
      remainingItemCount: whole('The number of items that follow, where it is known.'),
      resourceVersion: text('The version of the list.'),
      selfLink: text('Deprecated: no longer set.'),
    },
  },
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

/** The schemas of meta/v1 that every document refers to, by their full names. */
export function metaSchemas(): Document {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`${metaPrefix}.${name}`, schema]));
}

export const scaleName = 'io.k8s.api.autoscaling.v1.Scale';

export const scaleSchema: Document = {
  type: 'object',
  description: 'Scale represents a scaling request for a resource.',
  properties: {
    ...typeMeta,
    metadata: reference(`${metaPrefix}.ObjectMeta`),
    spec: {
      type: 'object',
      description: 'The desired scale.',
      properties: { replicas: { type: 'integer', format: 'int32', description: 'The desired number of instances.' } },
    },
    status: {
      type: 'object',
      description: 'The scale as it is.',
      properties: { replicas: { type: 'integer', format: 'int32' }, selector: { type: 'string' } },
      required: ['replicas'],
    },
  },
  'x-kubernetes-group-version-kind': [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }],
};
