import { isObject } from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';

/** Versions of the group meta.k8s.io in which clients ask for Tables and PartialObjectMetadata. */
export type MetaVersion = 'v1' | 'v1beta1';

/** The object's metadata alone, as a PartialObjectMetadata. */
export function partialObject(object: KubeObject, version: MetaVersion): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: inStructOrder(object['metadata']) };
}

const structOrder = [
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

/** Metadata with its names as its struct has them, also those of a custom resource, whose own are by the alphabet. */
function inStructOrder(metadata: unknown): unknown {
  if (!isObject(metadata)) return metadata;
  return Object.fromEntries(structOrder.filter((name) => metadata[name] !== undefined).map((name) => [name, metadata[name]]));
}

/** A PartialObjectMetadataList; [!] its items are null where there are none, as the API server writes it. */
export function partialList(objects: readonly KubeObject[], metadata: Readonly<Record<string, unknown>>, version: MetaVersion): KubeObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: objects.length === 0 ? null : objects.map((object) => partialObject(object, version)),
  };
}
