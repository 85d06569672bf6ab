import { crdBehaviour } from '../crds/crd-behaviour.ts';
import type { ServedResource } from '../served-resource.ts';
import { builtinResource, column, nameColumn, textAt } from './builtin-resource.ts';

export const crdResource: ServedResource = builtinResource({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  scope: 'Cluster',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  generation: true,
  type: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  columns: [nameColumn, column('Created At', (object) => textAt(object, 'metadata', 'creationTimestamp'), 0, 'date')],
  behaviour: crdBehaviour,
});
