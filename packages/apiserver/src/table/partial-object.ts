import type { KubeObject } from '../served-resource.ts';
import type { MetaVersion } from './table.ts';

/** The object's metadata alone, as a PartialObjectMetadata. */
export function partialObject(object: KubeObject, version: MetaVersion): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object['metadata'] };
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
