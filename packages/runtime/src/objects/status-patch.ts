import { equalJson, isObject, type KubernetesObject } from '@kubecast/crd';
import type { DeepReadonly } from '@kubecast/store';
import { metadataOf } from './metadata-of.ts';
import { RuntimeOptionsError } from '../errors.ts';

interface PatchOptions {
  readonly namespace?: string;
  readonly signal?: AbortSignal;
  readonly kind?: 'merge';
  readonly subresource?: string;
}

/** What is used of a resource; `client.resource(type)` of `@kubecast/client` is one. */
export interface StatusResource<T> {
  patch(name: string, patch: object, options?: PatchOptions): Promise<{ readonly object: T }>;
}

export interface StatusPatchOptions {
  readonly signal?: AbortSignal;
  /** Write only if nobody wrote the object since it was read: else the server answers 409. Lists, as of conditions, are replaced whole, so the default is true. */
  readonly ifUnchanged?: boolean;
}

/**
 * Brings the status of an object to what is given, by a merge patch of what differs. Fields of the status that are not named stay; `null` takes one
 * away; lists are replaced whole. An object that was deleted and made again meanwhile is never written: the server refuses the other uid (409 or 422). Gives undefined,
 * and sends nothing, where nothing differs.
 */
export async function patchStatus<T extends KubernetesObject>(
  resource: StatusResource<T>,
  object: DeepReadonly<{ readonly metadata: KubernetesObject['metadata']; readonly status?: unknown }>,
  status: object,
  options: StatusPatchOptions = {},
): Promise<T | undefined> {
  const { name = '', namespace = '', uid, resourceVersion } = metadataOf(object, 'patchStatus');
  if (name === '' || uid === undefined)
    throw new RuntimeOptionsError('patchStatus: the object has no name or uid; give it as the server gave it');
  if (!isObject(status)) throw new RuntimeOptionsError(`patchStatus: the status of ${name} must be an object`);
  const changes = difference(object.status, status as Readonly<Record<string, unknown>>);
  if (changes === undefined) return undefined;
  const metadata = { uid, ...(options.ifUnchanged === false ? {} : { resourceVersion }) };
  const written = await resource.patch(
    name,
    { metadata, status: changes },
    {
      kind: 'merge',
      subresource: 'status',
      ...(namespace === '' ? {} : { namespace }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  return written.object;
}

/** The merge patch (RFC 7386) that brings `from` to have everything of `to`; undefined if it has it. */
function difference(from: unknown, to: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const old = isObject(from) ? (from as Readonly<Record<string, unknown>>) : {};
  const changes: [string, unknown][] = [];
  for (const [field, value] of Object.entries(to)) {
    const before = Object.hasOwn(old, field) ? old[field] : undefined;
    if (value === undefined) continue;
    if (value === null) {
      if (before !== undefined) changes.push([field, null]);
    } else if (isObject(value)) {
      const deeper = difference(before, value as Readonly<Record<string, unknown>>);
      if (deeper !== undefined) changes.push([field, deeper]);
      else if (!isObject(before)) changes.push([field, {}]);
    } else if (before === undefined || !equalJson(before, value)) changes.push([field, value]);
  }
  // fromEntries defines, so that a field named __proto__ is a field.
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
