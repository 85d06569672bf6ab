import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectionFrom, createClient, type KubernetesClient } from '@kubecast/client';
import { createModelIndex, type ModelIndex } from '@kubecast/model-index';
import { Cluster, until } from './cluster.ts';

let cluster: Cluster;
let client: KubernetesClient;
let index: ModelIndex | undefined;

beforeAll(async () => {
  cluster = await Cluster.start();
  client = createClient(connectionFrom({ server: cluster.api.url, ca: cluster.api.ca, token: cluster.api.token() }));
  await cluster.publish('IIoT', 'm', '1', { title: 'one' });
  await cluster.announce('iiot', 'IIoT', { m: '1' });
  await cluster.serve('iiot', ['192.0.2.1']);
});
afterAll(async () => {
  client.close();
  await cluster[Symbol.asyncDispose]();
});
afterEach(async () => {
  await index?.stop();
  index = undefined;
});

function made(redis: string): ModelIndex {
  index = createModelIndex({ client, redis, namespace: 'meta-test', resyncMs: 0 });
  index.start();
  return index;
}

const routed = { app: 'IIoT', endpoints: [{ address: '192.0.2.1', port: 80 }] };

test.each([
  ['refuses connections', 'Redis is not connected', async () => cluster.redis.stop(), async () => cluster.redis.start()],
  ['hangs', '', async () => cluster.redis.pause(), async () => cluster.redis.resume()],
])(
  'while Redis %s an index is synced, routes, and says that metadata is missing; when Redis is back it loads',
  async (_what, reason, away, back) => {
    await away();
    try {
      const started = made(cluster.redis.url);
      await started.synced;
      expect(started.hasRoutes).toBe(true);
      expect(started.resolve('meta-test', 'm')).toMatchObject({ ...routed, version: '1', state: 'missing', metadata: null });
      expect(started.resolve('meta-test', 'm')?.reason ?? '').toContain(reason);
      expect(started.problems()).toEqual([]);
    } finally {
      await back();
    }
    await until('the value is loaded', () => index?.resolve('meta-test', 'm')?.state === 'current', 30_000);
    expect(index?.resolve('meta-test', 'm')).toMatchObject({ ...routed, metadata: { title: 'one' } });
  },
);

test('while Redis refuses the login an index is synced and routes', async () => {
  const started = made(cluster.redis.url.replace('redis://', 'redis://nobody:secret@'));
  await started.synced;
  const answer = started.resolve('meta-test', 'm');
  expect(answer).toMatchObject({ ...routed, state: 'missing' });
  expect(answer?.reason).toContain('refuses');
  expect(JSON.stringify([answer, started.redis()])).not.toContain('secret');
});

test('a Redis that goes away between the start and the first value keeps no index from being synced', async () => {
  const started = made(cluster.redis.url);
  await until('Redis is connected', () => started.redis()?.state === 'ready');
  await cluster.redis.stop();
  try {
    await started.synced;
    expect(started.resolve('meta-test', 'm')).toMatchObject(routed);
  } finally {
    await cluster.redis.start();
  }
});

test('where Redis answers, synced waits for the metadata', async () => {
  const started = made(cluster.redis.url);
  await started.synced;
  expect(started.resolve('meta-test', 'm')).toMatchObject({ ...routed, state: 'current' });
});
