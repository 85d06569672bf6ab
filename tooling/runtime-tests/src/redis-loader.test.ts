import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLoader, createValuePublisher, isPublishRefused, parseKeyTemplate, type Loader, type Owner } from '@kubecast/redis-loader';
import { findRedisServer, startRedis, startRespServer } from '@kubecast/redis-loader/testing';

const owner = (model: string): Owner => ({ namespace: 'n', app: 'a', model });
const nextChange = (loader: Loader): Promise<string> =>
  new Promise((resolve) => {
    const undo = loader.onChange((id) => {
      undo[Symbol.dispose]();
      resolve(id);
    });
  });

void test('redis-loader: a published value is loaded and current, and its next version too', async () => {
  const redis = await startRespServer();
  const publisher = createValuePublisher({ redis: redis.url });
  const loader = createLoader({ redis: redis.url });
  try {
    for (const version of ['1', '2', '1']) {
      await publisher.publish({ ...owner('m'), version, payload: { version, text: 'größe' } });
      loader.want({ id: 'm', version, owner: owner('m') });
      await loader.settled();
      assert.deepEqual(loader.get('m'), { state: 'current', version, payload: { version, text: 'größe' }, staleForMs: 0 });
    }
    assert.equal(loader.counters.commands, 3);
    loader.resync();
    loader.want({ id: 'm', version: '1', owner: owner('m') });
    await loader.settled();
    assert.equal(loader.counters.commands, 3);
  } finally {
    await loader.close();
    await publisher.close();
    await redis.close();
  }
});

void test('redis-loader: Redis goes and comes back, what failed is loaded at once', async () => {
  const redis = await startRespServer();
  const publisher = createValuePublisher({ redis: redis.url });
  const loader = createLoader({ redis: redis.url });
  try {
    await publisher.publish({ ...owner('m'), version: '1', payload: 1 });
    loader.want({ id: 'm', version: '1', owner: owner('m') });
    await loader.settled();
    await publisher.publish({ ...owner('m'), version: '2', payload: 2 });
    await redis.stop();
    loader.want({ id: 'm', version: '2', owner: owner('m') });
    assert.equal(loader.get('m')?.state, 'stale');
    assert.equal(loader.get('m')?.payload, 1);
    const changed = nextChange(loader);
    await redis.start();
    assert.equal(await changed, 'm');
    assert.equal(loader.get('m')?.state, 'current');
  } finally {
    await loader.close();
    await publisher.close();
    await redis.close();
  }
});

void test('redis-loader: a command that is never answered ends by its deadline, and the loader goes on over a new connection', async () => {
  const redis = await startRespServer();
  const publisher = createValuePublisher({ redis: redis.url });
  const loader = createLoader({ redis: redis.url, commandTimeoutMs: 100 });
  try {
    await publisher.publish({ ...owner('m'), version: '1', payload: 1 });
    let hung = false;
    redis.intercept(({ name, client }) => {
      if (hung || name !== 'get' || client !== 'kubecast-loader') return undefined;
      hung = true;
      return 'hang';
    });
    loader.want({ id: 'm', version: '1', owner: owner('m') });
    await loader.settled();
    assert.equal(loader.get('m')?.state, 'current');
    assert.equal(loader.counters.renewals, 1);
  } finally {
    await loader.close();
    await publisher.close();
    await redis.close();
  }
});

void test('redis-loader: the publisher refuses a smaller number and the same version with other content', async () => {
  const redis = await startRespServer();
  const publisher = createValuePublisher({ redis: redis.url });
  try {
    await publisher.publish({ ...owner('m'), version: '1', payload: 1, number: 5 });
    const refused = async (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'written',
        (error: unknown) => (isPublishRefused(error) ? error.reason : String(error)),
      );
    assert.equal(await refused(publisher.publish({ ...owner('m'), version: '2', payload: 2, number: 5 })), 'smaller-number');
    assert.equal(await refused(publisher.publish({ ...owner('m'), version: '1', payload: 2 })), 'same-version-other-content');
    const seen = await publisher.inspect('a_m');
    assert.equal(await publisher.compareAndDelete('a_m', new Uint8Array([1])), 'other');
    assert.equal(await publisher.compareAndDelete('a_m', seen.bytes), 'deleted');
  } finally {
    await publisher.close();
    await redis.close();
  }
});

void test('redis-loader: values and keys are bytes', async () => {
  const redis = await startRespServer();
  const loader = createLoader<Uint8Array>({ redis: redis.url, form: 'raw' });
  try {
    const bytes = new Uint8Array([0, 255, 13, 10]);
    redis.database(0).set(Buffer.from('a___proto__'), { type: 'string', value: Buffer.from(bytes) });
    loader.want({ id: '__proto__', version: '1', owner: owner('__proto__') });
    await loader.settled();
    assert.equal(loader.get('__proto__')?.state, 'unverified');
    assert.deepEqual([...(loader.get('__proto__')?.payload ?? [])], [...bytes]);
  } finally {
    await loader.close();
    await redis.close();
  }
});

void test('redis-loader: a hundred values come in one command, and what they cannot prove in another', async () => {
  const redis = await startRespServer();
  const loader = createLoader({ redis: redis.url });
  try {
    for (let i = 0; i < 100; i += 1) redis.database(0).set(Buffer.from(`a_m${i}`), { type: 'string', value: Buffer.from(`{"i":${i}}`) });
    for (let i = 0; i < 100; i += 1) loader.want({ id: `m${i}`, version: '1', owner: owner(`m${i}`) });
    await loader.settled();
    // Values without a version of their own: the keys that hold the announced versions are asked too.
    assert.equal(loader.counters.commands, 2);
    assert.deepEqual(loader.get('m99')?.payload, { i: 99 });
  } finally {
    await loader.close();
    await redis.close();
  }
});

void test('redis-loader: closing settles every wait, also while Redis answers nothing', async () => {
  const redis = await startRespServer();
  const loader = createLoader({ redis: redis.url });
  redis.pause();
  loader.want({ id: 'm', version: '1', owner: owner('m') });
  const waiting = loader.settled();
  await loader.close();
  await assert.rejects(waiting, { code: 'Closed' });
  await redis.close();
});

void test('redis-loader: a wrong password is a state, and no text holds it', async () => {
  const redis = await startRespServer({ password: 'right-one' });
  const reason = Promise.withResolvers<string>();
  const loader = createLoader({
    redis: `redis://:wrong-one@127.0.0.1:${redis.port}`,
    onStatus: (status) => status.state === 'refused' && reason.resolve(status.reason),
  });
  try {
    loader.start();
    assert.match(await reason.promise, /^WRONGPASS/);
    assert.doesNotMatch(JSON.stringify(loader.status), /wrong-one|right-one/);
  } finally {
    await loader.close();
    await redis.close();
  }
});

void test('redis-loader: a private Redis keeps its data over a restart and its commands can be watched', async () => {
  const redis = await startRedis();
  const publisher = createValuePublisher({ redis: redis.url });
  try {
    assert.equal(redis.kind, findRedisServer() === undefined ? 'resp-server' : 'redis-server');
    await publisher.publish({ ...owner('m'), version: '1', payload: 1 });
    const { port } = redis;
    await redis.stop();
    await redis.start();
    assert.equal(redis.port, port);
    const log = await redis.watch();
    assert.equal((await publisher.publish({ ...owner('m'), version: '1', payload: 1 })).outcome, 'unchanged');
    const seen = await log.read();
    assert.ok(seen.length > 0 && seen.every(({ client }) => client === 'kubecast-publisher'));
    assert.ok(seen.some(({ args }) => args.includes('a_m')));
    log.close();
  } finally {
    await publisher.close();
    await redis.close();
  }
});

void test('redis-loader: names make keys, injectively where that is asked for', () => {
  assert.equal(parseKeyTemplate().render({ app: 'iiot', model: 'edge_x' }), 'iiot_edge_x');
  assert.equal(
    parseKeyTemplate('{namespace}/{app}_{model}', 'injective').render({ namespace: 'n', app: 'iiot', model: 'edge_x' }),
    'n/iiot_edge%5Fx',
  );
});
