import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster } from '../../testing/cluster.ts';
import type { Reply } from '../../testing/probe.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

async function made(name: string, more: Record<string, unknown> = {}): Promise<Reply['json']> {
  return (await cluster.probe.post(collection, appModel(name, more))).json;
}

test('an update without a change keeps the version; a change of the spec counts the generation, one of labels does not', async () => {
  const object = await made('u1');
  const same = await cluster.probe.put(`${collection}/u1`, object);
  expect([same.status, same.json.metadata.resourceVersion]).toEqual([200, object.metadata.resourceVersion]);
  const labelled = await cluster.probe.put(`${collection}/u1`, { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } });
  expect([labelled.json.metadata.generation, labelled.json.metadata.resourceVersion === object.metadata.resourceVersion]).toEqual([
    1,
    false,
  ]);
  const changed = await cluster.probe.put(`${collection}/u1`, { ...labelled.json, spec: { app: 'other' } });
  expect(changed.json.metadata.generation).toBe(2);
});

test('a custom resource needs the version, a ConfigMap does not', async () => {
  await made('u2');
  const { status, json } = await cluster.probe.put(`${collection}/u2`, appModel('u2'));
  expect([status, json.message]).toEqual([
    422,
    'appmodels.iidp.com "u2" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  ]);
  await cluster.probe.post('/api/v1/namespaces/ns/configmaps', { metadata: { name: 'u2' } });
  expect((await cluster.probe.put('/api/v1/namespaces/ns/configmaps/u2', { metadata: { name: 'u2' }, data: { a: 'b' } })).status).toBe(200);
  const wrong = await cluster.probe.put(`${collection}/u2`, appModel('u2', { resourceVersion: 'abc' }));
  expect(wrong.status).toBe(500);
});

test('a stale version and another uid are conflicts', async () => {
  const object = await made('u3');
  await cluster.probe.patch(`${collection}/u3`, { metadata: { labels: { x: 'y' } } });
  const stale = await cluster.probe.put(`${collection}/u3`, object);
  expect([stale.status, stale.json.reason, stale.json.message]).toEqual([
    409,
    'Conflict',
    'Operation cannot be fulfilled on appmodels.iidp.com "u3": the object has been modified; please apply your changes to the latest version and try again',
  ]);
  const other = await cluster.probe.put(`${collection}/u3`, appModel('u3', { uid: 'zzz' }));
  expect(other.status).toBe(409);
  expect(other.json.message).toBe(
    `Operation cannot be fulfilled on appmodels.iidp.com "u3": StorageError: invalid object, Code: 4, Key: /registry/iidp.com/appmodels/ns/u3, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: zzz, UID in object meta: ${object.metadata.uid}`,
  );
});

test('the name in the body must be that of the path', async () => {
  await made('u4');
  const { json } = await cluster.probe.put(`${collection}/u4`, appModel('u9'));
  expect(json.message).toBe('the name of the object (u9) does not match the name on the URL (u4)');
  const none = await cluster.probe.put(`${collection}/u4`, { ...appModel('u4'), metadata: {} });
  expect(none.json.message).toBe('the name of the object (u4 based on URL) was undeterminable: name must be provided');
  const whole = await cluster.probe.put(collection, appModel('u4'));
  expect([whole.status, whole.json.message]).toEqual([400, 'name must be provided']);
});

test('a missing object is a 404, but a Lease and a Service are created by an update', async () => {
  expect((await cluster.probe.put(`${collection}/nope`, appModel('nope'))).status).toBe(404);
  const lease = await cluster.probe.put('/apis/coordination.k8s.io/v1/namespaces/ns/leases/l', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'l' },
    spec: {},
  });
  expect(lease.status).toBe(201);
  const service = await cluster.probe.put('/api/v1/namespaces/ns/services/s', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  expect(service.status).toBe(201);
});

test('of concurrent updates from one version exactly one is taken', async () => {
  const object = await made('race');
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => cluster.probe.put(`${collection}/race`, { ...object, spec: { app: `writer-${index}` } })),
  );
  expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
});

test('what only the server sets stays as it was', async () => {
  const object = await made('kept');
  const { json } = await cluster.probe.put(`${collection}/kept`, {
    ...object,
    metadata: { ...object.metadata, creationTimestamp: '2001-01-01T00:00:00Z', generation: 77 },
  });
  expect([json.metadata.creationTimestamp, json.metadata.generation]).toEqual([object.metadata.creationTimestamp, 1]);
  const marked = await cluster.probe.put(`${collection}/kept`, {
    ...object,
    metadata: { ...object.metadata, deletionTimestamp: '2001-01-01T00:00:00Z' },
  });
  expect([marked.status, marked.json.message]).toEqual([
    422,
    'AppModel.iidp.com "kept" is invalid: metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable',
  ]);
});

test('a dry run shows the change under the old version and stores nothing', async () => {
  const object = await made('dry');
  const { json } = await cluster.probe.put(`${collection}/dry?dryRun=All`, { ...object, spec: { app: 'other' } });
  expect([json.spec.app, json.metadata.generation, json.metadata.resourceVersion]).toEqual(['other', 2, object.metadata.resourceVersion]);
  expect((await cluster.probe.get(`${collection}/dry`)).json).toEqual(object);
});

test('Namespaces keep their finalizers but for /finalize, whose empty list takes a deleted one away and leaves its contents', async () => {
  const path = '/api/v1/namespaces/fin';
  await cluster.probe.post('/api/v1/namespaces', { metadata: { name: 'fin' }, spec: { finalizers: ['other.io/x'] } });
  expect((await cluster.probe.get(path)).json.spec.finalizers).toEqual(['other.io/x', 'kubernetes']);
  const bad = await cluster.probe.post('/api/v1/namespaces', { metadata: { name: 'bad' }, spec: { finalizers: ['other'] } });
  expect(bad.json.message).toBe(
    'Namespace "bad" is invalid: spec.finalizers: Invalid value: "other": name is neither a standard finalizer name nor is it fully qualified',
  );
  await cluster.probe.post(`${path}/configmaps`, { metadata: { name: 'left' } });
  await cluster.probe.delete(path);
  expect((await cluster.probe.get(path)).json.status.phase).toBe('Terminating');
  const done = await cluster.probe.put(`${path}/finalize`, { metadata: { name: 'fin' }, spec: { finalizers: [] } });
  expect(done.status).toBe(200);
  expect((await cluster.probe.get(path)).status).toBe(404);
  expect((await cluster.probe.get(`${path}/configmaps/left`)).status).toBe(200);
  const kept = await cluster.probe.delete('/api/v1/namespaces/default');
  expect([kept.status, kept.json.message]).toEqual([403, 'namespaces "default" is forbidden: this namespace may not be deleted']);
});
