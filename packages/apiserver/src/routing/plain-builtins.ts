import type { ServedResource, Verb } from '../served-resource.ts';
import { crdBehaviour } from '../crds/crd-behaviour.ts';

const verbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function plain(group: string, version: string, kind: string, plural: string, scope: 'Namespaced' | 'Cluster', more: Partial<ServedResource> = {}): ServedResource {
  return {
    group, version, kind, plural, scope, singular: kind.toLowerCase(), listKind: `${kind}List`, shortNames: [], categories: [], verbs,
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, columns: [], subresources: {}, generation: false, selectableFields: [],
    storage: `${group === '' ? '' : `${group}/`}${version}/${kind}`, builtin: { deleteAnswer: 'status', putCreates: false, unconditionalPut: true }, ...more,
  };
}

export function plainBuiltins(): readonly ServedResource[] {
  return [
    plain('', 'v1', 'Namespace', 'namespaces', 'Cluster', { subresources: { status: true } }),
    plain('', 'v1', 'Service', 'services', 'Namespaced', { builtin: { deleteAnswer: 'object', putCreates: true, unconditionalPut: true } }),
    plain('', 'v1', 'Endpoints', 'endpoints', 'Namespaced'), plain('', 'v1', 'Event', 'events', 'Namespaced'),
    plain('', 'v1', 'ConfigMap', 'configmaps', 'Namespaced'), plain('', 'v1', 'Secret', 'secrets', 'Namespaced'), plain('', 'v1', 'Pod', 'pods', 'Namespaced'),
    plain('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', 'Namespaced', { generation: true }),
    plain('coordination.k8s.io', 'v1', 'Lease', 'leases', 'Namespaced', { builtin: { deleteAnswer: 'status', putCreates: true, unconditionalPut: false } }),
    plain('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'Cluster', { generation: true, subresources: { status: true }, builtin: crdBehaviour }),
  ];
}
