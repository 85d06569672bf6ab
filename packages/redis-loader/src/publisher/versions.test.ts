import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createLoader,
  createValuePublisher,
  formatEnvelope,
  isPublishRefused,
  versionKeys,
  type PublishItem,
  type ValuePublisher,
  type ValuePublisherOptions,
} from '../index.ts';
import { keySlot } from '../connection/key-slot.ts';
import { plainKeyOf } from '../values/version-keys.ts';
import { findRedisServer, startRedis, type TestRedis } from '../testing/index.ts';
import { startLatencyProxy } from '../testing/latency-proxy.ts';

const owner = { namespace: 'n', app: 'a', model: 'm' };
const item = (version: string, payload: unknown = `content of ${version}`): PublishItem => ({ ...owner, version, payload });
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => (isPublishRefused(error) ? error.reason : String(error)),
  );

test('a version has a key of its own in the slot of the plain key, and different versions never share one', () => {
  for (const key of ['iiot_m', '{iiot}_m', 'größe/模型', 'p:x@1']) {
    const keys = versionKeys(key);
    const all = ['1', '1.0', 'v-1', '@', '', '{x}', '%40', 'ä'].map((version) => keys?.of(version) ?? '');
    expect(new Set([...all, keys?.index, key]).size).toBe(all.length + 2);
    for (const each of [...all, keys?.index ?? '']) {
      expect(keySlot(Buffer.from(each))).toBe(keySlot(Buffer.from(key)));
      expect(plainKeyOf(each)).toBe(key);
    }
  }
  expect(versionKeys('iiot_m')?.of('1.0-a b')).toBe('iiot_m@1.0-a%20b{iiot_m}');
  expect(versionKeys('{iiot}_m')?.of('1')).toBe('{iiot}_m@1');
  expect(`p:${versionKeys('m', 'p:')?.of('1')}`).toBe('p:m@1{p:m}');
  for (const key of ['a}b', 'a{b', 'a{}b', '']) expect(versionKeys(key)).toBeUndefined();
  expect(versionKeys('m')?.of('\ud800')).toBeUndefined();
});

const kinds = ['resp-server', ...(findRedisServer() === undefined ? [] : ['redis-server'])] as const;

describe.each(kinds)('versions on a %s', (kind) => {
  let server: TestRedis;
  let client: Redis;
  let clock: VirtualClock;
  const publishers: ValuePublisher[] = [];
  const make = (options: Partial<ValuePublisherOptions> = {}): ValuePublisher => {
    const publisher = createValuePublisher({ redis: server.url, clock, ...options });
    publishers.push(publisher);
    return publisher;
  };
  const stored = async (): Promise<readonly string[]> => (await client.keys('*')).sort();
  const keysOf = (...versions: readonly string[]): readonly string[] =>
    ['a_m', 'a_m@@{a_m}', ...versions.map((version) => `a_m@${version}{a_m}`)].sort();
  beforeEach(async () => {
    server = await startRedis({ kind: kind as 'resp-server' | 'redis-server' });
    client = new Redis({ host: server.host, port: server.port, commandTimeout: 5_000, replyMapping: 'legacy' });
    clock = createVirtualClock();
  });
  afterEach(async () => {
    for (const publisher of publishers.splice(0)) await publisher.close();
    client.disconnect();
    await server.close();
  });

  test('each version stands under its own key too, and the plain key holds the newest', async () => {
    const publisher = make();
    for (const version of ['1', '2']) await publisher.publish(item(version));
    expect(await stored()).toEqual(keysOf('1', '2'));
    expect(await client.get('a_m@2{a_m}')).toBe(await client.get('a_m'));
    const look = await publisher.look({ ...owner, version: '1' });
    expect(look).toMatchObject({ key: 'a_m', current: { envelope: { version: '2' } }, retained: { envelope: { version: '1' } } });
    expect(look.versions.map(({ version, number }) => [version, number])).toEqual([
      ['1', 1],
      ['2', 2],
    ]);
  });

  test('a version that is kept is made the current one again without its payload, byte for byte and with a larger number', async () => {
    const publisher = make();
    const first = await publisher.publish(item('1', { b: 1, a: [1e21, 'ä'] }));
    await publisher.publish(item('2'));
    expect(await publisher.rollback({ ...owner, version: '1' })).toMatchObject({ outcome: 'written', number: 3, digest: first.digest });
    expect((await publisher.inspect('a_m')).envelope).toMatchObject({ version: '1', payload: { b: 1, a: [1e21, 'ä'] } });
    expect(await publisher.rollback({ ...owner, version: '1' })).toMatchObject({ outcome: 'unchanged', number: 3 });
    await expect(publisher.rollback({ ...owner, version: '9' })).rejects.toThrow(/is not kept in Redis \(kept are "2", "1"\)/);
    expect(await reasonOf(publisher.rollback({ ...owner, version: '9' }))).toBe('not-retained');
  });

  test('a version that is kept never gets other content', async () => {
    const publisher = make();
    for (const version of ['1', '2']) await publisher.publish(item(version));
    expect(await reasonOf(publisher.publish(item('1', 'other')))).toBe('same-version-other-content');
    expect(await publisher.publish(item('1'))).toMatchObject({ outcome: 'written', number: 3 });
  });

  test('versions beyond the count, and those replaced too long ago, go with the next publish; what is announced or was replaced just now stays', async () => {
    const publisher = make({ versions: { count: 2, ageMs: 600_000 } });
    for (const version of ['1', '2', '3']) await publisher.publish(item(version));
    // Another publisher may be about to announce one of them.
    expect(await stored()).toEqual(keysOf('1', '2', '3'));
    await clock.advance(61_000);
    await publisher.publish({ ...item('4'), keep: ['2'] });
    expect(await stored()).toEqual(keysOf('2', '3', '4'));
    // The newest was published long ago, but is replaced only now.
    await clock.advance(700_000);
    await publisher.publish({ ...item('5'), keep: ['2'] });
    expect(await stored()).toEqual(keysOf('2', '4', '5'));
    await clock.advance(700_000);
    await make({ versions: { count: 9, ageMs: 600_000 } }).publish(item('6'));
    expect(await stored()).toEqual(keysOf('5', '6'));
    for (const versions of [{ count: 0 }, { ageMs: -1 }, null as unknown as { count: number }])
      expect(() => make({ versions })).toThrow(/versions/);
  });

  test('the first write over a value from before versions were kept keeps that one too', async () => {
    await make({ versions: false }).publish(item('1'));
    expect(await stored()).toEqual(['a_m']);
    await make().publish(item('2'));
    expect(await stored()).toEqual(keysOf('1', '2'));
    expect((await make().rollback({ ...owner, version: '1' })).number).toBe(3);
  });

  test('publishing what stands there already keeps it by its version', async () => {
    await make({ versions: false }).publish(item('1'));
    expect(await make().publish(item('1'))).toMatchObject({ outcome: 'unchanged', number: 1 });
    expect(await stored()).toEqual(keysOf('1'));
    expect(await client.get('a_m@1{a_m}')).toBe(await client.get('a_m'));
  });

  test('what stands under a key is compared without being read', async () => {
    const publisher = make();
    const { fingerprint } = await publisher.publish(item('1'));
    expect(await publisher.publish(item('1'))).toMatchObject({ outcome: 'unchanged', fingerprint });
    expect(await publisher.holds('a_m', fingerprint)).toBe(true);
    await publisher.publish(item('2'));
    expect(await publisher.holds('a_m', fingerprint)).toBe(false);
    expect(await publisher.holds('none', '')).toBe(true);
  });

  test('numbers go on after the plain key was erased', async () => {
    const publisher = make();
    for (const version of ['1', '2']) await publisher.publish(item(version));
    await client.del('a_m');
    expect(await publisher.publish(item('3'))).toMatchObject({ number: 3 });
    await client.del('a_m');
    expect(await reasonOf(publisher.publish({ ...item('4'), number: 3 }))).toBe('smaller-number');
    expect(await reasonOf(publisher.publish({ ...item('4'), namespace: 'other' }))).toBe('foreign');
  });

  test('compare-and-delete takes the versions along, and those of another owner never', async () => {
    const publisher = make();
    for (const version of ['1', '2']) await publisher.publish(item(version));
    expect(await publisher.compareAndDelete('a_m', (await publisher.inspect('a_m')).fingerprint)).toBe('deleted');
    expect(await stored()).toEqual([]);
    for (const version of ['1', '2']) await publisher.publish(item(version));
    await client.set('a_m', formatEnvelope({ ...owner, namespace: 'theirs', version: '1', number: 1, payload: 1 }));
    expect(await publisher.compareAndDelete('a_m', (await publisher.inspect('a_m')).fingerprint)).toBe('deleted');
    expect(await stored()).toEqual(keysOf('1', '2').slice(1));
  });

  test('many are published as one by one: each by itself, in order, and one that is refused keeps no other from it', async () => {
    const publisher = make();
    await publisher.publish({ ...item('1'), model: 'm7', payload: 'there already' });
    const items = Array.from({ length: 600 }, (_, i): PublishItem => ({ ...owner, model: `m${i}`, version: '1', payload: { i } }));
    const wrong = { ...owner, model: 'wrong', version: '1', payload: Number.NaN };
    const payload = items[1]?.payload as { i: number };
    const publishing = publisher.publishAll([...items, wrong]);
    payload.i = 99;
    const results = await publishing;
    expect(results).toHaveLength(601);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    expect(results[7]).toMatchObject({ status: 'rejected', reason: { reason: 'same-version-other-content' } });
    expect(results[600]).toMatchObject({ status: 'rejected', reason: { code: 'BadEnvelope' } });
    expect(results[599]).toMatchObject({ status: 'fulfilled', value: { key: 'a_m599', number: 1 } });
    expect((await publisher.inspect('a_m1')).envelope?.payload).toEqual({ i: 1 });
  });

  test('a fresh loader gets the announced version while the plain key holds a later one', async () => {
    const publisher = make();
    for (const version of ['1', '2']) await publisher.publish(item(version));
    const loader = createLoader({ redis: server.url, clock });
    try {
      loader.want({ id: 'm', version: '1', owner });
      await loader.settled();
      expect(loader.get('m')).toMatchObject({ state: 'current', version: '1', payload: 'content of 1' });
    } finally {
      await loader.close();
    }
  });

  test('3,000 models over a way of 1 ms are published in a few round trips, not one after the other', async () => {
    const proxy = await startLatencyProxy(server, 1);
    try {
      const publisher = make({ redis: proxy.url });
      await publisher.ping();
      const before = proxy.roundTrips;
      const items = Array.from({ length: 3_000 }, (_, i): PublishItem => ({ ...owner, model: `m${i}`, version: '1', payload: { i } }));
      const results = await publisher.publishAll(items);
      expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
      // One after the other they were 6,000. A burst that is large comes in several chunks.
      expect(proxy.roundTrips - before).toBeLessThan(300);
    } finally {
      await proxy.close();
    }
  });
});
