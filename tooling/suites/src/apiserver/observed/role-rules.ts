import { differing, get, named, patch, post, put, type Observation, type ObservedRequest } from './observation.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roles = `${rbac}/namespaces/NS/roles`;
const bindings = `${rbac}/namespaces/NS/rolebindings`;
const clusterRoles = `${rbac}/clusterroles`;
const clusterBindings = `${rbac}/clusterrolebindings`;
const group = 'rbac.authorization.k8s.io';

const role = (name: string, ...rules: readonly unknown[]): ObservedRequest => post(roles, named(name, { rules }));
const clusterRole = (name: string, ...rules: readonly unknown[]): ObservedRequest => post(clusterRoles, named(`NS-${name}`, { rules }));
const binding = (name: string, roleRef: unknown, ...subjects: readonly unknown[]): ObservedRequest =>
  post(bindings, named(name, { roleRef, subjects }));
const clusterBinding = (name: string, roleRef: unknown, ...subjects: readonly unknown[]): ObservedRequest =>
  post(clusterBindings, named(`NS-${name}`, { roleRef, subjects }));
const view = { apiGroup: group, kind: 'ClusterRole', name: 'view' };
const podRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };

/** What a rule, a reference and a subject of RBAC must have. */
export const roleRules: readonly Observation[] = [
  {
    says: 'a rule of a Role names verbs, groups and resources, and no paths',
    requests: [
      role('r1', { verbs: [], apiGroups: [''], resources: ['pods'] }),
      role('r2', { apiGroups: [''], resources: ['pods'] }),
      role('r3', { verbs: ['get'] }),
      role('r4', {}),
      role('r5', { verbs: ['get'], nonResourceURLs: ['/healthz'] }),
      role('r6', { verbs: ['get'], nonResourceURLs: ['/healthz'], apiGroups: [''], resources: ['pods'] }),
      role('r7', podRule, { verbs: [], nonResourceURLs: ['/x'], resourceNames: ['a'] }),
      role('r8', { verbs: ['get'], apiGroups: [], resources: [] }),
      role('r9', { verbs: [''], apiGroups: ['x'], resources: [''], resourceNames: [''] }),
      post(roles, named('r10', { rules: null })),
      post(roles, named('r11')),
      role('r12', { verbs: null, apiGroups: null, resources: null }),
      differing(
        role('r13', { verbs: 'get', apiGroups: [''], resources: ['pods'] }),
        'the type in a decoding error names the kind, not the Go struct within it',
      ),
    ],
  },
  {
    says: 'a rule of a ClusterRole names resources or paths, not both',
    requests: [
      clusterRole('c1', { verbs: ['get'], nonResourceURLs: ['/healthz'] }),
      clusterRole('c2', { verbs: ['get'], nonResourceURLs: ['/healthz'], resources: ['pods'] }),
      clusterRole('c3', { verbs: [], nonResourceURLs: ['no-slash'] }),
      clusterRole('c4', { verbs: ['get'], apiGroups: ['apps'] }),
      clusterRole('c5', { verbs: ['get'], nonResourceURLs: [], apiGroups: [''], resources: ['pods'] }),
      post(clusterRoles, named('NS-c6', { aggregationRule: {} })),
      post(clusterRoles, named('NS-c7', { aggregationRule: { clusterRoleSelectors: [] } })),
      post(clusterRoles, named('NS-c8', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'a b': 'c d' } }] } })),
      post(
        clusterRoles,
        named('NS-c9', {
          aggregationRule: {
            clusterRoleSelectors: [
              {
                matchExpressions: [
                  { key: 'a', operator: 'In' },
                  { key: 'b', operator: 'Exists', values: ['x'] },
                  { key: 'c', operator: 'Weird' },
                  { key: 'd e', operator: 'Exists' },
                ],
              },
            ],
          },
        }),
      ),
    ],
  },
  {
    says: 'a stored Role is held to the same rules when it changes',
    requests: [
      role('u1', podRule),
      patch(`${roles}/u1`, { rules: [{ verbs: [], apiGroups: [''], resources: ['pods'] }] }),
      put(`${roles}/u1`, named('u1', { rules: [{ verbs: ['get'] }] })),
      patch(`${roles}/u1`, { rules: [] }),
      get(`${roles}/u1`),
    ],
  },
  {
    says: 'a binding refers to a role of RBAC by kind and name, for good',
    requests: [
      binding('b1', view),
      binding('b2', { apiGroup: 'other', kind: 'ClusterRole', name: 'view' }),
      binding('b3', { kind: 'Weird', name: 'x' }),
      binding('b4', { kind: 'Role' }),
      binding('b5', { kind: 'Role', name: 'a/b' }),
      binding('b6', {}),
      post(bindings, named('b7')),
      clusterBinding('b8', { kind: 'Role', name: 'x' }),
      patch(`${bindings}/b1`, { roleRef: { name: 'edit' } }),
      patch(`${bindings}/b1`, { roleRef: { name: '' } }),
    ],
  },
  {
    says: 'a subject is a user, a group or a service account, and has what its kind needs',
    requests: [
      binding('s1', view, { kind: 'User', name: 'u' }, { kind: 'Group', name: 'g', apiGroup: group }),
      binding('s2', view, { kind: 'User' }, { kind: 'Group', name: '' }, { kind: 'ServiceAccount' }),
      binding('s3', view, { kind: 'User', name: 'u', apiGroup: 'x' }, { kind: 'Group', name: 'g', apiGroup: 'y' }),
      binding('s4', view, { kind: 'ServiceAccount', name: 'sa' }),
      binding('s5', view, { kind: 'ServiceAccount', name: 'Bad_Name', namespace: 'NS', apiGroup: 'x' }),
      binding('s6', view, { kind: 'Weird', name: 'x' }, {}),
      clusterBinding('s7', view, { kind: 'ServiceAccount', name: 'sa' }),
      clusterBinding('s8', view, { kind: 'ServiceAccount', name: 'sa', namespace: 'NS' }, { kind: 'Weird', name: '' }),
    ],
  },
  {
    says: 'names of RBAC objects are free of what a path segment cannot hold',
    requests: [
      role('system:A_b c', podRule),
      role('..', podRule),
      role('.', podRule),
      role('a/b', podRule),
      role('a%b/', podRule),
      post(roles, { metadata: { generateName: '/gen-' }, rules: [podRule] }),
    ],
  },
];
