import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createLoader,
  createValuePublisher,
  formatEnvelope,
  type Loader,
  type LoaderOptions,
  type Owner,
  type RedisTarget,
  type ValuePublisher,
} from '../index.ts';
import { findRedisServer, startRedisServer, type TestRedis } from '../testing/index.ts';
import { nextChange } from '../testing/next-change.ts';

const binary = findRedisServer();
const owner = (model: string): Owner => ({ namespace: 'n', app: 'a', model });

// What only the real one does. The tests with faults on demand are in loader.test.ts and publisher.test.ts.
describe.runIf(binary !== undefined)('on a real redis-server', () => {
  let server: TestRedis;
  let client: Redis;
  const ends: (() => unknown)[] = [];
  const start = async (...args: string[]): Promise<TestRedis> => {
    const started = await startRedisServer({ binary: binary ?? '', args });
    ends.push(() => started.close());
    return started;
  };
  const connect = (to: TestRedis): Redis => {
    const connection = new Redis({ host: to.host, port: to.port, commandTimeout: 10_000, replyMapping: 'legacy' });
    connection.on('error', () => {}); // Killed on purpose in some tests.
    ends.push(() => connection.disconnect());
    return connection;
  };
  const load = (redis: RedisTarget, options: Partial<LoaderOptions> = {}): Loader => {
    const loader = createLoader({ redis, ...options });
    ends.push(() => loader.close());
    return loader;
  };
  const publishTo = (
    redis: RedisTarget,
    options: { readonly replicas?: number; readonly replicaTimeoutMs?: number } = {},
  ): ValuePublisher => {
    const publisher = createValuePublisher({ redis, ...options });
    ends.push(() => publisher.close());
    return publisher;
  };
  const want = (loader: Loader, model: string, version = '1'): void => loader.want({ id: model, version, owner: owner(model) });

  beforeEach(async () => {
    server = await start();
    client = connect(server);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  test('a user who may read only some keys gets those, and the others are reported as denied', async () => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', '>pw', '~a_open*', '+@all');
    for (const model of ['open1', 'open2', 'closed'])
      await publishTo(server.url).publish({ ...owner(model), version: '1', payload: model });
    const loader = load(`redis://reader:pw@${server.host}:${server.port}`);
    for (const model of ['open1', 'closed', 'open2']) want(loader, model);
    await loader.settled();
    expect(['open1', 'open2', 'closed'].map((model) => loader.get(model)?.state)).toEqual(['current', 'current', 'missing']);
    expect(loader.get('closed')?.error).toMatchObject({ code: 'Denied', message: expect.stringMatching(/^NOPERM .*a_closed/) as string });
  });

  test('a value larger than the server is willing to send is found among its neighbours, which are loaded', async () => {
    await client.config('SET', 'client-output-buffer-limit', 'normal 1mb 0 0');
    const models = Array.from({ length: 60 }, (_, i) => `m${i}`);
    for (const model of models)
      await client.set(
        `a_${model}`,
        formatEnvelope({ ...owner(model), version: '1', number: 1, payload: model === 'm31' ? 'x'.repeat(5_000_000) : model }),
      );
    const loader = load(server.url, { commandTimeoutMs: 2_000 });
    for (const model of models) want(loader, model);
    await loader.settled();
    expect(models.filter((model) => loader.get(model)?.state !== 'current')).toEqual(['m31']);
    expect(loader.get('m31')?.error?.code).toBe('Unreadable');
    await client.config('SET', 'client-output-buffer-limit', 'normal 0 0 0');
    const loaded = nextChange(loader);
    loader.resync();
    await loaded;
    expect(loader.get('m31')?.state).toBe('current');
  });

  test('a Redis that is stopped by a signal keeps its clients waiting no longer than the deadline; the last good value is served', async () => {
    const publisher = publishTo(server.url);
    await publisher.publish({ ...owner('m'), version: '1', payload: 1 });
    const loader = load(server.url, { commandTimeoutMs: 150 });
    want(loader, 'm');
    await loader.settled();
    await publisher.publish({ ...owner('m'), version: '2', payload: 2 });
    server.pause();
    const away = new Promise<void>((resolve) => {
      const poll = (): void => void (loader.counters.timeouts > 0 ? resolve() : setImmediate(poll));
      poll();
    });
    want(loader, 'm', '2');
    await away;
    expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1', payload: 1, error: { code: 'Away' } });
    const loaded = nextChange(loader);
    server.resume();
    await loaded;
    expect(loader.get('m')).toMatchObject({ state: 'current', version: '2' });
  });

  test('a Redis that is killed and comes back empty makes nothing forgotten', async () => {
    const publisher = publishTo(server.url);
    await publisher.publish({ ...owner('m'), version: '1', payload: 1 });
    const loader = load(server.url);
    want(loader, 'm');
    await loader.settled();
    await client.flushall();
    await server.stop();
    await server.start();
    want(loader, 'm', '2');
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1', payload: 1, error: { code: 'Missing' } });
    // The publisher's number starts anew: there is nothing left that it could have to be larger than.
    await publisher.publish({ ...owner('m'), version: '2', payload: 2 });
    const loaded = nextChange(loader);
    loader.resync();
    await loaded;
    expect(loader.get('m')).toMatchObject({ state: 'current', payload: 2 });
  });

  test('a write is confirmed by the replica that has it, and not by one that was stopped', async () => {
    const replica = await start('--replicaof', server.host, String(server.port), '--repl-diskless-sync-delay', '0');
    await client.config('SET', 'repl-diskless-sync-delay', '0');
    const of = connect(replica);
    for (let state = ''; state !== 'connected';) state = String(((await of.call('ROLE')) as unknown[])[3]);
    const publisher = publishTo(server.url, { replicas: 1, replicaTimeoutMs: 3_000 });
    expect(await publisher.publish({ ...owner('m'), version: '1', payload: 1 })).toMatchObject({ outcome: 'written', replicas: 1 });
    const impatient = publishTo(server.url, { replicas: 1, replicaTimeoutMs: 50 });
    replica.pause();
    await expect(impatient.publish({ ...owner('m'), version: '2', payload: 2 })).rejects.toMatchObject({
      code: 'Unreplicated',
      confirmed: 0,
    });
    await expect(impatient.publish({ ...owner('m'), version: '2', payload: 2 })).rejects.toMatchObject({ code: 'Unreplicated' });
    replica.resume();
    expect(await publisher.publish({ ...owner('m'), version: '2', payload: 2 })).toMatchObject({ outcome: 'unchanged', replicas: 1 });
  });

  test('a replica that is behind is read until the third try, then the primary is asked', async () => {
    const replica = await start('--replicaof', server.host, String(server.port));
    await client.config('SET', 'repl-diskless-sync-delay', '0');
    const publisher = publishTo(server.url, { replicas: 1, replicaTimeoutMs: 10_000 });
    await publisher
      .publish({ ...owner('m'), version: '1', payload: 1 })
      .catch(() => publisher.publish({ ...owner('m'), version: '1', payload: 1 }));
    const of = connect(replica);
    for (let value: string | null = null; value === null;) value = await of.get('a_m');
    await of.call('REPLICAOF', 'NO', 'ONE'); // From now on it hears nothing more, as of a link that hangs.
    await publishTo(server.url).publish({ ...owner('m'), version: '2', payload: 2 });
    const loader = load(replica.url, { primary: server.url });
    want(loader, 'm', '2');
    for (;;) {
      const loaded = nextChange(loader);
      if (loader.get('m')?.state === 'current') break;
      await loaded;
    }
    expect(loader.get('m')).toMatchObject({ state: 'current', version: '2', payload: 2 });
    expect(loader.counters.otherVersions).toBeGreaterThanOrEqual(2);
    expect(loader.counters.primaryReads).toBeGreaterThanOrEqual(1);
  });

  test('a publisher is told what a full or a read-only Redis says', async () => {
    const publisher = publishTo(server.url);
    await client.config('SET', 'maxmemory', '1');
    await expect(publisher.publish({ ...owner('m'), version: '1', payload: 1 })).rejects.toMatchObject({
      kind: 'unwritable',
      message: expect.stringContaining('OOM command not allowed') as string,
    });
    await client.config('SET', 'maxmemory', '0');
    await client.call('REPLICAOF', '127.0.0.1', '1');
    await expect(publisher.publish({ ...owner('m'), version: '1', payload: 1 })).rejects.toMatchObject({ kind: 'elsewhere' });
    await client.call('REPLICAOF', 'NO', 'ONE');
    expect(await publisher.publish({ ...owner('m'), version: '1', payload: 1 })).toMatchObject({ outcome: 'written' });
  });

  test('a busy Redis is waited for', async () => {
    await client.config('SET', 'busy-reply-threshold', '1');
    await publishTo(server.url).publish({ ...owner('m'), version: '1', payload: 1 });
    const loader = load(server.url);
    want(loader, 'm');
    await loader.settled();
    await publishTo(server.url).publish({ ...owner('m'), version: '2', payload: 2 });
    const busy = client.eval(
      "local t = redis.call('TIME') repeat local n = redis.call('TIME') until (n[1] - t[1]) * 1000000 + n[2] - t[2] > 300000",
      0,
    );
    want(loader, 'm', '2');
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'current', version: '2' });
    await busy;
  });
});
