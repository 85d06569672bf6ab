import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLoader, formatEnvelope, versionKeys, type Loader, type LoaderOptions, type Wanted } from '../../index.ts';
import { findRedisServer, startRedisServer, startRespServer, type RespServer, type TestRedis } from '../../testing/index.ts';
import { nextChange } from '../../testing/next-change.ts';

const owner = { namespace: 'n', app: 'a', model: 'm' };
const wanted = (version: string): Wanted => ({ id: 'm', version, owner });
const envelope = (version: string, payload: unknown): string => formatEnvelope({ ...owner, version, number: 1, payload });

describe('a value that cannot prove its version', () => {
  let server: RespServer;
  let clock: VirtualClock;
  const loaders: Loader[] = [];
  const put = (text: string, key = 'a_m'): void => server.database(0).set(Buffer.from(key), { type: 'string', value: Buffer.from(text) });
  const make = (options: Partial<LoaderOptions> = {}): Loader => {
    const loader = createLoader({ redis: server.url, clock, ...options });
    loaders.push(loader);
    return loader;
  };
  /** Lets what is due be read and answered. */
  const answered = async (loader: Loader): Promise<void> => {
    do await clock.settle();
    while (loader.counters.pending > 0);
  };
  beforeEach(async () => {
    server = await startRespServer();
    clock = createVirtualClock();
  });
  afterEach(async () => {
    for (const loader of loaders.splice(0)) await loader.close();
    await server.close();
  });

  test('is read again after 1, 5 and 30 s, and what was written after its announcement is served then', async () => {
    put('"old"');
    const loader = make();
    loader.want(wanted('1'));
    await loader.settled();
    const at: number[] = [];
    for (let ms = 0; ms <= 100_000; ms += 250) {
      const { rechecked } = loader.counters;
      await clock.advance(250);
      await answered(loader);
      if (loader.counters.rechecked > rechecked) at.push(clock.now());
    }
    expect(at).toHaveLength(3);
    for (const [index, due] of [1_000, 5_000, 30_000].entries()) {
      expect(at[index]).toBeGreaterThan(due * 0.9 - 1);
      expect(at[index]).toBeLessThanOrEqual(due + 250);
    }
    expect(loader.counters).toMatchObject({ loaded: 1, rechecked: 3 });
    loader.want(wanted('2'));
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'old' });
    put('"new"');
    const told = nextChange(loader);
    await clock.advance(1_000);
    await told;
    expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'new' });
  });

  test('is read by each resync, and tells of a change only', async () => {
    put('{"v":1}');
    const loader = make({ recheckMs: [] });
    let changes = 0;
    loader.want(wanted('1'));
    await loader.settled();
    loader.onChange(() => (changes += 1));
    loader.resync();
    await answered(loader);
    expect([loader.counters.rechecked, changes]).toEqual([1, 0]);
    put('{"v":2}');
    loader.resync();
    await answered(loader);
    expect([loader.counters.rechecked, changes]).toEqual([2, 1]);
    expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: { v: 2 } });
  });

  test('is read again when Redis is back', async () => {
    put('"one"');
    const loader = make({ recheckMs: [] });
    loader.want(wanted('1'));
    await loader.settled();
    await server.stop();
    put('"two"');
    const told = nextChange(loader);
    await server.start();
    await told;
    expect(loader.get('m')).toMatchObject({ payload: 'two' });
  });

  test('becomes current once a publisher writes the announced version, and needs no more looks', async () => {
    put('"by hand"');
    const loader = make();
    loader.want(wanted('1'));
    await loader.settled();
    put(envelope('1', 'published'));
    loader.resync();
    await answered(loader);
    expect(loader.get('m')).toEqual({ state: 'current', version: '1', payload: 'published', staleForMs: 0 });
    const { commands } = loader.counters;
    loader.resync();
    await clock.advance(100_000);
    expect(loader.counters).toMatchObject({ commands, satisfied: 1 });
  });

  test('stays when a look finds nothing, another version, or no JSON', async () => {
    put('"mine"');
    const loader = make({ recheckMs: [] });
    loader.want(wanted('1'));
    await loader.settled();
    for (const text of [envelope('2', 'later'), '{', undefined]) {
      if (text === undefined) server.flushAll();
      else put(text);
      loader.resync();
      await answered(loader);
      expect(loader.get('m')).toEqual({ state: 'unverified', payload: 'mine', staleForMs: 0 });
    }
    expect(loader.failures().size).toBe(0);
    expect(loader.counters).toMatchObject({ rechecked: 3, satisfied: 1 });
  });

  test('of a version that was held before is looked at again when that one is announced again', async () => {
    put('"one"');
    const loader = make();
    loader.want(wanted('1'));
    await loader.settled();
    loader.want(wanted('2'));
    loader.want(wanted('1'));
    put('"two"');
    const told = nextChange(loader);
    await clock.advance(1_000);
    await told;
    expect(loader.get('m')).toMatchObject({ payload: 'two' });
  });

  test('under the plain key is not served where a publisher keeps the announced version', async () => {
    put('"written over by hand"');
    put(envelope('1', 'published'), versionKeys('a_m')?.of('1'));
    const loader = make();
    loader.want(wanted('1'));
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'current', payload: 'published' });
  });

  test('is served where the key of the version may not be read', async () => {
    put('"mine"');
    server.intercept(({ args }) =>
      args.some((arg) => arg.includes('@'))
        ? { error: 'NOPERM this user has no permissions to access one of the keys used as arguments' }
        : undefined,
    );
    const loader = make();
    loader.want(wanted('1'));
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'mine' });
  });

  test('has times that grow', () => {
    for (const recheckMs of [[0], [5, 1], [Number.NaN], 'soon' as unknown as number[]])
      expect(() => make({ recheckMs })).toThrow(/recheckMs/);
  });
});

const binary = findRedisServer();

test.runIf(binary !== undefined)(
  'a value that was read from a replica that is behind is replaced by the one that its primary holds',
  async () => {
    const primary = await startRedisServer({ binary: binary ?? '' });
    const replica = await startRedisServer({ binary: binary ?? '', args: ['--replicaof', primary.host, String(primary.port)] });
    const client = new Redis(primary.port, primary.host);
    const reader = new Redis(replica.port, replica.host);
    const loader = createLoader({ redis: replica.url, recheckMs: [200, 1_000, 3_000] });
    const until = async (look: () => Promise<boolean>): Promise<void> => {
      while (!(await look()));
    };
    try {
      await client.set('a_m', '"old"');
      await until(async () => (await reader.get('a_m')) === '"old"');
      // From here on the replica hears nothing of its primary, as behind a link that hangs.
      await reader.call('REPLICAOF', '127.0.0.1', '1');
      await client.set('a_m', '"new"');
      loader.want(wanted('1'));
      await loader.settled();
      expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'old' });
      const told = new Promise<void>((resolve) => void loader.onChange(() => resolve()));
      await reader.call('REPLICAOF', primary.host, String(primary.port));
      await told;
      expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'new' });
    } finally {
      await loader.close();
      client.disconnect();
      reader.disconnect();
      await Promise.all([(primary as TestRedis).close(), replica.close()]);
    }
  },
);
