import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { appModel, collection, startCluster, type Cluster, onRealServer } from '../../testing/cluster.ts';

let cluster: Cluster;
let number = 0;
let namespace = '';
/** Each test has a namespace of its own, and the path of its AppModels. */
let path = '';
beforeAll(async () => {
  cluster = await startCluster({ futureWaitMs: 40 });
});
beforeEach(async () => {
  namespace = `w${++number}`;
  path = collection.replace('/ns/', `/${namespace}/`);
  await cluster.probe.post('/api/v1/namespaces', { metadata: { name: namespace } });
});
afterAll(() => cluster.close());

async function version(): Promise<number> {
  return Number((await cluster.probe.get(path)).json.metadata.resourceVersion);
}

const streamed = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

test('a watch without a version sends what is there in list order, each with its own version, then what comes [W2]', async () => {
  const b = await cluster.probe.post(path, appModel('b'));
  const a = await cluster.probe.post(path, appModel('a'));
  const watch = await cluster.probe.watch(`${path}?watch=1`);
  expect([watch.status, watch.headers['content-type'], watch.headers['transfer-encoding']]).toEqual([200, 'application/json', 'chunked']);
  expect(await watch.take(2)).toEqual([`ADDED a@${a.json.metadata.resourceVersion}`, `ADDED b@${b.json.metadata.resourceVersion}`]);
  const changed = await cluster.probe.patch(`${path}/a`, { spec: { app: 'x' } });
  expect(await watch.take(1)).toEqual([`MODIFIED a@${changed.json.metadata.resourceVersion}`]);
  watch.close();
});

test('the words of watch=: anything but 0 and false; the old path works as well', async () => {
  for (const query of ['?watch', '?watch=foo', '?watch=true']) {
    const watch = await cluster.probe.watch(path + query);
    expect(watch.headers['content-length']).toBeUndefined();
    watch.close();
  }
  expect((await cluster.probe.get(`${path}?watch=0`)).json.kind).toBe('AppModelList');
  const old = await cluster.probe.watch(path.replace('/v1/', '/v1/watch/'));
  await cluster.probe.post(path, appModel('old'));
  expect((await old.take(1))[0]).toMatch(/^ADDED old@/);
  old.close();
});

test('from a version come the events after it, none twice and none lost [W2]', async () => {
  await cluster.probe.post(path, appModel('before'));
  const from = await version();
  const wanted: string[] = [];
  for (const name of ['x', 'y'])
    wanted.push(`ADDED ${name}@${(await cluster.probe.post(path, appModel(name))).json.metadata.resourceVersion}`);
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  expect(await watch.take(2)).toEqual(wanted);
  watch.close();
});

test('a deletion shows the last content under the version of the deletion [W11]', async () => {
  const made = await cluster.probe.post(path, appModel('gone'));
  const from = await version();
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  await cluster.probe.delete(`${path}/gone`);
  const line = await watch.next();
  expect([line?.type, line?.object.spec, Number(line?.object.metadata.resourceVersion)]).toEqual(['DELETED', made.json.spec, from + 1]);
  watch.close();
});

test('removing the last finalizer is a deletion alone, with the content from before that request [W12]', async () => {
  await cluster.probe.post(path, appModel('held', { finalizers: ['a.b/c'] }));
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${await version()}`);
  await cluster.probe.delete(`${path}/held`);
  const marked = await watch.next();
  expect([marked?.type, marked?.object.metadata.deletionGracePeriodSeconds, marked?.object.metadata.generation]).toEqual([
    'MODIFIED',
    0,
    2,
  ]);
  await cluster.probe.patch(`${path}/held`, { metadata: { finalizers: null }, spec: { app: 'unseen' } });
  const gone = await watch.next();
  expect([gone?.type, gone?.object.metadata.finalizers, gone?.object.spec.app]).toEqual(['DELETED', ['a.b/c'], 'held']);
  watch.close();
});

test('an object that stops matching a selector is a deletion with its last matching content; one that starts is an addition [W10]', async () => {
  await cluster.probe.post(path, appModel('s', { labels: { on: 'yes' } }));
  const watch = await cluster.probe.watch(`${path}?watch=1&labelSelector=on%3Dyes&resourceVersion=${await version()}`);
  const off = await cluster.probe.patch(`${path}/s`, { metadata: { labels: { on: 'no' } }, spec: { app: 'changed' } });
  const left = await watch.next();
  expect([left?.type, left?.object.metadata.labels, left?.object.spec.app, left?.object.metadata.resourceVersion]).toEqual([
    'DELETED',
    { on: 'yes' },
    's',
    off.json.metadata.resourceVersion,
  ]);
  await cluster.probe.patch(`${path}/s`, { spec: { app: 'unheard' } });
  await cluster.probe.patch(`${path}/s`, { metadata: { labels: { on: 'yes' } } });
  const back = await watch.next();
  expect([back?.type, back?.object.spec.app]).toEqual(['ADDED', 'unheard']);
  watch.close();
});

test('a streamed list ends with a marked bookmark, which a selector without a match sends alone [W6]', async () => {
  await cluster.probe.post(path, appModel('a'));
  for (const query of ['', '&resourceVersion=0', `&resourceVersion=${await version()}`]) {
    const watch = await cluster.probe.watch(`${path}?${streamed}${query}`);
    expect((await watch.take(1))[0]).toMatch(/^ADDED a@/);
    const mark = await watch.next();
    expect(mark).toEqual({
      type: 'BOOKMARK',
      object: {
        apiVersion: 'iidp.com/v1',
        kind: 'AppModel',
        metadata: { resourceVersion: String(await version()), annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    watch.close();
  }
  const none = await cluster.probe.watch(`${path}?${streamed}&labelSelector=no%3Done`);
  expect((await none.next())?.type).toBe('BOOKMARK');
  none.close();
});

test('a streamed list of a version of the future is an ERROR event in a 200 [W6]', async () => {
  const watch = await cluster.probe.watch(`${path}?${streamed}&resourceVersion=999999`);
  const line = await watch.next();
  expect([watch.status, line?.type, line?.object.reason, line?.object.code]).toEqual([200, 'ERROR', 'Timeout', 504]);
});

test('a plain watch from no version or 0 with bookmarks gets the mark too; one that resumes does not [W7]', async () => {
  const now = await cluster.probe.watch(`${path}?watch=1&allowWatchBookmarks=true`);
  expect((await now.next())?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  now.close();
  const zero = await cluster.probe.watch(`${path}?watch=1&allowWatchBookmarks=true&resourceVersion=0`);
  expect((await zero.next())?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  zero.close();
  const cached = await cluster.probe.watch(`${path}?watch=1&allowWatchBookmarks=true&resourceVersion=${await version()}`);
  await cluster.probe.post(path, appModel('first'));
  expect((await cached.next())?.type).toBe('ADDED');
  cached.close();
});

test('a version of the future is silence until it is passed [W3]', async () => {
  const from = (await version()) + 1;
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  await cluster.probe.post(path, appModel('unheard'));
  const heard = await cluster.probe.post(path, appModel('heard'));
  expect(await watch.take(1)).toEqual([`ADDED heard@${heard.json.metadata.resourceVersion}`]);
  watch.close();
});

test('timeoutSeconds ends a watch cleanly, after bookmarks two seconds and one second before [W5, W9]', async () => {
  const watch = await cluster.probe.watch(`${path}?watch=1&timeoutSeconds=3&allowWatchBookmarks=true&resourceVersion=${await version()}`);
  // The real server sometimes sends none.
  if (!onRealServer) expect((await watch.next())?.type).toBe('BOOKMARK');
  expect((await watch.ended()).how).toBe('end');
});

test('bad options of a watch are told before it starts [W8]', async () => {
  const message = async (query: string): Promise<string> => (await cluster.probe.get(`${path}?watch=1&${query}`)).json.message as string;
  expect(await message('sendInitialEvents=true')).toBe(
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  );
  expect(await message('resourceVersionMatch=NotOlderThan')).toContain(
    'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  );
  expect(await message('resourceVersion=abc')).toContain('strconv.ParseUint');
  expect(await message('timeoutSeconds=abc')).toBe('strconv.ParseInt: parsing "abc": invalid syntax');
  const yaml = await cluster.probe.get(`${path}?watch=1`, { headers: { Accept: 'application/yaml' } });
  // The real server writes this one in YAML, in lines of its own.
  expect(yaml.status).toBe(406);
  expect((onRealServer ? yaml.text.replace(/\s+/g, ' ') : (yaml.json.message as string)).toString()).toContain(
    'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
  );
});

test('a Table watch has its columns in the first event only [W13]', async () => {
  const accept = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
  await cluster.probe.post(path, appModel('a'));
  const watch = await cluster.probe.watch(`${path}?watch=1`, accept);
  await cluster.probe.patch(`${path}/a`, { spec: { app: 'x' } });
  const first = await watch.next();
  const second = await watch.next();
  expect([
    first?.object.kind,
    first?.object.columnDefinitions.map((column: { name: string }) => column.name),
    first?.object.rows[0].cells[0],
  ]).toEqual(['Table', ['Name', 'Age'], 'a']);
  expect([second?.type, second?.object.columnDefinitions]).toEqual(['MODIFIED', null]);
  watch.close();
});

test('a client that reads slowly gets every event in order all the same', async () => {
  const from = await version();
  const payload = 'x'.repeat(60_000);
  await cluster.probe.post(path, appModel('slow'));
  for (let step = 0; step < 100; step++) await cluster.probe.patch(`${path}/slow`, { spec: { app: `${step}-${payload}` } });
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  const versions = (await watch.take(101)).map((line) => Number(line.split('@')[1]));
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  watch.close();
});
