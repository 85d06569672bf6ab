import type { KubeObject } from '../../served-resource.ts';
import type { Storage } from '../../storage/storage.ts';
import { wholeSeconds } from '../../verbs/writes/create.ts';
import { rbacGroup } from './rbac-authorizer.ts';

const read = ['get', 'list', 'watch'];
const write = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const rule = (verbs: readonly string[], apiGroups: readonly string[], resources: readonly string[]): object => ({
  verbs,
  apiGroups,
  resources,
});
const paths = (verbs: readonly string[], nonResourceURLs: readonly string[]): object => ({ verbs, nonResourceURLs });
const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

interface Role {
  readonly labels?: readonly string[];
  readonly rules?: readonly object[];
  /** The label of the roles that it aggregates. */
  readonly gathers?: string;
}

/** Default roles of kube-apiserver that clients depend on; `admin`, `edit` and `view` name only the kinds that are served here. */
const roles: Readonly<Record<string, Role>> = {
  'cluster-admin': { rules: [rule(['*'], ['*'], ['*']), paths(['*'], ['*'])] },
  'system:discovery': {
    rules: [
      paths(
        ['get'],
        ['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz', '/version', '/version/'],
      ),
    ],
  },
  'system:public-info-viewer': { rules: [paths(['get'], ['/healthz', '/livez', '/readyz', '/version', '/version/'])] },
  'system:basic-user': {
    rules: [
      rule(['create'], ['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']),
      rule(['create'], ['authentication.k8s.io'], ['selfsubjectreviews']),
    ],
  },
  admin: { gathers: aggregateTo('admin') },
  edit: { gathers: aggregateTo('edit'), labels: [aggregateTo('admin')] },
  view: { gathers: aggregateTo('view'), labels: [aggregateTo('edit')] },
  'system:aggregate-to-admin': {
    labels: [aggregateTo('admin')],
    rules: [
      rule(['create'], ['authorization.k8s.io'], ['localsubjectaccessreviews']),
      rule([...write.slice(0, 1), ...write.slice(3), 'get', 'list', 'patch', 'update', 'watch'], [rbacGroup], ['rolebindings', 'roles']),
    ],
  },
  'system:aggregate-to-edit': {
    labels: [aggregateTo('edit')],
    rules: [
      rule(read, [''], ['secrets']),
      rule(['impersonate'], [''], ['serviceaccounts']),
      rule(write, [''], ['configmaps', 'pods', 'secrets', 'serviceaccounts', 'services']),
      rule(['create'], [''], ['serviceaccounts/token']),
      rule(write, ['', 'events.k8s.io'], ['events']),
      rule(write, ['apps'], ['deployments', 'deployments/scale']),
      rule([...read, ...write], ['coordination.k8s.io'], ['leases']),
    ],
  },
  'system:aggregate-to-view': {
    labels: [aggregateTo('view')],
    rules: [
      rule(read, [''], ['configmaps', 'endpoints', 'pods', 'serviceaccounts', 'services', 'services/status']),
      rule(read, [''], ['namespaces/status', 'pods/status']),
      rule(read, [''], ['namespaces']),
      rule(read, ['', 'events.k8s.io'], ['events']),
      rule(read, ['discovery.k8s.io'], ['endpointslices']),
      rule(read, ['apps'], ['deployments', 'deployments/scale', 'deployments/status']),
    ],
  },
};

/** The groups that are bound to a default role. */
const bindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['system:masters'],
  'system:discovery': ['system:authenticated'],
  'system:basic-user': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
};

/** Creates the default roles and bindings that are missing. Existing ones are not changed. */
export function ensurePolicy(storage: Storage, wall: number): void {
  const make = (plural: string, kind: string, name: string, labels: readonly string[], rest: KubeObject): void => {
    const table = `${rbacGroup}/${plural}`;
    if (storage.table(table).get(name) !== undefined) return;
    const metadata = {
      name,
      uid: crypto.randomUUID(),
      resourceVersion: '0',
      creationTimestamp: wholeSeconds(wall),
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...Object.fromEntries(labels.map((label) => [label, 'true'])) },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    };
    storage.put(table, { kind, apiVersion: `${rbacGroup}/v1`, metadata, ...rest }, 'v1');
  };
  for (const [name, { labels = [], rules = [], gathers }] of Object.entries(roles))
    make('clusterroles', 'ClusterRole', name, labels, {
      rules,
      ...(gathers === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [gathers]: 'true' } }] } }),
    });
  for (const [name, groups] of Object.entries(bindings))
    make('clusterrolebindings', 'ClusterRoleBinding', name, [], {
      subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    });
}
