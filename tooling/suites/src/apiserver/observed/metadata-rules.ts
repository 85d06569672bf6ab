import { differing, named, patch, post, type Observation } from './observation.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const eventTime = '2026-01-01T00:00:00.123456Z';
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };

/** The collection of each built-in kind, and what an object has beside its metadata. */
const kinds: Readonly<Record<string, readonly [collection: string, body: object]>> = {
  ConfigMap: ['/api/v1/namespaces/NS/configmaps', {}],
  Endpoints: ['/api/v1/namespaces/NS/endpoints', {}],
  'core Event': ['/api/v1/namespaces/NS/events', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'NS' } }],
  Namespace: ['/api/v1/namespaces', {}],
  Pod: ['/api/v1/namespaces/NS/pods', { spec: template.spec }],
  Secret: ['/api/v1/namespaces/NS/secrets', {}],
  ServiceAccount: ['/api/v1/namespaces/NS/serviceaccounts', {}],
  Service: ['/api/v1/namespaces/NS/services', { spec: { ports: [{ port: 80 }] } }],
  Event: [
    '/apis/events.k8s.io/v1/namespaces/NS/events',
    {
      regarding: { kind: 'Pod', name: 'p', namespace: 'NS' },
      reason: 'R',
      type: 'Normal',
      eventTime,
      action: 'A',
      reportingController: 'c',
      reportingInstance: 'i',
    },
  ],
  EndpointSlice: ['/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices', { addressType: 'IPv4', endpoints: [] }],
  Lease: ['/apis/coordination.k8s.io/v1/namespaces/NS/leases', {}],
  Role: [`${rbac}/namespaces/NS/roles`, {}],
  ClusterRole: [`${rbac}/clusterroles`, {}],
  RoleBinding: [`${rbac}/namespaces/NS/rolebindings`, { roleRef }],
  ClusterRoleBinding: [`${rbac}/clusterrolebindings`, { roleRef }],
  Deployment: ['/apis/apps/v1/namespaces/NS/deployments', { spec: { selector: { matchLabels: { a: 'b' } }, template } }],
};

const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u', controller: true };

/** What metadata must be on every built-in kind: names, labels, annotations, owners, finalizers. */
export const metadataRules: readonly Observation[] = Object.entries(kinds).flatMap(([kind, [collection, body]]) => {
  const cluster = !collection.includes('/namespaces/');
  const named1 = (name: string): string => (cluster ? `NS-${name}` : name);
  const make = (name: string, metadata: object): ReturnType<typeof post> =>
    post(collection, { ...body, metadata: { name: named1(name), ...metadata } });
  return [
    {
      says: `a finalizer of the kind ${kind} is a standard name or has a domain`,
      requests: [
        make('f1', { finalizers: ['plain'] }),
        make('f2', { finalizers: ['orphan', 'plain', 'x y', 'a/b/c'] }),
        make('f3', { finalizers: ['orphan', 'foregroundDeletion'] }),
        make('f4', { finalizers: [''] }),
        make('f5', { finalizers: ['a.example/b', 'kubernetes'] }),
        patch(`${collection}/${named1('f5')}`, { metadata: { finalizers: ['plain'] } }),
        patch(`${collection}/${named1('f5')}`, { metadata: { finalizers: ['x y'] } }),
        patch(`${collection}/${named1('f5')}`, { metadata: { finalizers: null, labels: { a: 'b' } } }),
      ],
    },
    {
      says: `labels, annotations, owners and names of the kind ${kind} are checked`,
      requests: [
        // One bad label a request: the server keeps them in no order.
        make('m1', { labels: { 'a b': 'c d' }, annotations: { 'x y': '1' } }),
        make('m1', { labels: { '/x': 'v'.repeat(64) } }),
        make('m2', { annotations: { a: 'v'.repeat(262_144) } }),
        make('m3', { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }, owner, { ...owner, name: 'p' }] }),
        make('m4', { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'e', uid: 'u' }] }),
        make('m5', { generation: -1, ownerReferences: [{ apiVersion: 'a/b/c', kind: 'K', name: 'n', uid: 'u' }] }),
        make('M_6', {}),
        make('1m.7', {}),
        post(collection, { ...body, metadata: { generateName: 'Gen-' } }),
        kind === 'Service'
          ? differing(post(collection, { ...body, metadata: {} }), 'a Service without a name is told so, not that it gets no address')
          : post(collection, { ...body, metadata: {} }),
        make('m8', {}),
        patch(`${collection}/${named1('m8')}`, { metadata: { labels: { 'a b': 'c d' }, annotations: { 'x y': '1' } } }),
        patch(`${collection}/${named1('m8')}`, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: '', uid: 'u' }] } }),
      ],
    },
  ];
});

/** The finalizers of a Namespace's spec have a rule of their own. */
export const namespaceFinalizers: Observation = {
  says: 'a finalizer in the spec of a new Namespace is a standard name or has a domain',
  requests: [
    post('/api/v1/namespaces', named('NS-s1', { spec: { finalizers: ['plain'] } })),
    post('/api/v1/namespaces', named('NS-s2', { spec: { finalizers: ['a.example/b'] } })),
  ],
};
