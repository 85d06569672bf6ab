import { isObject } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';
import { decodeManagers, encodeManagers, type Managers } from './managed-fields.ts';
import { bookUpdate, type Writer } from './ownership.ts';
import { typedRoot } from './typed-schema.ts';

/** Who writes, through what, and when. */
export interface Write {
  readonly resource: ServedResource;
  readonly manager: string;
  /** `status`, `scale`; absent or empty for the object itself. */
  readonly subresource?: string | undefined;
  /** The wall clock, ms since 1970. */
  readonly now: number;
}

/**
 * Records what a create sets as owned by its manager (S9). Changes `object.metadata.managedFields`; the object must be complete, defaults
 * included, since defaulted fields belong to who creates.
 */
export function trackCreate(write: Write, object: KubeObject): void {
  const metadata = metadataOf(object);
  const managers = decodeManagers(metadata['managedFields']) ?? new Map();
  book(write, managers, emptyObject(write.resource, object), object);
}

/**
 * Records what a PUT or patch changed as owned by its manager. Changes `next.metadata.managedFields`. `[{}]` there clears the list, and an
 * object without entries stays untracked until something is applied to it (U7, S12). A list that the request sends replaces
 * what stood there, unless it cannot be read or comes through a subresource.
 */
export function trackUpdate(write: Write, live: KubeObject, next: KubeObject): void {
  const metadata = metadataOf(next);
  const sent = metadata['managedFields'];
  if (isReset(sent)) {
    delete metadata['managedFields'];
    return;
  }
  const old = metadataOf(live)['managedFields'];
  let managers: Managers | undefined = (write.subresource ?? '') === '' ? decodeManagers(sent) : undefined;
  if (managers === undefined || managers.size === 0) managers = decodeManagers(old) ?? new Map();
  if (managers.size === 0) {
    delete metadata['managedFields'];
    return;
  }
  book(write, managers, live, next);
}

function book(write: Write, managers: Managers, live: KubeObject, next: KubeObject): void {
  bookUpdate(typedRoot(write.resource), managers, untracked(live), untracked(next), writerOf(write));
  setManagers(next, managers);
}

export function setManagers(object: KubeObject, managers: Managers): void {
  const list = encodeManagers(managers);
  const metadata = metadataOf(object);
  if (list === undefined) delete metadata['managedFields'];
  else metadata['managedFields'] = list;
}

export function writerOf(write: Write): Writer {
  const { resource, manager, subresource = '' } = write;
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return { manager, apiVersion, subresource, time: seconds(write.now), owns: (name) => ownedThrough(resource, subresource, name) };
}

/** The part of an object that a request can change. */
function ownedThrough(resource: ServedResource, subresource: string, topLevel: string): boolean {
  if (subresource === 'status') return topLevel === 'status';
  if (subresource === 'scale') return topLevel === 'spec';
  return resource.subresources.status !== true || topLevel !== 'status';
}

export function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The object without managedFields, which own nothing of themselves. Shares everything else. */
export function untracked(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = metadataOf(object);
  return { ...object, metadata };
}

/**
 * The fields that exist before a create, which nobody comes to own. None for custom resources; for built-in kinds
 * their top-level structs and what the kind names as unowned.
 */
export function emptyObject(resource: ServedResource, object: KubeObject): KubeObject {
  if (resource.builtin === undefined) return { metadata: {} };
  return { metadata: {}, spec: {}, status: {}, ...resource.builtin.unowned?.(object) };
}

export function metadataOf(object: KubeObject): Record<string, unknown> {
  const metadata = object['metadata'];
  return isObject(metadata) ? metadata : {};
}

function isReset(list: unknown): boolean {
  return Array.isArray(list) && list.length === 1 && isObject(list[0]) && Object.keys(list[0]).length === 0;
}
