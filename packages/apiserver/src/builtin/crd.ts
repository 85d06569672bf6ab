import { crdBehaviour } from '../crds/crd-behaviour.ts';
import type { ServedResource } from '../served-resource.ts';
import { builtinResource, column, nameColumn, textAt } from './builtin-resource.ts';
import { atomic, fields, flag, kindSchema, listMap, openFields, set, text, time, whole } from './schema-parts.ts';

const names = fields(
  {
    plural: text('plural is the plural name of the resource to serve.'),
    singular: text('singular is the singular name of the resource.'),
    shortNames: atomic(text()),
    kind: text('kind is the serialized kind of the resource.'),
    listKind: text(),
    categories: atomic(text()),
  },
  'names specify the resource and kind names for the custom resource.',
  { required: ['plural', 'kind'] },
);

const version = fields(
  {
    name: text('name is the version name, e.g. “v1”, “v2beta1”, etc.'),
    served: flag('served is a flag enabling/disabling this version from being served via REST APIs'),
    storage: flag('storage indicates this version should be used when persisting custom resources to storage.'),
    deprecated: flag(),
    deprecationWarning: { ...text(), nullable: true },
    schema: fields(
      { openAPIV3Schema: { ...openFields({}, 'openAPIV3Schema is the OpenAPI v3 schema to use for validation and pruning.') } },
      'schema describes the schema used for validation, pruning, and defaulting of this version of the custom resource.',
    ),
    subresources: fields({
      status: openFields({}),
      scale: fields({ specReplicasPath: text(), statusReplicasPath: text(), labelSelectorPath: text() }),
    }),
    additionalPrinterColumns: atomic(
      fields({ name: text(), type: text(), format: text(), description: text(), priority: whole(), jsonPath: text() }),
    ),
    selectableFields: atomic(fields({ jsonPath: text() })),
  },
  undefined,
  { required: ['name', 'served', 'storage'] },
);

export const crdResource: ServedResource = builtinResource({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  scope: 'Cluster',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  generation: true,
  schema: kindSchema('CustomResourceDefinition represents a resource that should be exposed on the API server.', {
    spec: fields(
      {
        group: text('group is the API group of the defined custom resource.'),
        names,
        scope: text('scope indicates whether the defined custom resource is cluster- or namespace-scoped.'),
        versions: atomic(version, 'versions is the list of all API versions of the defined custom resource.'),
        conversion: openFields({ strategy: text() }),
        preserveUnknownFields: flag(),
      },
      'spec describes how the user wants the resources to appear',
      { required: ['group', 'names', 'scope', 'versions'] },
    ),
    status: fields({
      conditions: listMap(
        ['type'],
        fields(
          { type: text(), status: text(), lastTransitionTime: time(), reason: text(), message: text(), observedGeneration: whole() },
          undefined,
          { required: ['type', 'status'] },
        ),
      ),
      acceptedNames: names,
      storedVersions: set(text()),
      observedGeneration: whole(),
    }),
  }),
  columns: [nameColumn, column('Created At', (object) => textAt(object, 'metadata', 'creationTimestamp'), 0, 'date')],
  behaviour: crdBehaviour,
});
