import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster } from '../../testing/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

test('without finalizers an object goes at once, answered with a Status that names it', async () => {
  const made = await cluster.probe.post(collection, appModel('d1'));
  const { status, json } = await cluster.probe.delete(`${collection}/d1`);
  expect([status, json]).toEqual([
    200,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'd1', group: 'iidp.com', kind: 'appmodels', uid: made.json.metadata.uid },
    },
  ]);
  expect((await cluster.probe.get(`${collection}/d1`)).status).toBe(404);
  await cluster.probe.post('/api/v1/namespaces/ns/services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  expect((await cluster.probe.delete('/api/v1/namespaces/ns/services/s')).json.kind).toBe('Service');
});

test('finalizers hold an object: marked once, no new ones, gone with the last, whose answer shows the old version', async () => {
  const path = `${collection}/d2`;
  await cluster.probe.post(collection, appModel('d2', { finalizers: ['a.b/c'] }));
  const marked = await cluster.probe.delete(path);
  expect(marked.status).toBe(200);
  expect([
    marked.json.metadata.deletionGracePeriodSeconds,
    marked.json.metadata.generation,
    typeof marked.json.metadata.deletionTimestamp,
  ]).toEqual([0, 2, 'string']);
  const again = await cluster.probe.delete(path);
  expect(again.text).toBe(marked.text);
  const more = await cluster.probe.patch(path, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } });
  expect([more.status, more.json.details.causes[0]]).toEqual([
    422,
    {
      reason: 'FieldValueForbidden',
      message: 'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"d.e/f"}',
      field: 'metadata.finalizers',
    },
  ]);
  const kept = await cluster.probe.patch(path, { metadata: { deletionTimestamp: null } });
  expect([kept.status, kept.json.metadata.resourceVersion]).toEqual([200, marked.json.metadata.resourceVersion]);
  const last = await cluster.probe.patch(path, { metadata: { finalizers: null } });
  expect([last.status, last.json.metadata.finalizers, last.json.metadata.resourceVersion]).toEqual([
    200,
    undefined,
    marked.json.metadata.resourceVersion,
  ]);
  expect((await cluster.probe.get(path)).status).toBe(404);
});

test('foreground and orphan leave a finalizer that a later background deletion drops', async () => {
  const path = `${collection}/d3`;
  await cluster.probe.post(collection, appModel('d3'));
  const held = await cluster.probe.delete(path, { propagationPolicy: 'Foreground' });
  expect(held.json.metadata.finalizers).toEqual(['foregroundDeletion']);
  const gone = await cluster.probe.delete(path, { propagationPolicy: 'Background' });
  expect(gone.json.status).toBe('Success');
  const bad = await cluster.probe.delete(path, { propagationPolicy: 'Foo' });
  expect(bad.json.message).toBe(
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"',
  );
});

test('preconditions on uid and version are conflicts that name the kind', async () => {
  const made = await cluster.probe.post(collection, appModel('d4'));
  const uid = await cluster.probe.delete(`${collection}/d4`, { preconditions: { uid: 'x' } });
  expect([uid.status, uid.json.message]).toEqual([
    409,
    `Operation cannot be fulfilled on AppModel.iidp.com "d4": the UID in the precondition (x) does not match the UID in record (${made.json.metadata.uid}). The object might have been deleted and then recreated`,
  ]);
  const version = await cluster.probe.delete(`${collection}/d4`, { preconditions: { resourceVersion: '1' } });
  expect(version.json.message).toContain('the ResourceVersion in the precondition (1) does not match');
  expect((await cluster.probe.delete(`${collection}/d4`, { preconditions: { uid: made.json.metadata.uid } })).status).toBe(200);
});

test('a dry run deletes nothing', async () => {
  await cluster.probe.post(collection, appModel('d5'));
  expect((await cluster.probe.delete(`${collection}/d5?dryRun=All`)).json.status).toBe('Success');
  expect((await cluster.probe.get(`${collection}/d5`)).status).toBe(200);
});

test('options of a wrong type are refused, and nothing is deleted', async () => {
  await cluster.probe.post(collection, appModel('d6'));
  for (const options of [
    { dryRun: 'All' },
    { dryRun: [1] },
    { preconditions: [] },
    { preconditions: { uid: 5 } },
    { gracePeriodSeconds: 1.5 },
  ])
    expect((await cluster.probe.delete(`${collection}/d6`, options)).status).toBe(400);
  expect((await cluster.probe.get(`${collection}/d6`)).status).toBe(200);
});

test('a collection is deleted by selector and answered as it was before; namespaces have no such path', async () => {
  for (const name of ['c1', 'c2', 'c3'])
    await cluster.probe.post(
      collection,
      appModel(name, { labels: { set: name === 'c3' ? 'other' : 'mine' }, ...(name === 'c2' ? { finalizers: ['a.b/c'] } : {}) }),
    );
  const { status, json } = await cluster.probe.delete(`${collection}?labelSelector=set%3Dmine`);
  expect([
    status,
    json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    json.items[1].metadata.deletionTimestamp,
  ]).toEqual([200, ['c1', 'c2'], undefined]);
  const left = await cluster.probe.get(`${collection}?labelSelector=set`);
  expect(
    left.json.items.map((item: { metadata: { name: string; deletionTimestamp?: string } }) => [
      item.metadata.name,
      item.metadata.deletionTimestamp !== undefined,
    ]),
  ).toEqual([
    ['c2', true],
    ['c3', false],
  ]);
  expect((await cluster.probe.delete('/api/v1/namespaces')).status).toBe(405);
});
