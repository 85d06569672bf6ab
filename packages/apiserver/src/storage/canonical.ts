import { getOwn, isObject, setOwn, type Schema } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';

const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

const anything: Schema = {};
const names = (...all: readonly string[]): Schema => ({ items: { properties: Object.fromEntries(all.map((name) => [name, anything])) } });

/** The order of names inside metadata's lists. */
const metadataSchema: Schema = {
  properties: {
    ownerReferences: names('apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'),
    managedFields: names('manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource'),
  },
};

/**
 * The object with its names in the order in which the API server writes them: custom resources by the alphabet (Go maps),
 * built-in kinds as their Go structs, whose order is that of the schema's properties. A copy; shares leaves.
 */
export function canonicalObject(object: KubeObject, resource: ServedResource): KubeObject {
  if (resource.builtin === undefined) return sorted(object) as KubeObject;
  const out: KubeObject = {};
  for (const name of ['kind', 'apiVersion']) if (object[name] !== undefined) out[name] = object[name];
  if (isObject(object['metadata'])) out['metadata'] = ordered(object['metadata'], metadataOrder, metadataSchema);
  const rest = ordered(object, [], resource.schema) as KubeObject;
  for (const name of Object.keys(rest)) if (!Object.hasOwn(out, name)) setOwn(out, name, rest[name]);
  return out;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const out: KubeObject = {};
  for (const name of Object.keys(value).sort()) setOwn(out, name, sorted(value[name]));
  return out;
}

function ordered(value: unknown, order: readonly string[], schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, [], schema?.items));
  if (!isObject(value)) return value;
  const names = order.length > 0 ? order : Object.keys(schema?.properties ?? {});
  const out: KubeObject = {};
  const childOf = (name: string): Schema | undefined =>
    getOwn(schema?.properties, name) ?? (typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined);
  for (const name of names) if (Object.hasOwn(value, name)) setOwn(out, name, ordered(value[name], [], childOf(name)));
  for (const name of Object.keys(value).sort()) if (!Object.hasOwn(out, name)) setOwn(out, name, ordered(value[name], [], childOf(name)));
  return out;
}
