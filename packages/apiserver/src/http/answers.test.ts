import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appModel, collection, startCluster, type Cluster } from '../testing/cluster.ts';

let cluster: Cluster;
const maps = '/api/v1/namespaces/ns/configmaps';
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.probe.post(collection, appModel('a', { labels: { x: 'y' } }));
  await cluster.probe.post(maps, { metadata: { name: 'small' }, data: { x: 'x'.repeat(125_000) } });
  await cluster.probe.post(maps, { metadata: { name: 'large' }, data: { x: 'x'.repeat(140_000) } });
});
afterAll(() => cluster.close());

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

async function raw(
  path: string,
  headers: Record<string, string>,
): Promise<{ encoding: string | undefined; vary: string | undefined; bytes: Buffer }> {
  const reply = await cluster.probe.get(path, { headers });
  return { encoding: reply.headers['content-encoding'], vary: reply.headers['vary'], bytes: reply.bytes };
}

test('gzip is used from 128 KiB up, for objects and lists, when it is asked for [E10]', async () => {
  const gzip = { 'Accept-Encoding': 'gzip' };
  expect((await raw(`${maps}/small`, gzip)).encoding).toBeUndefined();
  expect((await raw(`${maps}/large`, {})).encoding).toBeUndefined();
  expect((await raw(`${maps}/large`, { 'Accept-Encoding': 'gzip;q=0' })).encoding).toBeUndefined();
  const one = await raw(`${maps}/large`, gzip);
  expect([one.encoding, one.vary]).toEqual(['gzip', 'Accept-Encoding']);
  expect(JSON.parse(gunzipSync(one.bytes).toString()).metadata.name).toBe('large');
  const list = await raw(maps, gzip);
  expect(list.encoding).toBe('gzip');
  expect(JSON.parse(gunzipSync(list.bytes).toString()).items).toHaveLength(2);
});

test('a list of many objects is the same with and without streaming in parts', async () => {
  for (let index = 0; index < 30; index++)
    await cluster.probe.post(maps, { metadata: { name: `part-${index}`, labels: { part: 'yes' } }, data: { x: 'y'.repeat(20_000) } });
  const plain = await cluster.probe.get(`${maps}?labelSelector=part`);
  const pretty = await cluster.probe.get(`${maps}?labelSelector=part&pretty=1`);
  expect(plain.json.items).toHaveLength(30);
  expect(plain.json).toEqual(pretty.json);
  expect(plain.headers['transfer-encoding']).toBe('chunked');
});

test('Tables have the declared columns, ages and the metadata of each row, as includeObject asks', async () => {
  const { json, headers } = await cluster.probe.get(collection, { headers: { Accept: table } });
  expect([
    headers['content-type'],
    json.kind,
    json.apiVersion,
    json.columnDefinitions.map((column: { name: string }) => column.name),
  ]).toEqual(['application/json', 'Table', 'meta.k8s.io/v1', ['Name', 'Age']]);
  expect(json.rows[0].cells[0]).toBe('a');
  expect(json.rows[0].cells[1]).toMatch(/^\d+s$/);
  expect([json.rows[0].object.kind, json.rows[0].object.metadata.labels]).toEqual(['PartialObjectMetadata', { x: 'y' }]);
  expect((await cluster.probe.get(`${collection}?includeObject=None`, { headers: { Accept: table } })).json.rows[0].object).toBeNull();
  expect((await cluster.probe.get(`${collection}?includeObject=Object`, { headers: { Accept: table } })).json.rows[0].object.kind).toBe(
    'AppModel',
  );
  const bad = await cluster.probe.get(`${collection}?includeObject=Foo`, { headers: { Accept: table } });
  expect(bad.json.message).toBe(
    "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty",
  );
  expect((await cluster.probe.get(`${collection}?labelSelector=no%3Done`, { headers: { Accept: table } })).json.rows).toEqual([]);
  const one = await cluster.probe.get(`${collection}/a`, { headers: { Accept: table.replace('v1', 'v1beta1') } });
  expect([one.json.kind, one.json.apiVersion, one.json.rows.length]).toEqual(['Table', 'meta.k8s.io/v1beta1', 1]);
});

test('metadata alone is given in its two forms, and an empty list of it is null', async () => {
  const list = await cluster.probe.get(collection, {
    headers: { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
  });
  expect([list.json.kind, list.json.items[0].kind, list.json.items[0].spec]).toEqual([
    'PartialObjectMetadataList',
    'PartialObjectMetadata',
    undefined,
  ]);
  const empty = await cluster.probe.get(`${collection}?labelSelector=no%3Done`, {
    headers: { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
  });
  expect(empty.json.items).toBeNull();
  const single = await cluster.probe.get(collection, {
    headers: { Accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
  });
  expect([single.status, single.json.message]).toEqual([
    406,
    'you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)',
  ]);
});

test('the first form that the server has is taken; YAML works, protobuf falls to JSON behind it', async () => {
  const type = async (accept: string): Promise<unknown> => {
    const reply = await cluster.probe.get(`${collection}/a`, { headers: { Accept: accept } });
    return reply.status === 200 ? reply.headers['content-type'] : reply.json.message;
  };
  expect(await type('application/vnd.kubernetes.protobuf,application/json')).toBe('application/json');
  expect(await type('application/json;q=0.1,application/yaml')).toBe('application/yaml');
  expect(await type('*/*')).toBe('application/json');
  expect(await type('application/cbor')).toBe(
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
  const yaml = await cluster.probe.get(`${collection}/a`, { headers: { Accept: 'application/yaml' } });
  expect(parse(yaml.text).metadata.name).toBe('a');
});

test('health checks answer in words, one by one, and in full', async () => {
  expect((await cluster.probe.get('/livez/etcd')).text).toBe('ok');
  expect((await cluster.probe.get('/livez/nope')).text).toBe('404 page not found\n');
  const verbose = await cluster.probe.get('/readyz?verbose&exclude=etcd');
  expect(verbose.text).toMatch(/^\[\+\]ping ok\n.*\[\+\]etcd excluded: ok\n.*readyz check passed\n$/s);
});

test('a request that waits for 100-continue is told to go on [E14]', async () => {
  const made = await cluster.probe.request('POST', maps, { body: { metadata: { name: 'expect' } }, headers: { Expect: '100-continue' } });
  expect(made.status).toBe(201);
});

test('a client may ask who it is and what it may do', async () => {
  const who = await cluster.probe.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  });
  expect([who.status, who.json.status.userInfo]).toMatchObject([
    201,
    { username: 'kubecast-admin', groups: ['system:masters', 'system:authenticated'] },
  ]);
  const may = await cluster.probe.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
  });
  expect([may.status, may.json.status]).toEqual([201, { allowed: true }]);
});
