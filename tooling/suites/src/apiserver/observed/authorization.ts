import {
  applyPatch,
  configMaps,
  get,
  model,
  models,
  named,
  patch,
  post,
  put,
  remove,
  send,
  type Observation,
  type ObservedRequest,
} from './observation.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roles = `${rbac}/namespaces/NS/roles`;
const roleBindings = `${rbac}/namespaces/NS/rolebindings`;
const reviews = '/apis/authorization.k8s.io/v1';
const accounts = '/api/v1/namespaces/NS/serviceaccounts';
const as = 'nobody';

const roleRef = (kind: string, name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const user = (name: string): object => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });
const group = (name: string): object => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });
const rule = (apiGroups: string, resources: string, verbs: string, resourceNames?: string): object => ({
  apiGroups: [apiGroups],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
  ...(resourceNames === undefined ? {} : { resourceNames: resourceNames.split(' ') }),
});
const role = (name: string, ...rules: readonly object[]): ObservedRequest => post(roles, named(name, { rules }));
const clusterRole = (name: string, ...rules: readonly object[]): ObservedRequest => post(`${rbac}/clusterroles`, named(name, { rules }));
const bind = (name: string, ref: object, ...subjects: readonly object[]): ObservedRequest =>
  post(roleBindings, named(name, { roleRef: ref, subjects }));
const bindAll = (name: string, ref: object, ...subjects: readonly object[]): ObservedRequest =>
  post(`${rbac}/clusterrolebindings`, named(name, { roleRef: ref, subjects }));
const nobody = user('kubecast-nobody');
/** What a user of this name alone is told. */
const impersonating = (name: string, ...groups: readonly string[]): Record<string, string | readonly string[]> => ({
  'Impersonate-User': name,
  ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
});

/** Who may do what, who one is, and in whose name. */
export const authorization: readonly Observation[] = [
  {
    says: 'what nobody gave a right to is refused, with verb, resource, group, name and place [A2]',
    requests: [
      get(models, { as }),
      get(`${models}/x`, { as }),
      get('/apis/iidp.com/v1/appmodels', { as }),
      get(configMaps, { as, shows: ['x-content-type-options', 'cache-control'] }),
      get(`${configMaps}/a`, { as }),
      post(configMaps, named('a'), { as }),
      put(`${configMaps}/a`, named('a'), { as }),
      { ...patch(`${configMaps}/a`, {}), as },
      { ...remove(`${configMaps}/a`), as },
      { ...remove(configMaps), as },
      get(`${configMaps}?watch=1`, { as }),
      get('/api/v1/watch/namespaces/NS/configmaps', { as }),
      get('/api/v1/namespaces', { as }),
      get('/api/v1/namespaces/NS', { as }),
      get('/api/v1/namespaces/NS/status', { as }),
      get('/apis/v.example/v1/namespaces/NS/gadgets/x/status', { as }),
      get('/apis/v.example/v1/namespaces/NS/gadgets/x/scale', { as }),
      get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a', { as }),
      get(`${models}?fieldSelector=metadata.name%3Dx`, { as }),
      get(`${models}?watch=true&fieldSelector=metadata.name%3Dx`, { as }),
      get(`${models}?fieldSelector=metadata.name!%3Dx`, { as }),
      get(`${models}/${encodeURIComponent('<b>"')}`, { as }),
      send('OPTIONS', models, { as }),
      send('HEAD', `${models}/x`, { as }),
    ],
  },
  {
    says: 'a right is asked for before the kind, the object, the content type and the body are looked at [A3]',
    requests: [
      get('/apis/nope.example/v1/things', { as }),
      get('/apis/iidp.com/v9/namespaces/NS/appmodels', { as }),
      get('/api/v1/nope/x', { as }),
      get('/apis/iidp.com/v1/appmodels/x', { as }),
      post(models, '{', { as, type: 'text/plain' }),
      post(`${models}?dryRun=nope`, model('x'), { as }),
      get('/nope', { as }),
      get('/', { as }),
      get('/metrics', { as }),
      send('POST', '/healthz', { as }),
      get('/apis/nope.example', { as }),
      get('/apis/nope.example/v1', { as }),
      get('/api/v2', { as }),
      get('/openapi/nope', { as }),
    ],
  },
  {
    says: 'without credentials only health and version are seen; who is known sees discovery too [A1, A4]',
    requests: [
      get('/healthz', { as: 'anonymous' }),
      get('/livez', { as: 'anonymous' }),
      get('/readyz', { as: 'anonymous' }),
      get('/readyz/etcd', { as: 'anonymous' }),
      send('HEAD', '/healthz', { as: 'anonymous' }),
      send('POST', '/healthz', { as: 'anonymous' }),
      get('/api', { as: 'anonymous' }),
      get('/apis/iidp.com/v1', { as: 'anonymous' }),
      get('/openapi/v3', { as: 'anonymous' }),
      get('/nope', { as: 'anonymous' }),
      get(models, { as: 'anonymous' }),
      post(models, model('x'), { as: 'anonymous' }),
      get(models, { headers: { Authorization: 'Basic bm9ib2R5OnB3' } }),
      get(models, { headers: { Authorization: 'Bearer ' } }),
      get('/healthz', { headers: { Authorization: 'Bearer nope' } }),
      post(`${reviews}/selfsubjectaccessreviews`, { spec: {} }, { as: 'anonymous' }),
      get('/api', { as }),
      get('/apis/iidp.com/v1', { as }),
      get('/healthz', { as }),
      get('/readyz/etcd', { as }),
    ],
  },
  {
    says: 'a Role gives its verbs in its namespace alone [A2]',
    requests: [
      role('reader', rule('', 'configmaps', 'get list')),
      bind('reader', roleRef('Role', 'reader'), nobody),
      get(configMaps, { as, settles: 200 }),
      get(`${configMaps}/a`, { as }),
      post(configMaps, named('a'), { as }),
      get('/api/v1/configmaps', { as }),
      get('/api/v1/namespaces/default/configmaps', { as }),
      get(`${configMaps}?watch=1`, { as }),
      remove(`${roleBindings}/reader`),
      get(configMaps, { as, settles: 403 }),
    ],
  },
  {
    says: 'a name in a rule is for that object, and for a list that asks for it alone [A2]',
    requests: [
      role('one', rule('iidp.com', 'appmodels', 'get list update create delete', 'x')),
      bind('one', roleRef('Role', 'one'), nobody),
      get(`${models}/x`, { as, settles: 404 }),
      get(`${models}/y`, { as }),
      get(models, { as }),
      get(`${models}?fieldSelector=metadata.name%3Dx`, { as }),
      get(`${models}?fieldSelector=metadata.name%3Dy`, { as }),
      post(models, model('x'), { as }),
    ],
  },
  {
    says: 'a subresource is a right of its own, by name and by a star [A2]',
    requests: [
      post('/apis/v.example/v1/namespaces/NS/gadgets', {
        apiVersion: 'v.example/v1',
        kind: 'Gadget',
        metadata: { name: 'g' },
        spec: { replicas: 1 },
      }),
      role('part', rule('v.example', 'gadgets/status', 'get'), rule('v.example', '*/scale', 'get')),
      bind('part', roleRef('Role', 'part'), nobody),
      get('/apis/v.example/v1/namespaces/NS/gadgets/g/status', { as, settles: 200 }),
      get('/apis/v.example/v1/namespaces/NS/gadgets/g/scale', { as }),
      get('/apis/v.example/v1/namespaces/NS/gadgets/g', { as }),
    ],
  },
  {
    says: 'a namespace itself is read by a Role within it [A2]',
    requests: [
      role('own', rule('', 'namespaces', 'get list')),
      bind('own', roleRef('Role', 'own'), nobody),
      get('/api/v1/namespaces/NS', { as, settles: 200 }),
      get('/api/v1/namespaces/default', { as }),
      get('/api/v1/namespaces', { as }),
      get('/api/v1/namespaces?fieldSelector=metadata.name%3DNS', { as }),
    ],
  },
  {
    says: 'a ClusterRole that is bound to a group holds everywhere, for paths too [A2, A3]',
    requests: [
      clusterRole('NS-all', rule('', 'configmaps', 'list'), { nonResourceURLs: ['/metrics/*', '/NS'], verbs: ['get'] }),
      bindAll('NS-all', roleRef('ClusterRole', 'NS-all'), group('NS-group')),
      get('/api/v1/namespaces/NS/configmaps', { headers: impersonating('bob', 'NS-group'), settles: 200 }),
      get('/NS', { headers: impersonating('bob', 'NS-group') }),
      get('/NS/a', { headers: impersonating('bob', 'NS-group') }),
      get('/NS', { headers: impersonating('bob', 'other') }),
      post('/api/v1/namespaces/NS/configmaps', named('a'), { headers: impersonating('bob', 'NS-group') }),
    ],
  },
  {
    says: 'a binding to a role that is not there gives nothing, and the refusal says so [A2]',
    requests: [
      bind('empty', roleRef('Role', 'gone'), user('NS-carol')),
      get(configMaps, { headers: impersonating('NS-carol') }),
      bind('known', roleRef('Role', 'gone'), nobody),
      bind('bad', { apiGroup: 'rbac.authorization.k8s.io', kind: 'Deployment', name: 'x' }, nobody),
    ],
  },
  {
    says: 'an apply or a PUT that makes an object needs the right to create it too [A3]',
    requests: [
      role('patcher', rule('', 'configmaps', 'patch get'), rule('coordination.k8s.io', 'leases', 'update')),
      bind('patcher', roleRef('Role', 'patcher'), nobody),
      get(`${configMaps}/a`, { as, settles: 404 }),
      { ...patch(`${configMaps}/a?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, applyPatch), as },
      put(
        '/apis/coordination.k8s.io/v1/namespaces/NS/leases/l',
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} },
        { as },
      ),
    ],
  },
  {
    says: 'nobody grants what he has not, unless he may escalate or bind [A2]',
    requests: [
      role('giver', rule('rbac.authorization.k8s.io', 'roles rolebindings', 'create get update patch'), rule('', 'configmaps', 'get list')),
      bind('giver', roleRef('Role', 'giver'), user('NS-giver')),
      get(`${roles}/nope`, { headers: impersonating('NS-giver'), settles: 404 }),
      post(roles, named('less', { rules: [rule('', 'configmaps', 'get')] }), { headers: impersonating('NS-giver') }),
      post(roles, named('more', { rules: [rule('', 'configmaps secrets', 'get list'), rule('apps', 'deployments', '*')] }), {
        headers: impersonating('NS-giver', 'g1'),
      }),
      post(roles, named('named', { rules: [rule('', 'secrets', 'get', 'a b')] }), { headers: impersonating('NS-giver') }),
      put(`${roles}/less`, named('less', { rules: [rule('', 'secrets', 'get')] }), { headers: impersonating('NS-giver') }),
      role('big', rule('', 'secrets', 'get')),
      post(roleBindings, named('more', { roleRef: roleRef('Role', 'big'), subjects: [nobody] }), { headers: impersonating('NS-giver') }),
      post(roleBindings, named('less', { roleRef: roleRef('Role', 'less'), subjects: [nobody] }), { headers: impersonating('NS-giver') }),
      post(roleBindings, named('none', { roleRef: roleRef('Role', 'nowhere'), subjects: [nobody] }), {
        headers: impersonating('NS-giver'),
      }),
      post(roleBindings, named('all', { roleRef: roleRef('ClusterRole', 'cluster-admin'), subjects: [nobody] }), {
        headers: impersonating('NS-giver'),
      }),
    ],
  },
  {
    says: 'whoever may escalate or bind grants what he has not [A2]',
    requests: [
      role(
        'escalator',
        rule('rbac.authorization.k8s.io', 'roles', 'create escalate get'),
        rule('rbac.authorization.k8s.io', 'rolebindings', 'create'),
        rule('rbac.authorization.k8s.io', 'clusterroles', 'bind', 'view'),
      ),
      bind('escalator', roleRef('Role', 'escalator'), user('NS-esc')),
      get(`${roles}/nope`, { headers: impersonating('NS-esc'), settles: 404 }),
      post(roles, named('more', { rules: [rule('', 'secrets', 'get')] }), { headers: impersonating('NS-esc') }),
      post(roleBindings, named('view', { roleRef: roleRef('ClusterRole', 'view'), subjects: [nobody] }), {
        headers: impersonating('NS-esc'),
      }),
    ],
  },
  {
    says: 'what a binding refers to cannot be changed [A2]',
    requests: [
      bind('b', roleRef('Role', 'one'), nobody),
      put(`${roleBindings}/b`, named('b', { roleRef: roleRef('Role', 'two'), subjects: [nobody] })),
      patch(`${roleBindings}/b`, { subjects: [] }),
    ],
  },
  {
    says: 'the administrator asks in the name of others [A5]',
    requests: [
      get(configMaps, { headers: impersonating('bob') }),
      get(configMaps, { headers: impersonating('bob', 'system:masters') }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers: impersonating('bob') }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers: impersonating('bob', 'a', 'b') }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers: impersonating('system:serviceaccount:NS:sa') }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers: impersonating('system:node:n1') }),
      get('/api', { headers: impersonating('system:anonymous') }),
      post(
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        {},
        {
          headers: {
            ...impersonating('bob'),
            'Impersonate-Uid': 'u1',
            'Impersonate-Extra-Scopes': ['a', 'b'],
            'Impersonate-Extra-Acme%2fX': 'y',
          },
        },
      ),
      get(configMaps, { headers: { 'Impersonate-Group': 'g' } }),
      get(configMaps, { headers: { 'Impersonate-Uid': 'u' } }),
      get(configMaps, { headers: { 'Impersonate-Extra-Scopes': 'a' } }),
      get('/nope', { headers: impersonating('bob') }),
    ],
  },
  {
    says: 'who may not impersonate is told which right is missing [A5]',
    requests: [
      get(configMaps, { as, headers: impersonating('bob') }),
      get(`${configMaps}/a`, { as, headers: impersonating('bob', 'g') }),
      get('/metrics', { as, headers: impersonating('bob') }),
      get(configMaps, { as, headers: impersonating('system:serviceaccount:NS:sa') }),
      get(configMaps, { as, headers: impersonating('system:serviceaccount:NS:sa', 'g') }),
      get(configMaps, { as, headers: impersonating('system:node:n1') }),
      get(configMaps, { as: 'anonymous', headers: impersonating('bob') }),
      clusterRole('NS-imp', rule('', 'users', 'impersonate', 'bob')),
      bindAll('NS-imp', roleRef('ClusterRole', 'NS-imp'), user('kubecast-nobody')),
      get(configMaps, { as, headers: impersonating('eve') }),
      get('/healthz', { as, headers: impersonating('bob'), settles: 200 }),
      get(configMaps, { as, headers: impersonating('bob') }),
      get(configMaps, { as, headers: impersonating('bob', 'g') }),
      remove(`${rbac}/clusterrolebindings/NS-imp`),
      get('/healthz', { as, headers: impersonating('bob'), settles: 403 }),
    ],
  },
  {
    says: 'a review tells who one is and what one may [A6]',
    requests: [
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { as }),
      post(`${reviews}/selfsubjectaccessreviews`, { spec: { resourceAttributes: { namespace: 'NS', verb: 'get', resource: 'pods' } } }),
      post(
        `${reviews}/selfsubjectaccessreviews`,
        { spec: { resourceAttributes: { namespace: 'NS', verb: 'get', resource: 'pods' } } },
        { as },
      ),
      post(`${reviews}/selfsubjectaccessreviews`, { spec: { nonResourceAttributes: { path: '/api', verb: 'get' } } }, { as }),
      post(`${reviews}/selfsubjectaccessreviews`, { spec: {} }, { as }),
      post(
        `${reviews}/selfsubjectaccessreviews`,
        { spec: { nonResourceAttributes: { path: '/api', verb: 'get' }, resourceAttributes: { verb: 'get', resource: 'pods' } } },
        { as },
      ),
      post(`${reviews}/subjectaccessreviews`, { spec: { user: 'bob', nonResourceAttributes: { path: '/api', verb: 'get' } } }, { as }),
      post(`${reviews}/subjectaccessreviews`, {
        spec: { user: 'bob', groups: ['system:authenticated'], nonResourceAttributes: { path: '/api', verb: 'get' } },
      }),
      post(`${reviews}/subjectaccessreviews`, { spec: { nonResourceAttributes: { path: '/api', verb: 'get' } } }),
      post(`${reviews}/selfsubjectrulesreviews`, { spec: { namespace: 'NS' } }, { as }),
      post(`${reviews}/selfsubjectrulesreviews`, { spec: {} }, { as }),
      get(`${reviews}/selfsubjectaccessreviews`),
    ],
  },
  {
    says: 'a review names the binding that gives a right [A6]',
    requests: [
      role('r', rule('', 'secrets', 'get', 'a')),
      bind('b', roleRef('Role', 'r'), user('NS-dan'), { kind: 'ServiceAccount', name: 'sa', namespace: 'NS' }),
      get('/api/v1/namespaces/NS/secrets/a', { headers: impersonating('NS-dan'), settles: 404 }),
      post(`${reviews}/subjectaccessreviews`, {
        spec: { user: 'NS-dan', resourceAttributes: { namespace: 'NS', verb: 'get', resource: 'secrets', name: 'a' } },
      }),
      post(`${reviews}/namespaces/NS/localsubjectaccessreviews`, {
        metadata: { namespace: 'NS' },
        spec: { user: 'system:serviceaccount:NS:sa', resourceAttributes: { namespace: 'NS', verb: 'get', resource: 'secrets', name: 'a' } },
      }),
      post(`${reviews}/namespaces/NS/localsubjectaccessreviews`, {
        spec: { user: 'NS-dan', resourceAttributes: { namespace: 'other', verb: 'get', resource: 'secrets' } },
      }),
      post(`${reviews}/selfsubjectrulesreviews`, { spec: { namespace: 'NS' } }, { headers: impersonating('NS-dan') }),
    ],
  },
  {
    says: 'a token of a service account is asked for, and its bearer is that account [A6]',
    requests: [
      post(accounts, named('sa')),
      post(`${accounts}/sa/token`, { spec: {} }, { as }),
      post(`${accounts}/nope/token`, { spec: {} }),
      post(`${accounts}/sa/token`, { spec: { expirationSeconds: 60 } }),
      post(`${accounts}/sa/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'nope' } },
      }),
      post(`${accounts}/sa/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { as: 'token' }),
      get(configMaps, { as: 'token' }),
      get('/api', { as: 'token' }),
      role('r', rule('', 'configmaps', 'list')),
      bind('b', roleRef('Role', 'r'), { kind: 'ServiceAccount', name: 'sa', namespace: 'NS' }),
      get(configMaps, { as: 'token', settles: 200 }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: '{token}' } }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'nope' } }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: '' } }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: '{token}' } }, { as }),
      remove(`${accounts}/sa`),
      get('/api', { as: 'token', settles: 401 }),
    ],
  },
  {
    says: 'a token for others is none for the server [A6]',
    requests: [
      post(accounts, named('other')),
      post(`${accounts}/other/token`, { spec: { audiences: ['vault'], expirationSeconds: 600 } }),
      get('/api', { as: 'token' }),
    ],
  },
  {
    says: 'the roles that every cluster has are there [A4]',
    requests: ['cluster-admin', 'system:discovery', 'system:basic-user', 'system:public-info-viewer', 'system:aggregate-to-admin']
      .flatMap((name) => [get(`${rbac}/clusterroles/${name}`)])
      .concat(
        ['cluster-admin', 'system:discovery', 'system:basic-user', 'system:public-info-viewer'].map((name) =>
          get(`${rbac}/clusterrolebindings/${name}`),
        ),
      ),
  },
];
