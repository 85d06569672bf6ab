import { defaultObject, pruneObject } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import type { ServedKind } from '../routing/served-kind.ts';
import { canonicalObject } from './canonical.ts';
import { parseStored, type StoredObject } from './stored-object.ts';

interface Presented {
  readonly epoch: number;
  readonly version: string;
  readonly bytes: Buffer;
}

const presented = new WeakMap<StoredObject, Presented>();

/** Marks the stored bytes as presented by the current schema, which they were just written with. */
export function markPresented(kind: ServedKind, resource: ServedResource, stored: StoredObject): void {
  presented.set(stored, { epoch: kind.epoch, version: apiVersion(resource), bytes: stored.bytes });
}

/**
 * The object's JSON as this version of the resource shows it now. Fields that the schema does not declare any more are hidden, and new
 * defaults are filled in, under an unchanged resourceVersion (structural schemas default and prune on read). Shared bytes.
 */
export function presentBytes(kind: ServedKind, resource: ServedResource, stored: StoredObject): Buffer {
  if (resource.builtin !== undefined && resource.builtin.storedAs === undefined && stored.version === resource.version) return stored.bytes;
  const known = presented.get(stored);
  if (known !== undefined && known.epoch === kind.epoch && known.version === apiVersion(resource)) return known.bytes;
  const object = convert(resource, parseStored(stored));
  const bytes = Buffer.from(JSON.stringify(canonicalObject(object, resource)));
  const same = bytes.equals(stored.bytes) ? stored.bytes : bytes;
  presented.set(stored, { epoch: kind.epoch, version: apiVersion(resource), bytes: same });
  return same;
}

/** The same as a new object that the caller may change. */
export function presentObject(kind: ServedKind, resource: ServedResource, stored: StoredObject): KubeObject {
  return JSON.parse(presentBytes(kind, resource, stored).toString('utf8')) as KubeObject;
}

function convert(resource: ServedResource, object: KubeObject): KubeObject {
  if (resource.builtin?.storedAs !== undefined) return resource.builtin.storedAs.fromStored(object);
  object['apiVersion'] = apiVersion(resource);
  object['kind'] = resource.kind;
  if (resource.builtin !== undefined) return object;
  pruneObject(resource.schema, object);
  defaultObject(resource.schema, object);
  return object;
}

export function apiVersion(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
