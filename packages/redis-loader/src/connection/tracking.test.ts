import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLoader, formatEnvelope, parseKeyTemplate, type Loader, type LoaderOptions } from '../index.ts';
import { findRedisServer, startRedisServer, startRespServer, type TestRedis } from '../testing/index.ts';
import { shortestPrefixes } from './tracking.ts';

test('the prefixes are the shortest ones that cover all and do not overlap', () => {
  expect(shortestPrefixes(['iiot_edge_', 'b_', 'iiot_', 'a_', 'iiot_', 'b_c'])).toEqual(['a_', 'b_', 'iiot_']);
  expect(shortestPrefixes(['a', ''])).toEqual(['']);
});

test('a template tells what the keys of an app begin with', () => {
  const names = { namespace: 'n', app: 'iiot', model: 'm' };
  expect(parseKeyTemplate().prefix(names)).toBe('iiot_');
  expect(parseKeyTemplate('{{{app}}}_{model}').prefix(names)).toBe('{iiot}_');
  expect(parseKeyTemplate('x:{namespace}/{app}_{model}', 'injective').prefix(names)).toBe('x:n/iiot_');
  expect(parseKeyTemplate('{model}@{app}').prefix(names)).toBe('');
  expect(parseKeyTemplate('{app}').prefix(names)).toBe('iiot');
});

const binary = findRedisServer();

describe.runIf(binary !== undefined)('a redis-server that tells of writes', () => {
  let server: TestRedis;
  let client: Redis;
  const loaders: Loader[] = [];
  const make = (options: Partial<LoaderOptions> = {}): Loader => {
    // Without its own times: what is seen here was told.
    const loader = createLoader({ redis: server.url, recheckMs: [], ...options });
    loaders.push(loader);
    return loader;
  };
  const want = (loader: Loader, app: string, model = 'm', version = '1'): void =>
    loader.want({ id: `${app}/${model}`, version, owner: { namespace: 'n', app, model } });
  /** Until the loader says so; looked at after each of its own commands at the latest. */
  const until = async (so: () => boolean): Promise<void> => {
    while (!so()) await client.ping();
  };
  const payload = (loader: Loader, id: string): unknown => loader.get(id)?.payload;
  beforeAll(async () => {
    server = await startRedisServer({ binary: binary ?? '' });
  });
  beforeEach(async () => {
    client = new Redis(server.port, server.host, { commandTimeout: 5_000 });
    await client.flushall();
  });
  afterEach(async () => {
    for (const loader of loaders.splice(0)) await loader.close();
    client.disconnect();
  });
  afterAll(() => server.close());

  test('a plain value that is written is read again at once, and so is one that failed', async () => {
    const loader = make({ retryBaseMs: 1e9, retryMaxMs: 1e9 });
    await client.mset('a_m', '"one"', 'ab_m', '"one"');
    for (const app of ['a', 'ab']) want(loader, app);
    want(loader, 'a', 'late');
    await loader.settled();
    await until(() => loader.tracking.state === 'on');
    await client.mset('a_m', '"two"', 'other', 'x');
    await until(() => payload(loader, 'a/m') === 'two');
    await client.set('ab_m', '"three"');
    await until(() => payload(loader, 'ab/m') === 'three');
    await client.set('a_late', formatEnvelope({ namespace: 'n', app: 'a', model: 'late', version: '1', number: 1, payload: 'here' }));
    await until(() => loader.get('a/late')?.state === 'current');
    expect(loader.counters.hints).toBeGreaterThanOrEqual(3);
  });

  test('nothing is asked to be told while all values prove their version', async () => {
    await client.set('a_m', formatEnvelope({ namespace: 'n', app: 'a', model: 'm', version: '1', number: 1, payload: 1 }));
    const loader = make();
    want(loader, 'a');
    await loader.settled();
    expect(loader.tracking).toEqual({ state: 'idle', reason: '' });
    expect(String(await client.client('LIST')).split('name=kubecast-loader')).toHaveLength(2);
  });

  test('a tracking connection that is lost is armed again, and what was written meanwhile is found', async () => {
    const loader = make();
    await client.set('a_m', '"one"');
    want(loader, 'a');
    await loader.settled();
    await until(() => loader.tracking.state === 'on');
    for (const round of [1, 2]) {
      const line = String(await client.client('LIST'))
        .split('\n')
        .find((each) => each.includes('name=kubecast-loader') && !each.includes(' sub=0 '));
      const id = /id=(\d+)/u.exec(line ?? '')?.[1] ?? '';
      // In one turn of the server: it is cut, and the write is told to nobody.
      await client.multi().client('KILL', 'ID', id).set('a_m', `"round ${round}"`).exec();
      await until(() => payload(loader, 'a/m') === `round ${round}`);
      await until(() => loader.tracking.state === 'on');
    }
    expect(loader.get('a/m')).toMatchObject({ state: 'unverified', payload: 'round 2' });
  });

  test('a server that went away and came back tells again', async () => {
    const loader = make();
    await client.set('a_m', '"one"');
    want(loader, 'a');
    await loader.settled();
    await until(() => loader.tracking.state === 'on');
    client.disconnect();
    await server.stop();
    await server.start();
    client = new Redis(server.port, server.host, { commandTimeout: 5_000 });
    await until(() => loader.tracking.state === 'on');
    await client.set('a_m', '"two"');
    await until(() => payload(loader, 'a/m') === 'two');
    expect(loader.get('a/m')).toMatchObject({ state: 'unverified', payload: 'two' });
  });

  test('where the user may not be told it is off with the reason, and values are read as without', async () => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~a_*', '+@read', '+ping', '+info', '+client|setname', '+hello');
    await client.set('a_m', '"one"');
    const loader = make({ redis: { host: server.host, port: server.port, username: 'reader', password: 'pw' } });
    want(loader, 'a');
    await loader.settled();
    await until(() => loader.tracking.state === 'off');
    expect(loader.tracking.reason).toMatch(/^NOPERM/);
    await client.set('a_m', '"two"');
    loader.resync();
    await until(() => payload(loader, 'a/m') === 'two');
  });

  test('where all keys of the server would be told, and where it is not wanted, it is off', async () => {
    await client.set('m', '"one"');
    const loader = make({ keyTemplate: '{model}' });
    want(loader, 'a');
    await loader.settled();
    await until(() => loader.tracking.state === 'off');
    expect(loader.tracking.reason).toMatch(/no prefix in common/);
    expect(make({ tracking: false }).tracking).toMatchObject({ state: 'off' });
  });
});

test('a server that knows no tracking is read as without', async () => {
  const server = await startRespServer();
  const loader = createLoader({ redis: server.url, recheckMs: [] });
  try {
    server.database(0).set(Buffer.from('a_m'), { type: 'string', value: Buffer.from('"one"') });
    loader.want({ id: 'm', version: '1', owner: { namespace: 'n', app: 'a', model: 'm' } });
    await loader.settled();
    while (loader.tracking.state !== 'off') await new Promise((resolve) => setImmediate(resolve));
    expect(loader.tracking.reason).toMatch(/^ERR /);
    expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'one' });
  } finally {
    await loader.close();
    await server.close();
  }
});
