import type { ResourceType } from '@kubecast/crd';

/** A resource as the server serves it. */
export interface DiscoveredResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** A group and its versions, the preferred one first, as the server orders them. */
export interface DiscoveredGroup {
  readonly name: string;
  readonly preferredVersion: string;
  readonly versions: readonly DiscoveredVersion[];
}

export interface DiscoveredVersion {
  readonly version: string;
  readonly resources: readonly DiscoveredResource[];
  /** False where the server could not tell now: an aggregated API server that does not answer. */
  readonly fresh: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads an APIGroupDiscoveryList (apidiscovery.k8s.io v2 and v2beta1; KEP-3352). */
export function readAggregated(body: unknown): DiscoveredGroup[] {
  return list(fields(body)['items']).map((item) => {
    const name = text(fields(item['metadata'])['name']);
    const versions = list(item['versions']).map((entry) => {
      const version = text(entry['version']);
      return {
        version,
        fresh: entry['freshness'] !== 'Stale',
        resources: list(entry['resources']).map((resource): DiscoveredResource => {
          const kind = fields(resource['responseKind']);
          return {
            // Built-in kinds leave group and version of the kind empty: those of the place are meant.
            group: name,
            version,
            kind: text(kind['kind']),
            plural: text(resource['resource']),
            scope: resource['scope'] === 'Namespaced' ? 'Namespaced' : 'Cluster',
            singular: text(resource['singularResource']) || text(kind['kind']).toLowerCase(),
            shortNames: texts(resource['shortNames']),
            categories: texts(resource['categories']),
            verbs: texts(resource['verbs']),
            subresources: list(resource['subresources']).map((sub) => text(sub['subresource'])),
          };
        }),
      };
    });
    return { name, preferredVersion: versions[0]?.version ?? '', versions };
  });
}

/** Reads an APIResourceList (v1), the old form: one for each group and version. Subresources stand in it as `widgets/status`. */
export function readResourceList(body: unknown, group: string, version: string): DiscoveredResource[] {
  const entries = list(fields(body)['resources']);
  const subresources = new Map<string, string[]>();
  for (const entry of entries) {
    const [plural, sub] = splitOnce(text(entry['name']));
    if (sub !== undefined) subresources.set(plural, [...(subresources.get(plural) ?? []), sub]);
  }
  return entries
    .filter((entry) => !text(entry['name']).includes('/'))
    .map((entry) => ({
      group,
      version,
      kind: text(entry['kind']),
      plural: text(entry['name']),
      scope: entry['namespaced'] === true ? 'Namespaced' : 'Cluster',
      singular: text(entry['singularName']) || text(entry['kind']).toLowerCase(),
      shortNames: texts(entry['shortNames']),
      categories: texts(entry['categories']),
      verbs: texts(entry['verbs']),
      subresources: subresources.get(text(entry['name'])) ?? [],
    }));
}

/** Reads an APIGroupList: names and versions, no resources yet. */
export function readGroupList(
  body: unknown,
): { readonly name: string; readonly preferred: string; readonly versions: readonly string[] }[] {
  return list(fields(body)['groups']).map((group) => {
    const versions = list(group['versions']).map((entry) => text(entry['version']));
    return { name: text(group['name']), preferred: text(fields(group['preferredVersion'])['version']) || (versions[0] ?? ''), versions };
  });
}

export function isAggregated(body: unknown): boolean {
  return fields(body)['kind'] === 'APIGroupDiscoveryList';
}

function splitOnce(name: string): [string, string | undefined] {
  const at = name.indexOf('/');
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
