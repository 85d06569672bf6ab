import { builtinResources } from '../builtin/index.ts';
import type { Release } from '../release.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Storage } from '../storage/storage.ts';
import { ServedKind } from './served-kind.ts';

/** The built-in kinds as they are served: one kind a plural and group, in all its versions. `without`: left out, as `plural.group`. */
export function servedBuiltins(storage: Storage, release: Release, without: readonly string[] = []): ServedKind[] {
  const byPlural = new Map<string, ServedResource[]>();
  for (const resource of builtinResources(release.endpointSlice)) {
    if (without.includes(resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`)) continue;
    const id = `${resource.group}/${resource.plural}`;
    byPlural.set(id, [...(byPlural.get(id) ?? []), resource]);
  }
  return [...byPlural].map(([id, resources]) => {
    const first = resources[0] as ServedResource;
    return new ServedKind({
      group: first.group,
      plural: first.plural,
      table: storage.table(first.builtin?.storedAs?.table ?? id),
      versions: new Map(resources.map((resource) => [resource.version, resource])),
      storageVersion: first.version,
    });
  });
}
