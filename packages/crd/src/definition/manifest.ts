import type { ResourceDefinition } from './define-resource.ts';
import type { CustomResourceDefinition } from './builtin-kinds.ts';
import type { Schema } from '../schema/schema.ts';

/** The CustomResourceDefinition of a definition (apiextensions.k8s.io/v1), as fresh data that the caller may change. */
export function toManifest(definition: ResourceDefinition): CustomResourceDefinition {
  const { group, version, kind, plural, singular, listKind, shortNames, categories, scope, columns, selectableFields } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      conversion: { strategy: 'None' },
      group,
      names: {
        kind,
        listKind,
        plural,
        ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
        singular,
        ...(categories.length > 0 ? { categories: [...categories] } : {}),
      },
      scope,
      versions: [
        {
          name: version,
          schema: { openAPIV3Schema: structuredClone(definition.schema) as Schema },
          served: true,
          storage: true,
          ...(definition.statusSubresource ? { subresources: { status: {} } } : {}),
          ...(columns.length > 0 ? { additionalPrinterColumns: columns.map((column) => ({ ...column })) } : {}),
          ...(selectableFields.length > 0 ? { selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })) } : {}),
        },
      ],
    },
  };
}
