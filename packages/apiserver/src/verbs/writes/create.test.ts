import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster } from '../../testing/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

test('a created object gets uid, version, time, generation and namespace, and what it may not say is dropped', async () => {
  const sent = appModel('a1', {
    uid: 'mine',
    generation: 9,
    creationTimestamp: '2001-01-01T00:00:00Z',
    deletionTimestamp: '2001-01-01T00:00:00Z',
    selfLink: '/x',
  });
  const { status, json } = await cluster.probe.post(collection, sent);
  expect(status).toBe(201);
  expect(json.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  expect(json.metadata.creationTimestamp).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(json.metadata.creationTimestamp).not.toMatch(/^2001/);
  expect([json.metadata.generation, json.metadata.namespace, json.metadata.deletionTimestamp, json.metadata.selfLink]).toEqual([
    1,
    'ns',
    undefined,
    undefined,
  ]);
  expect(json.metadata.resourceVersion).toMatch(/^\d+$/);
});

test('names of a custom resource are written by the alphabet, those of a built-in kind as its struct has them', async () => {
  const custom = await cluster.probe.post(collection, appModel('order'));
  expect(Object.keys(custom.json)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
  expect(Object.keys(custom.json.spec)).toEqual(['app', 'models', 'version']);
  const map = await cluster.probe.post('/api/v1/namespaces/ns/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { b: '1', a: '2' },
    metadata: { name: 'order' },
  });
  expect(Object.keys(map.json)).toEqual(['kind', 'apiVersion', 'metadata', 'data']);
  expect(Object.keys(map.json.metadata).slice(0, 4)).toEqual(['name', 'namespace', 'uid', 'resourceVersion']);
  expect(map.json.metadata.generation).toBeUndefined();
});

test('a resourceVersion on a create is a 500 without a reason', async () => {
  const { status, json } = await cluster.probe.post(collection, appModel('rv', { resourceVersion: '5' }));
  expect([status, json.message, json.reason]).toEqual([500, 'resourceVersion should not be set on objects to be created', undefined]);
});

test('generateName appends five letters and digits; a name given too wins', async () => {
  const made = await cluster.probe.post(collection, { ...appModel(''), metadata: { generateName: 'gen-' } });
  expect(made.json.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  const both = await cluster.probe.post(collection, { ...appModel(''), metadata: { generateName: 'gen-', name: 'fixed' } });
  expect([both.json.metadata.name, both.json.metadata.generateName]).toEqual(['fixed', 'gen-']);
});

test('a dry run answers as a create and stores nothing', async () => {
  const { status, json } = await cluster.probe.post(`${collection}?dryRun=All`, appModel('dry'));
  expect([status, json.metadata.resourceVersion]).toEqual([201, undefined]);
  expect(json.metadata.uid).toBeDefined();
  expect((await cluster.probe.get(`${collection}/dry`)).status).toBe(404);
});

test('an existing name is a 409, and says when the object is being deleted', async () => {
  await cluster.probe.post(collection, appModel('twice', { finalizers: ['a.b/c'] }));
  const again = await cluster.probe.post(collection, appModel('twice'));
  expect([again.status, again.json.reason, again.json.message]).toEqual([
    409,
    'AlreadyExists',
    'appmodels.iidp.com "twice" already exists',
  ]);
  expect(again.json.details).toEqual({ name: 'twice', group: 'iidp.com', kind: 'appmodels' });
  await cluster.probe.delete(`${collection}/twice`);
  expect((await cluster.probe.post(collection, appModel('twice'))).json.message).toBe(
    'object is being deleted: appmodels.iidp.com "twice" already exists',
  );
});

test('a missing namespace is a 404 for a create and an empty list for a read', async () => {
  const other = collection.replace('/ns/', '/missing/');
  const made = await cluster.probe.post(other, appModel('x'));
  expect([made.status, made.json.message, made.json.details]).toEqual([
    404,
    'namespaces "missing" not found',
    { name: 'missing', kind: 'namespaces' },
  ]);
  const list = await cluster.probe.get(other);
  expect([list.status, list.json.items]).toEqual([200, []]);
});

test('nothing is created in a namespace that is going', async () => {
  await cluster.probe.post('/api/v1/namespaces', { metadata: { name: 'going' } });
  const gone = await cluster.probe.delete('/api/v1/namespaces/going');
  expect([gone.status, gone.json.status.phase]).toEqual([200, 'Terminating']);
  const made = await cluster.probe.post(collection.replace('/ns/', '/going/'), appModel('k'));
  expect([made.status, made.json.message]).toEqual([
    403,
    'appmodels.iidp.com "k" is forbidden: unable to create new content in namespace going because it is being terminated',
  ]);
  expect(made.json.details.causes).toEqual([
    { reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' },
  ]);
});

test('a body of another namespace is a 400', async () => {
  const { status, json } = await cluster.probe.post(collection, appModel('x', { namespace: 'other' }));
  expect([status, json.message]).toEqual([400, 'the namespace of the provided object does not match the namespace sent on the request']);
});

test('no name and a bad name are told apart', async () => {
  const none = await cluster.probe.post(collection, { ...appModel(''), metadata: {} });
  expect([none.status, none.json.message]).toEqual([
    422,
    'AppModel.iidp.com "" is invalid: metadata.name: Required value: name or generateName is required',
  ]);
  const bad = await cluster.probe.post(collection, appModel('Bad_Name'));
  expect(bad.json.details.causes[0].field).toBe('metadata.name');
  expect(bad.json.message).toContain('a lowercase RFC 1123 subdomain must consist of');
});

test('kind and apiVersion are checked in the words of the server', async () => {
  const send = async (change: Record<string, unknown>): Promise<[number, string]> => {
    const { status, json } = await cluster.probe.post(collection, { ...appModel('k'), ...change });
    return [status, json.message];
  };
  expect(await send({ apiVersion: 'iidp.com/v2' })).toEqual([
    400,
    'the API version in the data (iidp.com/v2) does not match the expected API version (iidp.com/v1)',
  ]);
  expect(await send({ kind: 'Nope' })).toEqual([422, 'Nope.iidp.com "k" is invalid: kind: Invalid value: "Nope": must be AppModel']);
  const [status, message] = await send({ kind: undefined });
  expect([
    status,
    message.startsWith("the object provided is unrecognized (must be of type AppModel): Object 'Kind' is missing in "),
  ]).toEqual([400, true]);
  const wrong = await cluster.probe.post('/api/v1/namespaces/ns/configmaps', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
  expect(wrong.json.message).toBe(
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  );
  expect((await cluster.probe.post('/api/v1/namespaces/ns/configmaps', { metadata: { name: 'bare' } })).status).toBe(201);
});

test("malformed bodies are answered with the decoder's words and the first bytes", async () => {
  const send = async (body: string): Promise<string> => (await cluster.probe.post(collection, body)).json.message as string;
  expect(await send('{"apiVersion":"iidp.com/v1","kind":"AppModel"')).toBe(
    'the object provided is unrecognized (must be of type AppModel): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"iidp.com/v1","k ...)',
  );
  expect(await send('{} x')).toContain("invalid character 'x' after top-level value");
  expect((await cluster.probe.request('POST', collection, { body: '' })).json.message).toContain('(<empty>)');
  expect(await send('[]')).toContain('(5b5d)');
});

test('metadata of a wrong type is a 400', async () => {
  const { status, json } = await cluster.probe.post(collection, { ...appModel('x'), metadata: { name: 5 } });
  expect([status, json.message]).toEqual([
    400,
    'AppModel in version "v1" cannot be handled as a AppModel: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
  ]);
});

test('other media types are a 415; none means JSON', async () => {
  const refused = await cluster.probe.post(collection, appModel('x'), { type: 'text/plain' });
  expect([refused.status, refused.json.reason]).toEqual([415, 'UnsupportedMediaType']);
  const made = await cluster.probe.request('POST', collection, { body: appModel('untyped'), type: '' });
  expect(made.status).toBe(201);
});

test('YAML bodies follow YAML 1.1: the first document, booleans by word, integers with underscores', async () => {
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {n: "x", date: "2020-01-01"}\n---\nkind: Other\n';
  const { status, json } = await cluster.probe.post('/api/v1/namespaces/ns/configmaps', yaml, { type: 'application/yaml' });
  expect([status, json.data]).toEqual([201, { date: '2020-01-01', false: 'x' }]);
});

test('unknown and duplicate fields warn, fail or pass by fieldValidation; unknown ones are never stored', async () => {
  const body = '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"NAME","foo":1},"spec":{"app":"x","app":"y","type":"z"}}';
  const warned = await cluster.probe.post(collection, body.replace('NAME', 'warned'));
  expect(warned.status).toBe(201);
  expect(warned.headers['warning']).toBe(
    '299 - "duplicate field \\"spec.app\\"", 299 - "unknown field \\"metadata.foo\\"", 299 - "unknown field \\"spec.type\\""',
  );
  expect(warned.json.spec).toEqual({ app: 'y' });
  const strict = await cluster.probe.post(`${collection}?fieldValidation=Strict`, body.replace('NAME', 'strict'));
  expect([strict.status, strict.json.message]).toEqual([
    400,
    'AppModel in version "v1" cannot be handled as a AppModel: strict decoding error: duplicate field "spec.app", unknown field "metadata.foo", unknown field "spec.type"',
  ]);
  const ignored = await cluster.probe.post(`${collection}?fieldValidation=Ignore`, body.replace('NAME', 'ignored'));
  expect([ignored.status, ignored.headers['warning'], ignored.json.spec]).toEqual([201, undefined, { app: 'y' }]);
});

test('names that stand twice in YAML are told by their line', async () => {
  const yaml = (name: string): string => `apiVersion: iidp.com/v1\nkind: AppModel\nmetadata:\n  name: ${name}\nspec:\n  app: a\n  app: b\n`;
  const warned = await cluster.probe.post(collection, yaml('y1'), { type: 'application/yaml' });
  expect([warned.status, warned.json.spec, warned.headers['warning']]).toEqual([
    201,
    { app: 'b' },
    '299 - "line 7: key \\"app\\" already set in map"',
  ]);
  const strict = await cluster.probe.post(`${collection}?fieldValidation=Strict`, yaml('y2'), { type: 'application/yaml' });
  expect([strict.status, strict.json.message]).toEqual([
    400,
    'AppModel in version "v1" cannot be handled as a AppModel: strict decoding error: yaml: unmarshal errors:\n  line 7: key "app" already set in map',
  ]);
});

test('the invalid sample is a 422 that names the models, with a warning for the unknown field; strict it is a 400 for that alone', async () => {
  const base = {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: 'base' },
    spec: { type: 'model', version: '1.7', models: ['model1', 'model2', 'model3'] },
  };
  const { status, json, headers } = await cluster.probe.post(collection, base);
  expect([status, json.details.causes.map((cause: { field: string }) => cause.field)]).toEqual([
    422,
    ['spec.models[0]', 'spec.models[1]', 'spec.models[2]'],
  ]);
  expect(headers['warning']).toBe('299 - "unknown field \\"spec.type\\""');
  const strict = await cluster.probe.post(`${collection}?fieldValidation=Strict`, base);
  expect([strict.status, strict.json.message.endsWith('strict decoding error: unknown field "spec.type"')]).toEqual([400, true]);
});

test('bad options are a 422 of their own kind', async () => {
  const dry = await cluster.probe.post(`${collection}?dryRun=foo`, appModel('x'));
  expect([dry.status, dry.json.message]).toEqual([
    422,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["foo"]: supported values: "All"',
  ]);
  const validation = await cluster.probe.post(`${collection}?fieldValidation=foo`, appModel('x'));
  expect(validation.json.message).toBe(
    'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "foo": supported values: "", "Ignore", "Strict", "Warn"',
  );
});

test('a name in the path of a create is passed over for a custom resource and refused for a built-in kind', async () => {
  const made = await cluster.probe.post(`${collection}/zz1`, appModel('named-in-body'));
  expect([made.status, made.json.metadata.name]).toEqual([201, 'named-in-body']);
  expect((await cluster.probe.post('/api/v1/namespaces/ns/configmaps/zz1', { metadata: { name: 'x' } })).status).toBe(405);
});

test('creates for all namespaces have no path', async () => {
  const custom = await cluster.probe.post('/apis/iidp.com/v1/appmodels', appModel('x'));
  expect([custom.status, custom.text]).toEqual([404, '404 page not found\n']);
  expect((await cluster.probe.post('/api/v1/configmaps', { metadata: { name: 'x' } })).status).toBe(405);
});

test('a body over 3 MiB is a 413, one too large for etcd a 500, annotations have 256 KiB', async () => {
  const big = (size: number): Record<string, unknown> => ({ metadata: { name: 'big' }, data: { x: 'x'.repeat(size) } });
  const huge = await cluster.probe.post('/api/v1/namespaces/ns/configmaps', big(3_200_000));
  expect([huge.status, huge.json.message]).toEqual([413, 'Request entity too large: limit is 3145728']);
  const model = appModel('etcd');
  (model['spec'] as Record<string, unknown>)['app'] = 'x'.repeat(1_600_000);
  const etcd = await cluster.probe.post(collection, model);
  expect([etcd.status, etcd.json.message, etcd.json.reason]).toEqual([500, 'etcdserver: request is too large', undefined]);
  const notes = await cluster.probe.post(collection, appModel('notes', { annotations: { a: 'x'.repeat(262_144) } }));
  expect([notes.status, notes.json.details.causes[0]]).toEqual([
    422,
    { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 262144 bytes', field: 'metadata.annotations' },
  ]);
});

test('a finalizer without a domain is taken with a warning', async () => {
  const { status, headers } = await cluster.probe.post(collection, appModel('fin', { finalizers: ['foo'] }));
  expect(status).toBe(201);
  expect(headers['warning']).toBe(
    '299 - "metadata.finalizers: \\"foo\\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"',
  );
});

test('names that JavaScript lends are data like any other', async () => {
  const body =
    '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"hostile","labels":{"constructor":"a"},"annotations":{"__proto__":"b"}},"spec":{"app":"x","models":[{"name":"__proto__","version":"1"}],"__proto__":{"polluted":true}}}';
  const { status, json, text } = await cluster.probe.post(collection, body);
  expect(status).toBe(422);
  expect(json.message).toContain('"__proto__"');
  const fine = await cluster.probe.post(collection, body.replace('"annotations":{"__proto__":"b"}', '"annotations":{}'));
  expect([fine.status, fine.json.metadata.labels, fine.json.spec.models]).toEqual([
    201,
    { constructor: 'a' },
    [{ name: '__proto__', version: '1' }],
  ]);
  expect(text).not.toContain('polluted');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
