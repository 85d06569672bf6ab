import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Probe } from '../testing/probe.ts';
import { appModel, collection, startCluster, type Cluster } from '../testing/cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ bookmarkMs: 40, futureWaitMs: 30 });
  for (const name of ['a', 'b', 'c']) await cluster.probe.post(collection, appModel(name));
});
afterAll(() => cluster.close());
afterEach(() => cluster.server.faults.clear());

const watchPath = `${collection}?watch=1&allowWatchBookmarks=true`;
const streamed = `${watchPath}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;

test('drop cuts the connection without an answer, as often as asked', async () => {
  const fault = cluster.server.faults.add({ type: 'drop' }, { verb: 'get', resource: 'appmodels', times: 1 });
  await expect(cluster.probe.get(`${collection}/a`)).rejects.toThrow(/hang up|ECONNRESET|closed/);
  expect((await cluster.probe.get(`${collection}/a`)).status).toBe(200);
  expect(fault.hits).toBe(1);
});

test('drop on a watch lets the events through that it was told to', async () => {
  cluster.server.faults.add({ type: 'drop', afterEvents: 2 }, { verb: 'watch' });
  const watch = await cluster.probe.watch(watchPath);
  expect((await watch.take(2)).map((line) => line.split('@')[0])).toEqual(['ADDED a', 'ADDED b']);
  expect((await watch.ended()).how).toBe('cut');
});

test('stall leaves a request without an answer and the connection open', async () => {
  const fault = cluster.server.faults.add({ type: 'stall' }, { verb: 'get', name: 'a' });
  const controller = new AbortController();
  const answer = cluster.probe.get(`${collection}/a`, { signal: controller.signal }).then(
    () => 'answered',
    () => 'aborted',
  );
  // Others are served meanwhile; the stalled one stays unanswered until its client gives up.
  while (fault.hits === 0) expect((await cluster.probe.get(`${collection}/b`)).status).toBe(200);
  controller.abort();
  expect(await answer).toBe('aborted');
});

test('stall on a watch falls silent after its events: no event, no bookmark, no end', async () => {
  cluster.server.faults.add({ type: 'stall', afterEvents: 1 }, { verb: 'watch', times: 1 });
  const silent = await cluster.probe.watch(streamed);
  const healthy = await cluster.probe.watch(streamed);
  // The healthy watch has seen three objects, the mark and two bookmarks by the time the silent one is looked at.
  for (let line = 0; line < 6; line++) await healthy.next();
  expect(await silent.take(1)).toHaveLength(1);
  const more = await Promise.race([silent.next(), healthy.next().then(() => 'quiet')]);
  expect(more).toBe('quiet');
  silent.close();
  healthy.close();
});

test('slow answers after the time that was asked for', async () => {
  cluster.server.faults.add({ type: 'slow', ms: 60 }, { verb: 'get' });
  const before = performance.now();
  expect((await cluster.probe.get(`${collection}/a`)).status).toBe(200);
  expect(performance.now() - before).toBeGreaterThanOrEqual(55);
});

test('status answers as the API server words it', async () => {
  const { faults } = cluster.server;
  for (const [code, reason] of [
    [409, 'Conflict'],
    [410, 'Expired'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
    [504, 'Timeout'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
  ] as const) {
    faults.add({ type: 'status', code }, { verb: 'get', times: 1 });
    const answer = await cluster.probe.get(`${collection}/a`);
    expect([answer.status, answer.json.code, answer.json.reason]).toEqual([code, code, reason]);
  }
  faults.add({ type: 'status', code: 429, retryAfterSeconds: 7 }, { times: 1 });
  const limited = await cluster.probe.get(collection);
  expect([limited.headers['retry-after'], limited.json.details.retryAfterSeconds]).toEqual(['7', 7]);
});

test('watch-error sends an ERROR event inside a 200 and ends', async () => {
  cluster.server.faults.add({ type: 'watch-error', code: 410, afterEvents: 3 }, { verb: 'watch', times: 1 });
  const watch = await cluster.probe.watch(watchPath);
  expect(watch.status).toBe(200);
  await watch.take(3);
  const line = await watch.next();
  expect([line?.type, line?.object.code, line?.object.reason]).toEqual(['ERROR', 410, 'Expired']);
  expect((await watch.ended()).how).toBe('end');
});

test('missing-bookmark swallows the mark at the end of the initial events and leaves the periodic ones', async () => {
  cluster.server.faults.add({ type: 'missing-bookmark', which: 'initial-events-end' }, { verb: 'watch', times: 1 });
  const watch = await cluster.probe.watch(streamed);
  await watch.take(3);
  const bookmark = await watch.next();
  expect([bookmark?.type, bookmark?.object.metadata.annotations]).toEqual(['BOOKMARK', undefined]);
  watch.close();
});

test('truncate cuts the connection in the middle of a line', async () => {
  cluster.server.faults.add({ type: 'truncate', afterEvents: 1 }, { verb: 'watch', times: 1 });
  const watch = await cluster.probe.watch(watchPath);
  await watch.take(1);
  const { how, rest } = await watch.ended();
  expect(how).toBe('cut');
  expect(rest).toMatch(/^\{"type":"ADDED".*[^}]$/s);
});

test('truncate cuts a list in its middle', async () => {
  cluster.server.faults.add({ type: 'truncate' }, { verb: 'list', times: 1 });
  await expect(cluster.probe.get(collection)).rejects.toThrow(/aborted|hang up|ECONNRESET|closed/);
});

test('end-watch ends the stream cleanly', async () => {
  cluster.server.faults.add({ type: 'end-watch', afterEvents: 2 }, { verb: 'watch', times: 1 });
  const watch = await cluster.probe.watch(watchPath);
  await watch.take(2);
  expect(await watch.ended()).toEqual({ how: 'end', rest: '' });
});

test('lag answers lists from an older state and delays watches', async () => {
  const before = await cluster.probe.get(collection);
  await cluster.probe.patch(`${collection}/a`, { metadata: { labels: { moved: 'yes' } } });
  cluster.server.faults.add({ type: 'lag', revisions: 1 }, { verb: 'list', times: 1 });
  expect((await cluster.probe.get(collection)).text).toBe(before.text);
  cluster.server.faults.add({ type: 'lag', ms: 60 }, { verb: 'watch', times: 1 });
  const start = performance.now();
  const watch = await cluster.probe.watch(watchPath);
  await watch.take(1);
  expect(performance.now() - start).toBeGreaterThanOrEqual(55);
  watch.close();
});

test('frozen connections say nothing more and stay open, new ones work', async () => {
  const watch = await cluster.probe.watch(`${collection}?watch=1`);
  await watch.take(3);
  expect(cluster.server.faults.freezeConnections()).toBeGreaterThan(0);
  const fresh = Probe.of(cluster.server);
  const other = await fresh.watch(`${collection}?watch=1`);
  await other.take(3);
  await fresh.patch(`${collection}/b`, { metadata: { labels: { after: 'freeze' } } });
  await other.take(1);
  const line = watch.next().then(() => 'heard');
  await fresh.patch(`${collection}/b`, { metadata: { labels: { after: 'more' } } });
  expect(await Promise.race([line, other.next().then(() => 'nothing')])).toBe('nothing');
  watch.close();
  other.close();
  fresh.close();
  cluster.probe.close();
});

test('expired history refuses resumption, exact lists and continue tokens from before', async () => {
  const page = await cluster.probe.get(`${collection}?limit=1`);
  const version = page.json.metadata.resourceVersion as string;
  await cluster.probe.patch(`${collection}/c`, { metadata: { labels: { moved: 'again' } } });
  cluster.server.faults.expireHistory();
  const watch = await cluster.probe.watch(`${collection}?watch=1&resourceVersion=${version}`);
  expect((await watch.next())?.object.reason).toBe('Expired');
  expect((await cluster.probe.get(`${collection}?resourceVersion=${version}&resourceVersionMatch=Exact`)).status).toBe(410);
  const next = await cluster.probe.get(`${collection}?limit=1&continue=${page.json.metadata.continue}`);
  expect(next.status).toBe(410);
  const rest = await cluster.probe.get(`${collection}?continue=${next.json.metadata.continue}`);
  expect(rest.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['b', 'c']);
});

test('a server that went back answers a watch from its future with silence and a list from it with 504', async () => {
  const before = Number((await cluster.probe.get(collection)).json.metadata.resourceVersion);
  const made = await cluster.probe.post(collection, appModel('late'));
  const version = made.json.metadata.resourceVersion as string;
  await cluster.probe.post(collection, appModel('later'));
  cluster.server.faults.goBack(before);
  const probe = Probe.of(cluster.server);
  expect((await probe.get(`${collection}/late`)).status).toBe(404);
  const list = await probe.get(`${collection}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`);
  expect([list.status, list.json.message]).toEqual([504, `Timeout: Too large resource version: ${version}, current: ${before}`]);
  const silent = await probe.watch(`${collection}?watch=1&resourceVersion=${before + 1}`);
  expect(silent.status).toBe(200);
  // The first write reuses the version that the client has seen already: it stays unheard; the second is heard.
  await probe.post(collection, appModel('one'));
  await probe.post(collection, appModel('two'));
  expect(await silent.take(1)).toEqual([`ADDED two@${before + 2}`]);
  silent.close();
  probe.close();
});

test('a disposed fault is gone', async () => {
  const fault = cluster.server.faults.add({ type: 'status', code: 500 });
  fault[Symbol.dispose]();
  expect((await cluster.probe.get(collection)).status).toBe(200);
});
