import { afterEach, expect, test } from 'vitest';
import { createApiServer, type ApiServer } from '../api-server.ts';
import type { ApiServerOptions } from '../options.ts';
import { Probe } from '../testing/probe.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Started {
  readonly server: ApiServer;
  readonly admin: Probe;
  readonly bob: Probe;
}

async function started(options: ApiServerOptions = {}): Promise<Started> {
  const server = createApiServer({ ...options, users: [{ name: 'bob', token: 'bobs' }, ...(options.users ?? [])] });
  undo.push(() => server.close());
  await server.listen();
  const admin = Probe.of(server);
  const bob = Probe.of(server, 'bob');
  undo.push(
    () => admin.close(),
    () => bob.close(),
  );
  return { server, admin, bob };
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const maps = '/api/v1/namespaces/default/configmaps';
const clusterRole = (name: string, rules: readonly object[], more: object = {}): object => ({ metadata: { name, ...more }, rules });
const read = { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] };
const toBob = (role: string, kind = 'ClusterRole'): object => ({
  metadata: { name: 'bobs' },
  subjects: [{ kind: 'User', name: 'bob' }],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
});

test('a right is there with the answer to the request that gave it, and gone with the one that took it', async () => {
  const { admin, bob } = await started();
  await admin.post(`${rbac}/clusterroles`, clusterRole('reader', []));
  await admin.post(`${rbac}/clusterrolebindings`, toBob('reader'));
  expect((await bob.get(maps)).status).toBe(403);
  await admin.patch(`${rbac}/clusterroles/reader`, { rules: [read] });
  expect((await bob.get(maps)).status).toBe(200);
  await admin.patch(`${rbac}/clusterroles/reader`, { rules: [] });
  expect((await bob.get(maps)).status).toBe(403);
  await admin.patch(`${rbac}/clusterroles/reader`, { rules: [read] });
  await admin.delete(`${rbac}/clusterrolebindings/bobs`);
  expect((await bob.get(maps)).status).toBe(403);
});

test('a server that goes back to an older state has the rights of then', async () => {
  const { server, admin, bob } = await started();
  const { revision } = server.counters;
  await admin.post(`${rbac}/clusterrolebindings`, toBob('view'));
  expect((await bob.get(maps)).status).toBe(200);
  server.faults.goBack(revision);
  // It cut the connections.
  const again = Probe.of(server, 'bob');
  undo.push(() => again.close());
  expect((await again.get(maps)).status).toBe(403);
});

test('roles and bindings that are seeded count like those that were asked for', async () => {
  const { server, bob } = await started();
  server.seed([
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', ...clusterRole('reader', [read]) },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', ...toBob('reader') },
  ]);
  expect((await bob.get(maps)).status).toBe(200);
});

test('a binding in another form gives nothing, and hurts nobody', async () => {
  const { server, bob } = await started();
  const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
  server.seed([
    { ...kind, metadata: { name: 'a' }, subjects: 'bob', roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } },
    { ...kind, metadata: { name: 'b' }, subjects: [null, { kind: 'User', name: 'bob' }] },
    {
      ...kind,
      metadata: { name: 'c' },
      subjects: [
        { kind: 'ServiceAccount', name: 'x' },
        { kind: '__proto__', name: 'bob' },
      ],
      roleRef: 7,
    },
    { ...kind, metadata: { name: 'd' }, subjects: [{ kind: 'User', name: 'bob' }], roleRef: { kind: '__proto__', name: '__proto__' } },
  ]);
  expect((await bob.get(maps)).status).toBe(403);
});

test('the cluster is given nothing by a role of a namespace, whatever a binding names', async () => {
  const { server, bob } = await started();
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r', namespace: 'default' }, rules: [read] };
  const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
  server.seed([role, { ...binding, ...toBob('default/r', 'Role') }]);
  expect((await bob.get(maps)).status).toBe(403);
  server.seed([{ ...binding, ...toBob('r', 'Role') }]);
  expect((await bob.get(maps)).status).toBe(403);
});

test('names as hostile as __proto__ are names', async () => {
  const { server, admin } = await started({ users: [{ name: '__proto__', token: 'p', groups: ['constructor'] }] });
  const hostile = Probe.of(server, '__proto__');
  undo.push(() => hostile.close());
  expect((await hostile.get(maps)).status).toBe(403);
  await admin.post(`${rbac}/clusterroles`, clusterRole('reader', [read]));
  await admin.post(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'g' },
    subjects: [{ kind: 'Group', name: 'constructor' }],
    roleRef: { kind: 'ClusterRole', name: 'reader' },
  });
  expect((await hostile.get(maps)).status).toBe(200);
});

test('a role gathers the rules of others by their labels at once, through other roles too, and lets go of them', async () => {
  const { admin, bob } = await started();
  await admin.post(`${rbac}/clusterrolebindings`, toBob('admin'));
  expect((await bob.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')).status).toBe(403);
  const crds = { verbs: ['list'], apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'] };
  await admin.post(
    `${rbac}/clusterroles`,
    clusterRole('more', [crds], { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }),
  );
  // To view, from there to edit, from there to admin.
  expect((await bob.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')).status).toBe(200);
  expect((await admin.get(`${rbac}/clusterroles/admin`)).json.rules).toContainEqual(crds);
  await admin.delete(`${rbac}/clusterroles/more`);
  expect((await bob.get('/apis/apiextensions.k8s.io/v1/customresourcedefinitions')).status).toBe(403);
});

test('roles that gather each other come to an end', async () => {
  const { admin } = await started();
  const gathering = (name: string, by: string): object => ({
    ...clusterRole(name, [], { labels: { by: name } }),
    aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'by', operator: 'In', values: [by, 'third'] }] }] },
  });
  await admin.post(`${rbac}/clusterroles`, gathering('one', 'two'));
  await admin.post(`${rbac}/clusterroles`, gathering('two', 'one'));
  await admin.post(`${rbac}/clusterroles`, clusterRole('third', [read], { labels: { by: 'third' } }));
  for (const name of ['one', 'two']) expect((await admin.get(`${rbac}/clusterroles/${name}`)).json.rules).toEqual([read]);
});

test('a role that gathers whatever is labelled is made by who has everything', async () => {
  const { admin, bob } = await started();
  await admin.post(`${rbac}/clusterroles`, clusterRole('roles', [{ verbs: ['create'], apiGroups: ['*'], resources: ['clusterroles'] }]));
  await admin.post(`${rbac}/clusterrolebindings`, toBob('roles'));
  const refused = await bob.post(`${rbac}/clusterroles`, {
    metadata: { name: 'all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
  });
  expect([refused.status, refused.json.message]).toEqual([
    403,
    'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  ]);
});

test('a role or binding may lose its finalizers to somebody who could not give what it gives', async () => {
  const { admin, bob } = await started();
  const update = { verbs: ['patch'], apiGroups: ['*'], resources: ['clusterroles', 'clusterrolebindings'] };
  await admin.post(`${rbac}/clusterroles`, clusterRole('upkeep', [update]));
  await admin.post(`${rbac}/clusterrolebindings`, toBob('upkeep'));
  await admin.post(`${rbac}/clusterroles`, clusterRole('big', [read], { finalizers: ['a.b/c'] }));
  expect((await bob.patch(`${rbac}/clusterroles/big`, { metadata: { finalizers: null } })).status).toBe(200);
  expect((await bob.patch(`${rbac}/clusterroles/big`, { metadata: { labels: { a: 'b' } } })).status).toBe(403);
  expect((await bob.patch(`${rbac}/clusterrolebindings/cluster-admin`, { metadata: { labels: { a: 'b' } } })).status).toBe(403);
});

test('what every cluster has is made again where it is missing at a start, and else left as it is', async () => {
  const { server, admin } = await started();
  await admin.delete(`${rbac}/clusterroles/edit`);
  await admin.patch(`${rbac}/clusterroles/system:basic-user`, { metadata: { labels: { mine: 'yes' } } });
  await server.close();
  await server.listen();
  expect((await admin.get(`${rbac}/clusterroles/edit`)).status).toBe(200);
  expect((await admin.get(`${rbac}/clusterroles/system:basic-user`)).json.metadata.labels.mine).toBe('yes');
});

test('without the RBAC kinds the roles of every cluster are in force, unseen', async () => {
  const without = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${plural}.rbac.authorization.k8s.io`);
  const { admin, bob } = await started({ without });
  expect((await admin.get(`${rbac}/clusterroles`)).status).toBe(404);
  expect([(await bob.get('/api')).status, (await bob.get(maps)).status, (await admin.get(maps)).status]).toEqual([200, 403, 200]);
});

test('with AlwaysAllow everybody who is known may do everything, no roles are made, and nobody else is served', async () => {
  const { server, admin, bob } = await started({ authorization: 'AlwaysAllow' });
  expect((await bob.post(maps, { metadata: { name: 'a' } })).status).toBe(201);
  expect((await bob.get('/nope')).status).toBe(404);
  expect((await admin.get(`${rbac}/clusterroles`)).json.items).toEqual([]);
  expect((await bob.post(`${rbac}/clusterroles`, clusterRole('a', [read]))).status).toBe(201);
  const review = { spec: { resourceAttributes: { verb: 'delete', resource: 'secrets' } } };
  expect((await bob.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).json.status).toEqual({ allowed: true });
  const stranger = new Probe({ url: server.url, ca: server.ca, token: '' });
  undo.push(() => stranger.close());
  expect((await stranger.get('/healthz')).status).toBe(401);
});

test('a group that is impersonated may hold a comma, and several come by several headers', async () => {
  const { admin } = await started();
  const headers = { 'Impersonate-User': 'eve', 'Impersonate-Group': ['a, b', 'c'] } as unknown as Record<string, string>;
  const { json } = await admin.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers });
  expect(json.status.userInfo).toEqual({ username: 'eve', groups: ['a, b', 'c', 'system:authenticated'] });
});

test('a right to impersonate one user does not stretch to groups or to system:masters', async () => {
  const { admin, bob } = await started();
  await admin.post(
    `${rbac}/clusterroles`,
    clusterRole('imp', [
      { verbs: ['impersonate:user-info'], apiGroups: ['authentication.k8s.io'], resources: ['users', 'groups'] },
      { verbs: ['impersonate-on:user-info:list'], apiGroups: [''], resources: ['configmaps'] },
      read,
    ]),
  );
  await admin.post(`${rbac}/clusterrolebindings`, toBob('imp'));
  const as = async (...groups: string[]): Promise<string> => {
    const headers = { 'Impersonate-User': 'eve', ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }) };
    return (await bob.get(maps, { headers: headers as unknown as Record<string, string> })).json.message;
  };
  expect(await as()).toBe(
    'configmaps is forbidden: User "eve" cannot list resource "configmaps" in API group "" in the namespace "default"',
  );
  expect(await as('system:masters')).toBe(
    'groups.authentication.k8s.io "system:masters" is forbidden: User "bob" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope: impersonating the system:masters group is not allowed',
  );
  const get = await bob.get(`${maps}/a`, { headers: { 'Impersonate-User': 'eve' } });
  expect(get.json.message).toContain('User "bob" cannot impersonate-on:user-info:get resource "configmaps"');
});
