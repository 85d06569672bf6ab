import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createLoader,
  createValuePublisher,
  formatEnvelope,
  redisTargetOf,
  type Loader,
  type LoaderOptions,
  type Owner,
} from '../index.ts';
import { keySlot } from './key-slot.ts';
import { findRedisServer, startRedisServer, type TestRedis } from '../testing/index.ts';

const binary = findRedisServer();
const owner = (model: string): Owner => ({ namespace: 'n', app: 'a', model });
const SLOTS = 16_384;

// Three primaries without replicas: what depends on slots, not on failover.
describe.runIf(binary !== undefined)('on a cluster of three real redis-servers', () => {
  const nodes: TestRedis[] = [];
  const clients: Redis[] = [];
  const ids: string[] = [];
  const at = (index: number): Redis => clients[index] as Redis;
  const target = (): { cluster: { nodes: { host: string; port: number }[] } } => ({
    cluster: { nodes: nodes.map(({ host, port }) => ({ host, port })) },
  });
  const load = (options: Partial<LoaderOptions> = {}): Loader => createLoader({ redis: target(), ...options });
  const first = (index: number): number => Math.floor((SLOTS * index) / 3);

  beforeAll(async () => {
    for (let i = 0; i < 3; i += 1) {
      const node = await startRedisServer({ binary: binary ?? '', args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000'] });
      nodes.push(node);
      clients.push(new Redis({ host: node.host, port: node.port, commandTimeout: 10_000, replyMapping: 'legacy' }));
      ids.push(String(await at(i).call('CLUSTER', 'MYID')));
      await at(i).call('CLUSTER', 'ADDSLOTSRANGE', String(first(i)), String(first(i + 1) - 1));
      await at(i).call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      if (i > 0) await at(0).call('CLUSTER', 'MEET', node.host, String(node.port));
    }
    for (const client of clients) {
      for (let info = ''; !/cluster_state:ok/.test(info) || !/cluster_known_nodes:3/.test(info);)
        info = String(await client.call('CLUSTER', 'INFO'));
    }
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await Promise.all(nodes.map((node) => node.close()));
  });

  test('values on all nodes are published and loaded, one command for each slot', async () => {
    const models = Array.from({ length: 60 }, (_, i) => `m${i}`);
    const publisher = createValuePublisher({ redis: target() });
    const loader = load();
    try {
      for (const model of models) await publisher.publish({ ...owner(model), version: '1', payload: model });
      for (const model of models) loader.want({ id: model, version: '1', owner: owner(model) });
      await loader.settled();
      for (const model of models) expect(loader.get(model)).toMatchObject({ state: 'current', payload: model });
      expect(loader.counters.commands).toBe(new Set(models.map((model) => keySlot(Buffer.from(`a_${model}`)))).size);
      const seen = await publisher.inspect('a_m0');
      expect(await publisher.compareAndDelete('a_m0', seen.bytes)).toBe('deleted');
    } finally {
      await Promise.all([loader.close(), publisher.close()]);
    }
  });

  test('versions stand in the slot of their plain key: they are written by one script, and served while the plain key holds another', async () => {
    const models = Array.from({ length: 20 }, (_, i) => `v${i}`);
    const target = redisTargetOf({ cluster: { nodes: nodes.map(({ host, port }) => ({ host, port })) } }, () => '');
    const publisher = createValuePublisher({ redis: target });
    const loader = load({ redis: target });
    try {
      for (const version of ['1', '2']) {
        const results = await publisher.publishAll(models.map((model) => ({ ...owner(model), version, payload: `${model}@${version}` })));
        expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
      }
      for (const model of models) loader.want({ id: model, version: '1', owner: owner(model) });
      await loader.settled();
      for (const model of models) expect(loader.get(model)).toMatchObject({ state: 'current', payload: `${model}@1` });
      expect(await publisher.rollback({ ...owner('v0'), version: '1' })).toMatchObject({ outcome: 'written', number: 3 });
    } finally {
      await Promise.all([loader.close(), publisher.close()]);
    }
  });

  test('a cluster that is spoken to as one server says so, to the loader and to the publisher', async () => {
    const [node] = nodes as [TestRedis];
    const publisher = createValuePublisher({ redis: node.url });
    const loader = load({ redis: node.url });
    try {
      for (let i = 0; i < 30; i += 1) loader.want({ id: `m${i}`, version: '1', owner: owner(`m${i}`) });
      await loader.settled(undefined, { orAway: true });
      expect(loader.status).toMatchObject({
        state: 'refused',
        reason: expect.stringMatching(/one node of a cluster.*--redis-config/u) as string,
      });
      expect(loader.get('m0')?.error?.message).toContain('one node of a cluster');
      const elsewhere = Array.from({ length: 30 }, (_, i) => `e${i}`).find((model) => keySlot(Buffer.from(`a_${model}`)) >= first(1)) ?? '';
      await expect(publisher.publish({ ...owner(elsewhere), version: '1', payload: 1 })).rejects.toThrow(/one node of a cluster/);
    } finally {
      await Promise.all([loader.close(), publisher.close()]);
    }
  });

  test('keys under a hash tag are read by one command', async () => {
    const publisher = createValuePublisher({ redis: target(), keyTemplate: '{{{app}}}_{model}' });
    const loader = load({ keyTemplate: '{{{app}}}_{model}' });
    try {
      for (let i = 0; i < 20; i += 1) await publisher.publish({ ...owner(`t${i}`), version: '1', payload: i });
      for (let i = 0; i < 20; i += 1) loader.want({ id: `t${i}`, version: '1', owner: owner(`t${i}`) });
      await loader.settled();
      expect(loader.get('t19')).toMatchObject({ state: 'current', payload: 19 });
      expect(loader.counters.commands).toBe(1);
    } finally {
      await Promise.all([loader.close(), publisher.close()]);
    }
  });

  test('while a slot moves, with some of its keys moved and some not, no value is taken for missing', async () => {
    // All under one tag, so all in the slot that moves.
    const keys = Array.from({ length: 10 }, (_, i) => `{moving}_${i}`);
    const slot = keySlot(Buffer.from('{moving}'));
    const source = [0, 1, 2].find((i) => slot >= first(i) && slot < first(i + 1)) as number;
    const destination = (source + 1) % 3;
    for (const [i, key] of keys.entries())
      await at(source).set(key, formatEnvelope({ ...owner(`v${i}`), version: '1', number: 1, payload: i }));
    await at(destination).call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', ids[source] as string);
    await at(source).call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', ids[destination] as string);
    const { host, port } = nodes[destination] as TestRedis;
    for (const key of keys.slice(0, 5)) await at(source).call('MIGRATE', host, String(port), key, '0', '5000');
    const loader = load({ retryBaseMs: 20, retryMaxMs: 200 });
    try {
      for (const [i, key] of keys.entries()) loader.want({ id: key, key, version: '1', owner: owner(`v${i}`) });
      const finish = async (): Promise<void> => {
        for (const key of keys.slice(5)) await at(source).call('MIGRATE', host, String(port), key, '0', '5000');
        for (const client of clients) await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', ids[destination] as string);
      };
      // Redis has no answer for a read over moved and unmoved keys until the slot has moved.
      await Promise.all([loader.settled(), finish()]);
      for (const [i, key] of keys.entries()) expect(loader.get(key)).toMatchObject({ state: 'current', payload: i });
      expect(loader.counters.missing).toBe(0);
    } finally {
      await loader.close();
    }
  });

  test('a node that does not answer keeps the values of the others from nobody', async () => {
    const models = Array.from({ length: 30 }, (_, i) => `p${i}`);
    const nodeOf = (model: string): number => [0, 1, 2].find((i) => keySlot(Buffer.from(`a_${model}`)) < first(i + 1)) as number;
    const moving = keySlot(Buffer.from('{moving}'));
    const here = models.filter((model) => keySlot(Buffer.from(`a_${model}`)) !== moving);
    for (const model of here)
      await at(nodeOf(model)).set(`a_${model}`, formatEnvelope({ ...owner(model), version: '1', number: 1, payload: model }));
    const loader = load({ commandTimeoutMs: 300, retryBaseMs: 20, retryMaxMs: 100 });
    try {
      loader.want({ id: here[0] as string, version: '1', owner: owner(here[0] as string) });
      await loader.settled();
      nodes[2]?.pause();
      const others = here.filter((model) => nodeOf(model) !== 2);
      for (const model of here) loader.want({ id: model, version: '1', owner: owner(model) });
      const done = new Promise<void>((resolve) => {
        const look = (): void => void (others.every((model) => loader.get(model)?.state === 'current') && resolve());
        loader.onChange(look);
        look();
      });
      await done;
      expect(here.some((model) => loader.get(model)?.state === 'missing')).toBe(true);
      nodes[2]?.resume();
      await loader.settled();
      for (const model of here) expect(loader.get(model)?.state).toBe('current');
    } finally {
      nodes[2]?.resume();
      await loader.close();
    }
  });
});
