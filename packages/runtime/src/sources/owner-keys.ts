import { isObject, type ResourceType } from '@kubecast/crd';
import type { Delta } from '@kubecast/informer';
import type { Key } from '@kubecast/store';

export interface OwnerKeysOptions {
  /** Follow every owner of the kind; default: only the one whose `controller` is true. */
  readonly everyOwner?: boolean;
}

/**
 * A map function: from an object to the keys of its owners of a kind. Group and kind are compared, not the version, since an owner's version changes
 * with the API. An owner of a namespaced kind is in the object's namespace.
 */
export function ownerKeys<T>(owner: ResourceType, options: OwnerKeysOptions = {}): (delta: Delta<T>) => readonly Key[] {
  return ({ entry }) => {
    const value: unknown = entry.value;
    const metadata = isObject(value) ? value['metadata'] : undefined;
    const references = isObject(metadata) ? metadata['ownerReferences'] : undefined;
    if (!Array.isArray(references)) return [];
    const keys: Key[] = [];
    for (const reference of references as readonly unknown[]) {
      if (!isObject(reference)) continue;
      const { apiVersion, kind, name, controller } = reference;
      if (kind !== owner.kind || typeof name !== 'string' || typeof apiVersion !== 'string') continue;
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      if (group !== owner.group || (controller !== true && options.everyOwner !== true)) continue;
      keys.push({ cluster: entry.key.cluster, namespace: owner.scope === 'Namespaced' ? entry.key.namespace : '', name });
    }
    return keys;
  };
}
