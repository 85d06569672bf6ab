import { afterEach, expect, test } from 'vitest';
import { collection, startCluster, appModel, type Cluster } from './testing/cluster.ts';

let cluster: Cluster | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const streamed = `${collection}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
const aggregated = { Accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' };

test('a 1.24 server refuses a streamed list by its gate, and answers discovery in the plain form', async () => {
  cluster = await startCluster({ kubernetes: '1.24' });
  const { probe } = cluster;
  expect((await probe.get('/version')).json.gitVersion).toBe('v1.24.17');
  const refused = await probe.get(streamed);
  expect([refused.status, refused.json.details.causes.map((cause: { field: string }) => cause.field)]).toEqual([
    422,
    ['resourceVersionMatch', 'sendInitialEvents'],
  ]);
  expect((await probe.get('/apis', { headers: aggregated })).json.kind).toBe('APIGroupList');
  const watch = await probe.watch(`${collection}?watch=1&allowWatchBookmarks=true`);
  await probe.post(collection, appModel('a'));
  expect((await watch.next())?.type).toBe('ADDED');
  watch.close();
});

test('a 1.19 server knows neither streamed lists nor field validation, and serves EndpointSlice in v1beta1 alone', async () => {
  cluster = await startCluster({ kubernetes: '1.19' });
  const { probe } = cluster;
  const refused = await probe.get(streamed);
  expect(refused.json.message).toContain('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch');
  const pruned = await probe.post(`${collection}?fieldValidation=Strict`, { ...appModel('a'), spec: { app: 'a', unknown: 1 } });
  expect([pruned.status, pruned.json.spec, pruned.headers['warning']]).toEqual([201, { app: 'a' }, undefined]);
  expect((await probe.get('/apis/discovery.k8s.io/v1/endpointslices')).status).toBe(404);
  expect((await probe.get('/apis/discovery.k8s.io/v1beta1/endpointslices')).json.kind).toBe('EndpointSliceList');
  expect((await probe.get('/openapi/v3')).status).toBe(404);
});

test('built-in kinds can be left out', async () => {
  cluster = await startCluster({ without: ['endpointslices.discovery.k8s.io', 'events'] });
  expect((await cluster.probe.get('/apis/discovery.k8s.io/v1/endpointslices')).status).toBe(404);
  expect((await cluster.probe.get('/api/v1/events')).json.message).toBe('the server could not find the requested resource');
  expect((await cluster.probe.get('/apis/events.k8s.io/v1/events')).status).toBe(200);
});
