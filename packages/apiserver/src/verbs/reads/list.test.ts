import { afterAll, beforeAll, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster } from '../../testing/cluster.ts';
import type { Reply } from '../../testing/probe.ts';

let cluster: Cluster;
const everywhere = '/apis/iidp.com/v1/appmodels';
beforeAll(async () => {
  cluster = await startCluster({ futureWaitMs: 40 });
  for (const namespace of ['a-0', 'a']) await cluster.probe.post('/api/v1/namespaces', { metadata: { name: namespace } });
  for (const name of ['e', 'b', 'd', 'a', 'c'])
    await cluster.probe.post(collection, appModel(name, { labels: { parity: 'abcde'.indexOf(name) % 2 === 0 ? 'even' : 'odd' } }));
  await cluster.probe.post(collection.replace('/ns/', '/a/'), appModel('x'));
  await cluster.probe.post(collection.replace('/ns/', '/a-0/'), appModel('x'));
});
afterAll(() => cluster.close());

const names = (reply: Reply): string[] =>
  reply.json.items.map((item: { metadata: { name: string; namespace: string } }) => `${item.metadata.namespace}/${item.metadata.name}`);

test('a list is in the order of namespace/name with the slash included, and carries the newest version of all kinds', async () => {
  const list = await cluster.probe.get(everywhere);
  expect(names(list)).toEqual(['a-0/x', 'a/x', 'ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/e']);
  expect([list.json.kind, list.json.metadata.continue]).toEqual(['AppModelList', '']);
  await cluster.probe.post('/api/v1/namespaces/ns/configmaps', { metadata: { name: 'other' } });
  const later = await cluster.probe.get(everywhere);
  expect(Number(later.json.metadata.resourceVersion)).toBe(Number(list.json.metadata.resourceVersion) + 1);
});

test('items of a built-in kind come without kind and apiVersion, those of a custom one with them', async () => {
  const maps = await cluster.probe.get('/api/v1/namespaces/ns/configmaps');
  expect([maps.json.kind, maps.json.items[0].kind, maps.json.items[0].apiVersion, maps.json.metadata.continue]).toEqual([
    'ConfigMapList',
    undefined,
    undefined,
    undefined,
  ]);
  expect((await cluster.probe.get(collection)).json.items[0].kind).toBe('AppModel');
});

test('pages keep the version of the first, whatever is written meanwhile', async () => {
  const first = await cluster.probe.get(`${everywhere}?limit=3`);
  expect([names(first), first.json.metadata.remainingItemCount]).toEqual([['a-0/x', 'a/x', 'ns/a'], 4]);
  await cluster.probe.post(collection, appModel('bb'));
  await cluster.probe.delete(`${collection}/c`);
  const second = await cluster.probe.get(`${everywhere}?limit=3&continue=${first.json.metadata.continue}`);
  expect([names(second), second.json.metadata.resourceVersion]).toEqual([['ns/b', 'ns/c', 'ns/d'], first.json.metadata.resourceVersion]);
  const last = await cluster.probe.get(`${everywhere}?limit=3&continue=${second.json.metadata.continue}`);
  expect([names(last), last.json.metadata.continue, last.json.metadata.remainingItemCount]).toEqual([['ns/e'], '', undefined]);
  await cluster.probe.delete(`${collection}/bb`);
  await cluster.probe.post(collection, appModel('c', { labels: { parity: 'even' } }));
});

test('a continue token is the start key and the version in base64url', async () => {
  const page = await cluster.probe.get(`${collection}?limit=1`);
  const token = JSON.parse(Buffer.from(page.json.metadata.continue, 'base64url').toString());
  expect(token).toEqual({ v: 'meta.k8s.io/v1', rv: Number(page.json.metadata.resourceVersion), start: '/a\u0000' });
  const all = await cluster.probe.get(`${everywhere}?limit=1`);
  expect(JSON.parse(Buffer.from(all.json.metadata.continue, 'base64url').toString()).start).toBe('/a-0/x\u0000');
});

test('a limit is ignored at version 0, and acts as an exact list at another version [L4]', async () => {
  expect(names(await cluster.probe.get(`${collection}?limit=1&resourceVersion=0`))).toHaveLength(5);
  const before = (await cluster.probe.get(collection)).json.metadata.resourceVersion;
  await cluster.probe.post(collection, appModel('aa'));
  const exact = await cluster.probe.get(`${collection}?limit=2&resourceVersion=${before}`);
  expect([names(exact), exact.json.metadata.resourceVersion]).toEqual([['ns/a', 'ns/b'], before]);
  await cluster.probe.delete(`${collection}/aa`);
});

test('an exact list shows the state at its version, with deleted and changed objects as they were [L3]', async () => {
  const before = await cluster.probe.get(collection);
  await cluster.probe.delete(`${collection}/a`);
  await cluster.probe.patch(`${collection}/b`, { metadata: { labels: { changed: 'yes' } } });
  await cluster.probe.post(collection, appModel('new'));
  const then = await cluster.probe.get(`${collection}?resourceVersion=${before.json.metadata.resourceVersion}&resourceVersionMatch=Exact`);
  expect(then.json).toEqual(before.json);
  await cluster.probe.post(collection, appModel('a', { labels: { parity: 'even' } }));
  await cluster.probe.delete(`${collection}/new`);
});

test('a version of the future is a 504 after a while, in every form', async () => {
  for (const query of [
    'resourceVersion=999999',
    'resourceVersion=999999&resourceVersionMatch=Exact',
    'resourceVersion=999999&resourceVersionMatch=NotOlderThan',
  ]) {
    const { status, json, headers } = await cluster.probe.get(`${collection}?${query}`);
    expect([status, json.reason, headers['retry-after']]).toEqual([504, 'Timeout', '1']);
    expect(json.message).toMatch(/^Timeout: Too large resource version: 999999, current: \d+$/);
    expect(json.details).toEqual({
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
});

test('a version that comes within the wait is answered', async () => {
  const version = Number((await cluster.probe.get(collection)).json.metadata.resourceVersion);
  const waiting = cluster.probe.get(`${collection}/a?resourceVersion=${version + 1}`);
  await cluster.probe.patch(`${collection}/e`, { metadata: { labels: { tick: String(version) } } });
  expect((await waiting).status).toBe(200);
});

test('label selectors narrow a list, and hide how much remains', async () => {
  expect(names(await cluster.probe.get(`${collection}?labelSelector=parity%3Deven`))).toEqual(['ns/a', 'ns/c', 'ns/e']);
  expect(names(await cluster.probe.get(`${everywhere}?labelSelector=parity%20notin%20(even)`))).toEqual(['a-0/x', 'a/x', 'ns/b', 'ns/d']);
  const page = await cluster.probe.get(`${collection}?labelSelector=parity%3Deven&limit=2`);
  expect([names(page), page.json.metadata.remainingItemCount, page.json.metadata.continue === '']).toEqual([
    ['ns/a', 'ns/c'],
    undefined,
    false,
  ]);
  const bad = await cluster.probe.get(`${collection}?labelSelector=a%20b`);
  expect([bad.status, bad.json.message]).toEqual([400, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"]);
});

test('field selectors know name and namespace, and refuse others in the words of each kind', async () => {
  expect(names(await cluster.probe.get(`${everywhere}?fieldSelector=metadata.namespace%3Dns,metadata.name!%3Da`))).toEqual([
    'ns/b',
    'ns/c',
    'ns/d',
    'ns/e',
  ]);
  const custom = await cluster.probe.get(`${collection}?fieldSelector=spec.app%3Dx`);
  expect([custom.status, custom.json.message]).toEqual([400, 'field label not supported: spec.app']);
  const map = await cluster.probe.get('/api/v1/configmaps?fieldSelector=foo%3Dx');
  expect(map.json.message).toBe('"foo" is not a known field selector: only "metadata.name", "metadata.namespace"');
  const form = await cluster.probe.get(`${collection}?fieldSelector=metadata.name`);
  expect(form.json.message).toBe("invalid selector: 'metadata.name'; can't understand 'metadata.name'");
  expect(names(await cluster.probe.get('/api/v1/configmaps?fieldSelector=metadata.name%3Dnobody'))).toEqual([]);
});

test('bad options of a list are told one by one', async () => {
  const message = async (query: string): Promise<string> => (await cluster.probe.get(`${collection}?${query}`)).json.message as string;
  expect(await message('resourceVersionMatch=Exact')).toBe(
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  );
  expect(await message('resourceVersionMatch=Exact&resourceVersion=0')).toContain(
    'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  );
  expect(await message('resourceVersionMatch=foo&resourceVersion=1')).toContain(
    'Unsupported value: "foo": supported values: "Exact", "NotOlderThan", ""',
  );
  expect(await message('sendInitialEvents=true')).toContain('sendInitialEvents is forbidden for list');
  expect(await message('limit=abc')).toBe('strconv.ParseInt: parsing "abc": invalid syntax');
  expect(await message('resourceVersion=abc')).toBe(
    'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  );
  const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"/a"}').toString('base64url');
  expect(await message(`continue=${token}&resourceVersion=5`)).toBe('specifying resource version is not allowed when using continue');
  expect(await message('continue=abc&resourceVersion=5')).toContain('invalid continue token: continue key is not valid: ');
  expect(await message(`continue=${Buffer.from('{"v":"v9"}').toString('base64url')}`)).toBe(
    'invalid continue token: continue key is not valid: server does not recognize this encoded version v9',
  );
});

test('GET of a missing object names it, a bad version is a 500', async () => {
  const missing = await cluster.probe.get(`${collection}/nope`);
  expect([missing.status, missing.json.message, missing.json.details]).toEqual([
    404,
    'appmodels.iidp.com "nope" not found',
    { name: 'nope', group: 'iidp.com', kind: 'appmodels' },
  ]);
  const bad = await cluster.probe.get(`${collection}/a?resourceVersion=abc`);
  expect([bad.status, bad.json.message]).toEqual([
    500,
    'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  ]);
  expect((await cluster.probe.get(`${collection}/a?watch=1`)).json.kind).toBe('AppModel');
});

test('unknown paths are plain text in a custom group and a Status in a built-in one', async () => {
  for (const path of [
    '/nope',
    '/apis/nope.example',
    '/apis/nope.example/v1',
    '/apis/iidp.com/v1/nope',
    '/apis/iidp.com/v9/appmodels',
    '/apis/iidp.com/v1/namespaces/ns/nope',
  ]) {
    const { status, text, headers } = await cluster.probe.get(path);
    expect([path, status, text, headers['content-type'], headers['x-content-type-options']]).toEqual([
      path,
      404,
      '404 page not found\n',
      'text/plain; charset=utf-8',
      'nosniff',
    ]);
  }
  for (const path of ['/api/v1/nope', '/apis/apps/v1/nope', '/api/v2']) {
    const { status, json } = await cluster.probe.get(path);
    expect([path, status, json.message, json.details]).toEqual([path, 404, 'the server could not find the requested resource', {}]);
  }
});

test('a subresource that is not served looks like a missing object', async () => {
  for (const sub of ['status', 'foo']) {
    const { status, json } = await cluster.probe.get(`${collection}/a/${sub}`);
    expect([status, json.message]).toEqual([404, 'appmodels.iidp.com "a" not found']);
  }
});

test('answers carry an audit id, which a request may set, and are indented for people', async () => {
  const own = await cluster.probe.get('/version', { headers: { 'Audit-ID': 'mine' } });
  expect([own.headers['audit-id'], own.headers['cache-control']]).toEqual(['mine', 'no-cache, private']);
  expect((await cluster.probe.get(`${collection}/a`)).text.split('\n')).toHaveLength(2);
  expect((await cluster.probe.get(`${collection}/a`, { headers: { 'User-Agent': 'curl/8' } })).text).toContain('\n  "kind": "AppModel"');
  expect((await cluster.probe.get(`${collection}/a?pretty=0`, { headers: { 'User-Agent': 'curl/8' } })).text.split('\n')).toHaveLength(2);
});

test('HEAD works on a custom resource and is refused on a built-in kind; unknown methods are a 405', async () => {
  const head = await cluster.probe.request('HEAD', `${collection}/a`);
  expect([head.status, head.text]).toEqual([200, '']);
  expect((await cluster.probe.request('HEAD', '/api/v1/namespaces/ns')).status).toBe(405);
  const options = await cluster.probe.request('OPTIONS', collection);
  expect([options.status, options.json.message]).toEqual([405, ' is not supported on resources of kind "appmodels.iidp.com"']);
});
