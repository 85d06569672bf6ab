import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster } from '../../testing/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.probe.post(collection, appModel('p'));
});
afterAll(() => cluster.close());

const path = `${collection}/p`;
const json = 'application/json-patch+json';

test('a merge patch changes what it names, null removes, and a patch of nothing keeps the version', async () => {
  const labelled = await cluster.probe.patch(path, { metadata: { labels: { a: '1', b: '2' } } });
  expect(labelled.json.metadata.labels).toEqual({ a: '1', b: '2' });
  const removed = await cluster.probe.patch(path, { metadata: { labels: { a: null } } });
  expect(removed.json.metadata.labels).toEqual({ b: '2' });
  const nothing = await cluster.probe.patch(path, {});
  expect(nothing.json.metadata.resourceVersion).toBe(removed.json.metadata.resourceVersion);
});

test('a version in a merge patch is a precondition; without it concurrent patches all succeed', async () => {
  const stale = await cluster.probe.patch(path, { metadata: { resourceVersion: '1', labels: { x: 'y' } } });
  expect([stale.status, stale.json.reason]).toEqual([409, 'Conflict']);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => cluster.probe.patch(path, { metadata: { annotations: { [`k${index}`]: 'v' } } })),
  );
  expect(answers.every((answer) => answer.status === 200)).toBe(true);
  expect(Object.keys((await cluster.probe.get(path)).json.metadata.annotations)).toHaveLength(20);
});

test('a JSON patch is applied in order; what cannot be applied is a 422 without details', async () => {
  const added = await cluster.probe.patch(
    path,
    [
      { op: 'add', path: '/spec/models/-', value: { name: 'n', version: '2' } },
      { op: 'test', path: '/spec/models/1/name', value: 'n' },
    ],
    json,
  );
  expect(added.json.spec.models[1]).toEqual({ name: 'n', version: '2' });
  for (const operation of [
    { op: 'test', path: '/spec/app', value: 'no' },
    { op: 'remove', path: '/spec/nope' },
    { op: 'add', path: '/a/b/c', value: 1 },
    { op: 'replace', path: '/spec/models/9', value: 1 },
    { op: 'what', path: '/x' },
  ]) {
    const failed = await cluster.probe.patch(path, [operation], json);
    expect([failed.status, failed.json.message, failed.json.details]).toEqual([
      422,
      'the server rejected our request due to an error in our request',
      {},
    ]);
  }
  const nothing = await cluster.probe.patch(path, [], json);
  expect([nothing.status, nothing.json.metadata.resourceVersion]).toEqual([200, added.json.metadata.resourceVersion]);
});

test('replacing a missing name of an existing object adds it', async () => {
  const { status, json: object } = await cluster.probe.patch(path, [{ op: 'replace', path: '/metadata/labels/new', value: 'x' }], json);
  expect([status, object.metadata.labels.new]).toEqual([200, 'x']);
});

test('bad patches and other types are refused with their words', async () => {
  const cut = await cluster.probe.patch(path, '{', 'application/merge-patch+json');
  expect([cut.status, cut.json.message]).toEqual([400, 'error decoding patch: unexpected end of JSON input']);
  const strategic = await cluster.probe.patch(path, {}, 'application/strategic-merge-patch+json');
  expect([strategic.status, strategic.json.message]).toEqual([
    415,
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  ]);
  const missing = await cluster.probe.patch(`${collection}/nope`, {});
  expect(missing.status).toBe(404);
  const forced = await cluster.probe.patch(`${path}?force=true`, {});
  expect(forced.json.message).toBe('PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch');
});

test('identity cannot be patched', async () => {
  const kind = await cluster.probe.patch(path, { kind: 'Other' });
  expect([kind.status, kind.json.details.causes[0].message]).toEqual([422, 'Invalid value: "Other": must be AppModel']);
  const version = await cluster.probe.patch(path, { apiVersion: 'iidp.com/v7' });
  expect(version.json.details.causes[0]).toEqual({
    reason: 'FieldValueInvalid',
    message: 'Invalid value: "iidp.com/v7": must be iidp.com/v1',
    field: 'apiVersion',
  });
  const uid = await cluster.probe.patch(path, { metadata: { uid: 'other' } });
  expect([uid.status, uid.json.details.causes[0].message]).toEqual([422, 'Invalid value: "other": field is immutable']);
  const name = await cluster.probe.patch(path, { metadata: { name: 'q' } });
  expect([name.status, name.json.message]).toEqual([400, 'the name of the object (q) does not match the name on the URL (p)']);
});

test('an unknown field in a patch warns, or with Strict fails on the whole patched object', async () => {
  const warned = await cluster.probe.patch(path, { spec: { zzz: 1 } });
  expect([warned.status, warned.headers['warning']]).toEqual([200, '299 - "unknown field \\"spec.zzz\\""']);
  const strict = await cluster.probe.patch(`${path}?fieldValidation=Strict`, { spec: { zzz: 1 } });
  expect([strict.status, strict.json.details.causes[0].field]).toEqual([422, 'patch']);
  expect(strict.json.message).toMatch(/^ "" is invalid: patch: Invalid value: "\{.*strict decoding error: unknown field "spec\.zzz"$/s);
});

test('an apply creates with 201, owns its fields, and is refused what another manager owns', async () => {
  const apply = (manager: string, body: unknown, force = false): ReturnType<typeof cluster.probe.patch> =>
    cluster.probe.patch(`${collection}/ssa?fieldManager=${manager}${force ? '&force=true' : ''}`, body, 'application/apply-patch+yaml');
  const wanted = (app: string): Record<string, unknown> => ({
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: 'ssa' },
    spec: { app },
  });
  const created = await apply('m1', wanted('a'));
  expect([created.status, created.json.metadata.managedFields[0].fieldsV1]).toEqual([201, { 'f:spec': { 'f:app': {} } }]);
  const again = await apply('m1', wanted('a'));
  expect([again.status, again.json.metadata.resourceVersion]).toEqual([200, created.json.metadata.resourceVersion]);
  const refused = await apply('m2', wanted('b'));
  expect([refused.status, refused.json.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "m1": .spec.app']);
  const forced = await apply('m2', wanted('b'), true);
  expect([
    forced.status,
    forced.json.spec.app,
    forced.json.metadata.managedFields.map((entry: { manager: string }) => entry.manager),
  ]).toEqual([200, 'b', ['m2']]);
  const anonymous = await cluster.probe.patch(`${collection}/ssa`, wanted('c'), 'application/apply-patch+yaml');
  expect(anonymous.json.message).toBe('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
});

test('an apply of the invalid sample is a 500 that names the field, and creates nothing', async () => {
  const base = { apiVersion: 'iidp.com/v1', kind: 'AppModel', metadata: { name: 'base', namespace: 'ns' }, spec: { type: 'model' } };
  const { status, json: failed } = await cluster.probe.patch(`${collection}/base?fieldManager=m`, base, 'application/apply-patch+yaml');
  expect([status, failed.message, failed.reason]).toEqual([
    500,
    'failed to create typed patch object (ns/base; iidp.com/v1, Kind=AppModel): .spec.type: field not declared in schema',
    undefined,
  ]);
  expect((await cluster.probe.get(`${collection}/base`)).status).toBe(404);
});
