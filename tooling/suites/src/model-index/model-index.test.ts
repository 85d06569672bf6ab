import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectionFrom, createClient, type KubernetesClient } from '@kubecast/client';
import { createModelIndex, type ModelIndex } from '@kubecast/model-index';
import { Cluster, until } from './cluster.ts';

let cluster: Cluster;
let client: KubernetesClient;
let index: ModelIndex;

beforeAll(async () => {
  cluster = await Cluster.start();
  client = createClient(connectionFrom({ server: cluster.api.url, ca: cluster.api.ca, token: cluster.api.token() }));
});
afterAll(async () => {
  client.close();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await cluster.publish('IIoT', 'm', '1', { title: 'one' });
  await cluster.announce('iiot', 'IIoT', { m: '1' });
  await cluster.serve('iiot', ['192.0.2.1', '192.0.2.2']);
  index = createModelIndex({ client, redis: cluster.redis.url, namespace: 'meta-test', resyncMs: 0 });
  index.start();
  await index.synced;
});
afterEach(async () => {
  await index.stop();
  await cluster.withdraw('iiot');
});

const model = (name = 'm') => index.resolve('meta-test', name);

test('what was announced and published is answered once the index is synced', () => {
  expect(model()).toMatchObject({
    app: 'IIoT',
    appVersion: '1',
    version: '1',
    state: 'current',
    metadata: { title: 'one' },
    endpoints: [
      { address: '192.0.2.1', port: 80 },
      { address: '192.0.2.2', port: 80 },
    ],
  });
  expect(Number(model()?.freshness.resourceVersion)).toBeGreaterThan(0);
  expect(index.problems()).toEqual([]);
});

test('a raised version is loaded by one read of its key, and nothing else is asked of Redis', async () => {
  const log = await cluster.redis.watch();
  await cluster.publish('IIoT', 'm', '2', { title: 'two' });
  await cluster.announce('iiot', 'IIoT', { m: '2' });
  await until('version 2 is served', () => model()?.version === '2');
  index.resync();
  await cluster.announce('iiot', 'IIoT', { m: '2' }, { appVersion: '9' });
  await until('app version 9 is served', () => model()?.appVersion === '9');
  const read = (await log.read()).filter((command) => command.client === 'kubecast-loader');
  log.close();
  expect(read.map((command) => command.args)).toEqual([['IIoT_m']]);
  expect(model()).toMatchObject({ state: 'current', metadata: { title: 'two' } });
});

test('an object that loses its label is forgotten, its value stays in Redis, and it comes back with the label', async () => {
  await cluster.announce('iiot', 'IIoT', { m: '1' }, { labels: {} });
  await until('the model is forgotten', () => model() === undefined);
  expect((await cluster.publisher.inspect('IIoT_m')).kind).toBe('envelope');
  await cluster.announce('iiot', 'IIoT', { m: '1' });
  await until('the model is back', () => model()?.state === 'current');
});

test('while Redis is away the last good value is served stale, and the new one comes at once when it is back', async () => {
  await cluster.publish('IIoT', 'm', '3', { title: 'three' });
  await cluster.redis.stop();
  await cluster.announce('iiot', 'IIoT', { m: '3' });
  await until('it is stale', () => model()?.state === 'stale');
  expect(model()).toMatchObject({ metadata: { title: 'one' }, version: '1', announcedVersion: '3' });
  await until('its age grows', () => (model()?.staleForMs ?? 0) > 0);
  await cluster.redis.start();
  await until('version 3 is served', () => model()?.state === 'current' && model()?.version === '3');
});

test('while the API server is away answers go on and their age grows; then the index catches up', async () => {
  await cluster.api.kill();
  const before = model()?.freshness.ageMs ?? NaN;
  await until('the age grows', () => (model()?.freshness.ageMs ?? NaN) > before);
  expect(model()?.state).toBe('current');
  await cluster.api.restart();
  await cluster.announce('iiot', 'IIoT', { m: '1', n: '1' });
  await until('the new model is known', () => model('n') !== undefined);
});

test('endpoints follow their slice', async () => {
  await cluster.serve('iiot', ['192.0.2.2']);
  await until('one endpoint is left', () => model()?.endpoints.length === 1);
  expect(model()?.endpoints[0]?.address).toBe('192.0.2.2');
});
