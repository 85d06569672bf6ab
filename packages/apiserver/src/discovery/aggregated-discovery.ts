import { createHash } from 'node:crypto';
import type { ServedResource } from '../served-resource.ts';
import { groupVersions } from './group-versions.ts';

type Document = Record<string, unknown>;

export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** GET /api (`core`) and /apis in the aggregated form (apidiscovery.k8s.io/v2). */
export function aggregatedDiscovery(resources: readonly ServedResource[], core: boolean): Document {
  const items = groupVersions(resources)
    .filter(({ group }) => (group === '') === core)
    .map(({ group, versions }) => ({
      metadata: core ? {} : { name: group },
      versions: versions.map((version) => ({
        version,
        resources: resources.filter((resource) => resource.group === group && resource.version === version).map(entry),
        freshness: 'Current',
      })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function entry(resource: ServedResource): Document {
  const builtin = resource.builtin !== undefined;
  const own = builtin
    ? { group: '', version: '', kind: resource.kind }
    : { group: resource.group, version: resource.version, kind: resource.kind };
  const verbs = ['get', 'patch', 'update'];
  const subresources = [
    ...(resource.group === '' && resource.plural === 'namespaces'
      ? [{ subresource: 'finalize', responseKind: own, verbs: ['update'] }]
      : []),
    ...(resource.subresources.status === true ? [{ subresource: 'status', responseKind: own, verbs }] : []),
    ...(resource.subresources.scale === undefined
      ? []
      : [{ subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs }]),
  ];
  return {
    resource: resource.plural,
    responseKind: own,
    scope: resource.scope,
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** The Etag of a document: 128 hexadecimal digits in quotes. */
export function documentHash(text: string): string {
  return createHash('sha512').update(text).digest('hex').toUpperCase();
}
