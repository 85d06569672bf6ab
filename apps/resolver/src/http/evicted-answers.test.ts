import { createLoader, createValuePublisher } from '@kubecast/redis-loader';
import { startRedis } from '@kubecast/redis-loader/testing';
import { loaderPayloads } from '@kubecast/model-index';
import { expect, onTestFinished, test } from 'vitest';
import { backend, get, json, resolver } from '../testing/test-resolver.ts';

test('metadata that left memory is read again for a lookup; where Redis is away the answer says so, and calls go on', async () => {
  const redis = await startRedis();
  // Each value alone is more than the budget: nothing stays in memory.
  const loader = createLoader({ redis: redis.url, payloadBytes: 100 });
  onTestFinished(async () => {
    await loader.close();
    await redis[Symbol.asyncDispose]();
  });
  const port = await backend((_request, response) => response.end('called'));
  const publisher = createValuePublisher({ redis: redis.url });
  for (const model of ['m', '__proto__'])
    await publisher.publish({ namespace: 'n', app: 'A', model, version: 'v', payload: { title: 'x'.repeat(200) } });
  await publisher.close();
  const { url } = await resolver({ ports: [port], payloads: loaderPayloads(loader) });
  await loader.settled();
  const place = `${url}/v1/namespaces/n/models/m`;
  const found = await get(place);
  expect([found.status, json(found)]).toEqual([
    200,
    expect.objectContaining({ model: 'm', state: 'current', version: 'v', metadata: { title: 'x'.repeat(200) } }),
  ]);
  expect(json(found)).not.toHaveProperty('payload');
  expect(json(await get(`${url}/v1/namespaces/n/models`))['models']).toEqual([
    expect.objectContaining({ model: '__proto__', state: 'current', metadata: null, payload: 'evicted' }),
    expect.objectContaining({ model: 'm', state: 'current', metadata: null, payload: 'evicted' }),
  ]);
  await redis.stop();
  // What was written as text stays; of the other nothing was.
  expect(json(await get(place))).toMatchObject({ metadata: { title: 'x'.repeat(200) } });
  const away = await get(`${url}/v1/namespaces/n/models/__proto__`);
  expect([away.status, json(away)]).toEqual([
    200,
    expect.objectContaining({
      state: 'current',
      metadata: null,
      payload: 'evicted',
      reason: expect.stringMatching(/was evicted, and .*Redis/) as unknown,
    }),
  ]);
  expect((json(away)['endpoints'] as unknown[]).length).toBe(1);
  expect((await get(`${place}/call/x`)).text).toBe('called');
});
