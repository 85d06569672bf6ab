import { createHash } from 'node:crypto';
import type { ServedResource } from '../served-resource.ts';
import { groupVersions, type GroupVersions } from './group-versions.ts';

type Document = Record<string, unknown>;

/** GET /api. */
export function coreVersions(serverAddress: string): Document {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
}

/** GET /apis. */
export function groupList(resources: readonly ServedResource[]): Document {
  const groups = groupVersions(resources)
    .filter(({ group }) => group !== '')
    .map(groupBody);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** GET /apis/GROUP; undefined when nothing of it is served. */
export function groupDocument(resources: readonly ServedResource[], group: string): Document | undefined {
  const found = groupVersions(resources).find((one) => one.group === group);
  return found === undefined || group === '' ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(found) };
}

function groupBody({ group, versions }: GroupVersions): Document {
  const shown = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: shown, preferredVersion: shown[0] };
}

/** GET /api/v1 and /apis/GROUP/VERSION; undefined when nothing of it is served. */
export function resourceList(resources: readonly ServedResource[], group: string, version: string): Document | undefined {
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: served.flatMap(entries),
  };
}

function entries(resource: ServedResource): Document[] {
  const namespaced = resource.scope === 'Namespaced';
  const list: Document[] = [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
      storageVersionHash: storageVersionHash(resource.storage),
    },
  ];
  if (resource.group === '' && resource.plural === 'namespaces') {
    list.push({ name: 'namespaces/finalize', singularName: '', namespaced, kind: resource.kind, verbs: ['update'] });
  }
  if (resource.subresources.status === true)
    list.push({ name: `${resource.plural}/status`, singularName: '', namespaced, kind: resource.kind, verbs: ['get', 'patch', 'update'] });
  if (resource.subresources.scale !== undefined) {
    list.push({
      name: `${resource.plural}/scale`,
      singularName: '',
      namespaced,
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
    });
  }
  return list;
}

/** base64 of the first 8 bytes of sha256 of `group/version/Kind`. */
export function storageVersionHash(storage: string): string {
  return createHash('sha256').update(storage).digest().subarray(0, 8).toString('base64');
}
