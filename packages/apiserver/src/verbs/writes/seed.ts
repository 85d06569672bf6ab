import type { Clock } from '@kubecast/clock';
import { ApiServerError } from '../../errors.ts';
import type { Registry } from '../../routing/registry.ts';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { canonicalObject } from '../../storage/canonical.ts';
import { markPresented } from '../../storage/presenter.ts';
import type { Storage } from '../../storage/storage.ts';
import { objectKey, parseStored } from '../../storage/stored-object.ts';
import { wholeSeconds } from './create.ts';

/**
 * Stores an object as another writer of etcd would, past everything that a request goes through. The UID and the creation time of what stands
 * there stay where the object gives none. The object is not changed.
 */
export function seedObject(registry: Registry, storage: Storage, clock: Clock, given: KubeObject): void {
  if (typeof (given as unknown) !== 'object' || (given as unknown) === null)
    throw new ApiServerError('ERR_APISERVER_SEED', 'what is seeded must be an object with apiVersion, kind and metadata');
  const resource = servedAs(registry, given);
  const kind = registry.kind(resource.group, resource.plural);
  const { metadata: shown } = given as { readonly metadata?: Readonly<Record<string, unknown>> };
  const { name, namespace = '' } = shown ?? {};
  const namespaced = resource.scope === 'Namespaced';
  if (kind === undefined || typeof name !== 'string' || name === '' || typeof namespace !== 'string' || (namespace === '') === namespaced) {
    throw new ApiServerError(
      'ERR_APISERVER_SEED',
      `an object of ${resource.plural} needs metadata.name${namespaced ? ' and metadata.namespace' : ' and no metadata.namespace'}: ${JSON.stringify(shown)}`,
    );
  }
  const before = kind.table.get(objectKey(namespace, name));
  const old = before === undefined ? {} : ((parseStored(before)['metadata'] ?? {}) as Record<string, unknown>);
  const metadata = {
    ...shown,
    uid: shown?.['uid'] ?? old['uid'] ?? crypto.randomUUID(),
    creationTimestamp: shown?.['creationTimestamp'] ?? old['creationTimestamp'] ?? wholeSeconds(clock.wall()),
    resourceVersion: '0',
  };
  markPresented(kind, resource, storage.put(kind.table.id, canonicalObject({ ...given, metadata }, resource), resource.version));
}

function servedAs(registry: Registry, { apiVersion, kind }: KubeObject): ServedResource {
  for (const resource of registry.resources()) {
    if (resource.kind !== kind || (resource.group === '' ? resource.version : `${resource.group}/${resource.version}`) !== apiVersion)
      continue;
    // What the server itself acts on must come by a request.
    if (resource.builtin?.storedAs === undefined && resource.plural !== 'customresourcedefinitions') return resource;
    throw new ApiServerError('ERR_APISERVER_SEED', `${resource.plural} cannot be seeded; send them by a request`);
  }
  throw new ApiServerError(
    'ERR_APISERVER_SEED',
    `no kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} is served; install its CRD first`,
  );
}
