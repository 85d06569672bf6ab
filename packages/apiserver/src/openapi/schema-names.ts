import type { ServedResource } from '../served-resource.ts';

export const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const groupFolders: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
};

/** The name of a kind's schema: built-in kinds by their Go package, custom ones by the reversed group. */
export function schemaName(resource: Pick<ServedResource, 'group' | 'version' | 'kind' | 'builtin'>, kind: string = resource.kind): string {
  const { group, version } = resource;
  const folder =
    resource.builtin === undefined
      ? group.split('.').reverse().join('.')
      : (groupFolders[group] ?? `io.k8s.api.${group.split('.')[0] ?? ''}`);
  return `${folder}.${version}.${kind}`;
}

export function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A reference with words of its own beside it, which OpenAPI 3.0 allows only in this form. */
export function described(name: string, description: string): Record<string, unknown> {
  return { allOf: [reference(name)], description };
}
