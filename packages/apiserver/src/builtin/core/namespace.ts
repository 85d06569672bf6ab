import { invalidError, isObject } from '@kubecast/crd';
import type { ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from '../builtin-resource.ts';

export const namespaceResource: ServedResource = builtinResource({
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Cluster',
  shortNames: ['ns'],
  status: true,
  withoutCollectionDelete: true,
  type: 'io.k8s.api.core.v1.Namespace',
  columns: [nameColumn, column('Status', (object) => textAt(object, 'status', 'phase')), ageColumn],
  behaviour: {
    deleteAnswer: 'object',
    metadata: { update: ['create', 'update'] },
    unowned: (object) => ({ spec: object['spec'] ?? {} }),
    fields: { 'status.phase': (object) => textAt(object, 'status', 'phase') },
    prepare(object, old) {
      const metadata = object['metadata'] as Record<string, unknown>;
      const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
      if (typeof metadata['name'] === 'string' && metadata['name'] !== '') {
        labels['kubernetes.io/metadata.name'] = metadata['name'];
        metadata['labels'] = labels;
      }
      // spec.finalizers are the finalize subresource's alone.
      const asked = listAt(object, 'spec', 'finalizers') as unknown as string[];
      object['spec'] =
        old === undefined ? { finalizers: asked.includes('kubernetes') ? asked : [...asked, 'kubernetes'] } : (old['spec'] ?? {});
      if (old === undefined) object['status'] = { phase: 'Active' };
    },
    validate: (object) =>
      (listAt(object, 'spec', 'finalizers') as unknown as string[])
        .filter((finalizer) => !finalizer.includes('/') && !['kubernetes', 'orphan', 'foregroundDeletion'].includes(finalizer))
        .map((finalizer) =>
          invalidError('spec.finalizers', finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
        ),
  },
});
