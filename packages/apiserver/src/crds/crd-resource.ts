import { isObject, type Schema } from '@kubecast/crd';
import type { Column, KubeObject, ServedResource, Verb } from '../served-resource.ts';

const verbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

export interface CrdNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: Schema };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  };
  readonly additionalPrinterColumns?: readonly Column[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface CrdSpec {
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly names: CrdNames;
  readonly versions: readonly CrdVersion[];
}

/** The spec of a stored, validated CustomResourceDefinition. */
export function crdSpec(crd: KubeObject): CrdSpec {
  return crd['spec'] as CrdSpec;
}

const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
};

/** What a CRD serves: each served version as a resource. */
export function servedVersions(crd: KubeObject): {
  readonly versions: ReadonlyMap<string, ServedResource>;
  readonly storageVersion: string;
} {
  const spec = crdSpec(crd);
  const storageVersion = spec.versions.find((version) => version.storage)?.name ?? spec.versions[0]?.name ?? 'v1';
  const versions = new Map<string, ServedResource>();
  for (const version of spec.versions) {
    if (!version.served) continue;
    const { group, names } = spec;
    const columns = version.additionalPrinterColumns;
    versions.set(version.name, {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      scope: spec.scope,
      singular: names.singular,
      listKind: names.listKind,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs,
      schema: version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      columns: columns === undefined || columns.length === 0 ? [ageColumn] : columns,
      subresources: {
        ...(isObject(version.subresources?.status) ? { status: true } : {}),
        ...(version.subresources?.scale === undefined ? {} : { scale: version.subresources.scale }),
      },
      generation: true,
      selectableFields: (version.selectableFields ?? []).map((field) => field.jsonPath),
      storage: `${group}/${storageVersion}/${names.kind}`,
      ...(version.deprecated === true ? { deprecationWarning: version.deprecationWarning ?? defaultDeprecation(spec, version.name) } : {}),
    });
  }
  return { versions, storageVersion };
}

function defaultDeprecation(spec: CrdSpec, version: string): string {
  const better = spec.versions.find((other) => other.served && other.deprecated !== true);
  return `${spec.group}/${version} ${spec.names.kind} is deprecated${better === undefined ? '' : `; use ${spec.group}/${better.name} ${spec.names.kind}`}`;
}
