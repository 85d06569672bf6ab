import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { KeyError, MapOptionsError, MapValueError, TenantCache } from '../index.ts';

const a = { namespace: 'a' };
const b = { namespace: 'b' };

test('an expired entry is never served, collected or not, and the TTL of a tenant can be changed for what it holds', async () => {
  const clock = createVirtualClock();
  const cache = new TenantCache<number>({ defaults: { ttlMs: 1000, quota: 100 }, clock });
  const tenant = cache.tenant(a);
  tenant.set('k', 1);
  await clock.advance(999);
  expect(tenant.get('k')).toBe(1);
  await clock.advance(1);
  expect(tenant.peek('k')).toBeUndefined();
  expect([...tenant.keys()]).toEqual([]);
  expect(tenant.get('k')).toBeUndefined();
  tenant.set('k', 2);
  await clock.advance(500);
  // A read does not make an entry live longer; a write does.
  expect(tenant.get('k')).toBe(2);
  tenant.set('k', 3);
  await clock.advance(700);
  expect(tenant.get('k')).toBe(3);
  tenant.configure({ ttlMs: 600 });
  expect(tenant.get('k')).toBeUndefined();
  tenant.set('k', 4);
  tenant.configure({ ttlMs: Infinity });
  await clock.advance(1e9);
  expect(tenant.get('k')).toBe(4);
});

test('a quota holds at every moment, can be changed live, and a value that is larger than all of it is not taken', () => {
  const cache = new TenantCache<string>({ defaults: { quota: 1000 }, weigh: (value) => value.length });
  const tenant = cache.tenant(a);
  for (let i = 0; i < 500; i += 1) {
    tenant.set(`k${i}`, 'x'.repeat(i % 97));
    expect(tenant.weight).toBeLessThanOrEqual(1000);
  }
  expect(tenant.size).toBeGreaterThan(10);
  tenant.configure({ quota: 50 });
  expect(tenant.weight).toBeLessThanOrEqual(50);
  tenant.set('small', 'abc');
  expect(tenant.set('small', 'x'.repeat(51))).toBe(false);
  expect(tenant.get('small')).toBeUndefined();
  expect(cache.counters()[0]?.counters.refusals).toBe(1);
  let sum = 0;
  for (const key of tenant.keys()) sum += tenant.peek(key)?.length ?? 0;
  expect(tenant.weight).toBe(sum);
});

test('one tenant can neither evict nor see what another holds, and names that look alike are two tenants', () => {
  const cache = new TenantCache<number>({ defaults: { quota: 100 } });
  for (let i = 0; i < 100; i += 1) cache.tenant(a).set(`k${i}`, i);
  for (let i = 0; i < 100_000; i += 1) cache.tenant(b).set(`k${i}`, -i);
  for (let i = 0; i < 100; i += 1) expect(cache.tenant(a).get(`k${i}`)).toBe(i);
  cache.tenant({ cluster: 'x/y', namespace: 'z' }).set('k', 1);
  expect(cache.tenant({ cluster: 'x', namespace: 'y/z' }).get('k')).toBeUndefined();
  cache.tenant({ namespace: '__proto__' }).set('__proto__', 5);
  expect(cache.tenant({ namespace: '__proto__' }).get('__proto__')).toBe(5);
});

test('of a million entries, four fifths of them expired, none is served late and all are freed in slices of at most 256', async () => {
  const virtual = createVirtualClock();
  let yields = 0;
  let removedBefore = 0;
  let most = 0;
  const cache: TenantCache<number> = new TenantCache<number>({
    defaults: { ttlMs: 60_000, quota: 2_000_000 },
    clock: {
      ...virtual,
      yield: () => {
        yields += 1;
        const { expirations } = cache.counters().reduce((sum, { counters }) => ({ expirations: sum.expirations + counters.expirations }), {
          expirations: 0,
        });
        most = Math.max(most, expirations - removedBefore);
        removedBefore = expirations;
        return Promise.resolve();
      },
    },
  });
  const tenants = Array.from({ length: 4 }, (_, number) => cache.tenant({ namespace: `n${number}` }));
  const fill = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) tenants[i % 4]?.set(`k${i}`, i);
  };
  fill(0, 800_000);
  await virtual.advance(40_000);
  fill(800_000, 1_000_000);
  await virtual.advance(20_000);
  expect(tenants[0]?.get('k0')).toBeUndefined();
  removedBefore = 1;
  const before = process.cpuUsage();
  const report = await cache.collect();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(10);
  expect(report.removed).toBe(799_999);
  expect(report.slices).toBeLessThanOrEqual(3200);
  expect(yields).toBe(report.slices - 1);
  expect(most).toBeLessThanOrEqual(256);
  expect(tenants.reduce((sum, tenant) => sum + tenant.size, 0)).toBe(200_000);
  for (let i = 800_000; i < 1_000_000; i += 997) expect(tenants[i % 4]?.peek(`k${i}`)).toBe(i);
  expect((await cache.collect()).removed).toBe(0);
}, 300_000);

test('a slice ends after a millisecond, and parts that are mostly expired come first', async () => {
  let now = 0;
  const virtual = createVirtualClock();
  const cache = new TenantCache<number>({ defaults: { ttlMs: 1000, quota: 100_000 }, clock: { ...virtual, now: () => now } });
  const partly = cache.tenant(a);
  const mostly = cache.tenant(b);
  for (let i = 0; i < 2000; i += 1) {
    partly.set(`k${i}`, i);
    mostly.set(`k${i}`, i);
  }
  now = 500;
  for (let i = 2000; i < 6000; i += 1) partly.set(`k${i}`, i);
  now = 1000;
  let atFirstYield: readonly number[] = [];
  const slow = new TenantCache<number>({ defaults: { ttlMs: 1, quota: 10_000 }, clock: { ...virtual, now: () => (now += 0.5) } });
  for (let i = 0; i < 1000; i += 1) slow.tenant(a).set(`k${i}`, i);
  now += 10;
  const report = await slow.collect();
  expect(report.removed).toBe(1000);
  expect(report.slices).toBeGreaterThan(25);
  now = 1000;
  const ordered = cache.collect();
  atFirstYield = [partly.size, mostly.size];
  expect(atFirstYield).toEqual([6000, 2000 - 256]);
  await ordered;
  expect([partly.size, mostly.size]).toEqual([4000, 0]);
});

test('run() begins a collection every 30 s until its signal, and not twice at once', async () => {
  const clock = createVirtualClock();
  const cache = new TenantCache<number>({ defaults: { ttlMs: 1000, quota: 100 }, clock });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  await expect(cache.run(stop.signal)).rejects.toThrow(MapOptionsError);
  cache.tenant(a).set('k', 1);
  await clock.advance(29_999);
  expect(cache.tenant(a).size).toBe(1);
  await clock.advance(1);
  expect(cache.tenant(a).size).toBe(0);
  stop.abort();
  await running;
  expect(clock.pending).toBe(0);
});

test('counters tell a bounded number of tenants apart and never go back, though empty tenants are forgotten', async () => {
  const clock = createVirtualClock();
  const cache = new TenantCache<number>({ defaults: { ttlMs: 1000, quota: 10 }, labels: 3, clock });
  for (let number = 0; number < 1000; number += 1) {
    const tenant = cache.tenant({ namespace: `n${number}` });
    for (let i = 0; i <= number % 5; i += 1) tenant.set(`k${i}`, i);
    tenant.get('k0');
    tenant.get('none');
  }
  const sum = (): { readonly hits: number; readonly misses: number; readonly entries: number } =>
    cache.counters().reduce(
      (all, { counters }) => ({
        hits: all.hits + counters.hits,
        misses: all.misses + counters.misses,
        entries: all.entries + counters.entries,
      }),
      {
        hits: 0,
        misses: 0,
        entries: 0,
      },
    );
  expect(cache.counters()).toHaveLength(4);
  expect(cache.counters().at(-1)?.tenant).toBeUndefined();
  expect(sum()).toEqual({ hits: 1000, misses: 1000, entries: 3000 });
  await clock.advance(1000);
  await cache.collect();
  expect(cache.counters()).toHaveLength(1);
  expect(sum()).toEqual({ hits: 1000, misses: 1000, entries: 0 });
});

test('wrong keys, values, weights and limits are refused by name', () => {
  const cache = new TenantCache<number>({ name: 'payloads', defaults: { quota: 10 }, weigh: (value) => value });
  const tenant = cache.tenant(a);
  for (const key of [undefined, null, 5, {}] as unknown as string[]) {
    for (const call of [() => tenant.get(key), () => tenant.set(key, 1), () => tenant.peek(key)]) expect(call).toThrow(KeyError);
    expect(() => cache.tenant({ namespace: key })).toThrow(KeyError);
  }
  expect(() => tenant.set('k', undefined as unknown as number)).toThrow(MapValueError);
  for (const weight of [Number.NaN, -1, Infinity]) expect(() => tenant.set('k', weight)).toThrow('"payloads" cannot be weighed');
  for (const bad of [0, -1, Number.NaN, '5' as unknown as number]) {
    expect(() => tenant.configure({ quota: bad })).toThrow(MapOptionsError);
    expect(() => tenant.configure({ ttlMs: bad })).toThrow(MapOptionsError);
    expect(() => new TenantCache({ defaults: { quota: bad } })).toThrow(MapOptionsError);
  }
  expect(() => new TenantCache({ defaults: {} as { quota: number } })).toThrow('"defaults.quota" of the cache "cache" is missing');
  expect(() => new TenantCache({ defaults: { quota: 1 }, shards: 15 })).toThrow('at least 16');
});

test('of tens of thousands of tenants a collection looks at some, and forgets some, in a turn of the event loop', async () => {
  let now = 0;
  let turns = 0;
  const virtual = createVirtualClock();
  const cache = new TenantCache<number>({
    defaults: { ttlMs: 10, quota: 10 },
    clock: { ...virtual, now: () => (now += 0.1), yield: () => Promise.resolve(void (turns += 1)) },
  });
  for (let i = 0; i < 2_000; i += 1) {
    cache.tenant({ namespace: `n${i}` }).set('k', i);
    cache.tenant({ namespace: `n${i}` }).delete('k');
  }
  const { slices } = await cache.collect();
  expect(slices).toBe(1);
  expect(turns).toBeGreaterThan(20);
  expect(cache.counters().length).toBe(1);
});

test('fractions of weight leave nothing behind when the last entry goes', () => {
  const cache = new TenantCache<number>({ defaults: { quota: 1 }, weigh: (value) => value });
  const tenant = cache.tenant({ namespace: 'n' });
  for (let i = 0; i < 100; i += 1) tenant.set(`k${i % 7}`, 0.1 + (i % 3) / 30);
  for (let i = 0; i < 7; i += 1) tenant.delete(`k${i}`);
  expect([tenant.size, tenant.weight]).toEqual([0, 0]);
});

test('whoever only asks makes no tenant, whatever names he thinks of, and his misses are counted', () => {
  const cache = new TenantCache<number>({ defaults: { quota: 10 } });
  for (let i = 0; i < 1_000; i += 1) {
    const tenant = cache.tenant({ namespace: `n${i}` });
    expect([tenant.get('k'), tenant.peek('k'), tenant.delete('k'), [...tenant.keys()], tenant.size, tenant.weight]).toEqual([
      undefined,
      undefined,
      false,
      [],
      0,
      0,
    ]);
  }
  expect(cache.counters()).toEqual([{ tenant: undefined, counters: expect.objectContaining({ misses: 1_000, entries: 0 }) as unknown }]);
});

test('a handle goes on when its tenant was forgotten since it was empty, and sees what another handle writes', async () => {
  const cache = new TenantCache<number>({ defaults: { quota: 10 } });
  const [one, two] = [cache.tenant(a), cache.tenant(a)];
  one.set('k', 1);
  expect(two.get('k')).toBe(1);
  two.delete('k');
  await cache.collect();
  expect(cache.counters()).toHaveLength(1);
  one.set('k', 2);
  expect([one.get('k'), two.get('k'), cache.tenant(a).size]).toEqual([2, 2, 1]);
});

test('a value that left the cache, or was replaced, is kept alive by nothing of it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const cache = new TenantCache<{ readonly at: number }>({ defaults: { quota: 10 } });
  const tenant = cache.tenant(a);
  const gone: WeakRef<object>[] = [];
  const put = (key: string, at: number): void => {
    const value = { at };
    gone.push(new WeakRef(value));
    tenant.set(key, value);
  };
  for (let at = 0; at < 50; at += 1) put('replaced', at);
  for (let at = 0; at < 50; at += 1) put(`evicted-${at}`, at);
  for (const key of [...tenant.keys()]) tenant.delete(key);
  put('stays', 0);
  await new Promise(setImmediate);
  collect();
  expect(gone.filter((value) => value.deref() !== undefined)).toHaveLength(1);
  expect(tenant.get('stays')).toEqual({ at: 0 });
});

test('an entry that is written again with more weight is fitted into the quota at once', () => {
  const tenant = new TenantCache<string>({ defaults: { quota: 100 }, weigh: (value) => value.length }).tenant(a);
  for (let i = 0; i < 10; i += 1) tenant.set(`k${i}`, 'x'.repeat(10));
  for (let i = 0; i < 10; i += 1) {
    tenant.set(`k${i}`, 'x'.repeat(40 + i));
    expect(tenant.weight).toBeLessThanOrEqual(100);
    expect(tenant.weight).toBe([...tenant.keys()].reduce((sum, key) => sum + (tenant.peek(key)?.length ?? 0), 0));
  }
});

test('a scan of keys that are asked for once evicts next to nothing that is asked for often', () => {
  const tenant = new TenantCache<number>({ defaults: { quota: 100 } }).tenant(a);
  for (let round = 0; round < 5; round += 1) for (let i = 0; i < 99; i += 1) if (tenant.get(`k${i}`) === undefined) tenant.set(`k${i}`, i);
  for (let i = 0; i < 400; i += 1) if (tenant.get(`scan-${i}`) === undefined) tenant.set(`scan-${i}`, i);
  expect(Array.from({ length: 99 }, (_, i) => tenant.peek(`k${i}`)).filter((value) => value === undefined).length).toBeLessThan(5);
});

test('a value that is nearly as heavy as the quota pushes out nothing that is asked for more often, and has its place where there is room', () => {
  const make = (): ReturnType<TenantCache<number>['tenant']> =>
    new TenantCache<number>({ defaults: { quota: 1_000 }, weigh: (value) => value }).tenant(a);
  const full = make();
  for (let round = 0; round < 5; round += 1) for (let i = 0; i < 900; i += 1) if (full.get(`k${i}`) === undefined) full.set(`k${i}`, 1);
  expect([full.set('huge', 950), full.size, full.weight]).toEqual([false, 900, 900]);
  const roomy = make();
  for (let i = 0; i < 40; i += 1) roomy.set(`k${i}`, 1);
  expect([roomy.set('huge', 950), roomy.size, roomy.weight]).toEqual([true, 41, 990]);
});

test('options and limits that nobody reads, and more parts than a tenant can have, are refused by name', () => {
  const cache = new TenantCache<number>({ name: 'payloads', defaults: { quota: 10 } });
  const bad =
    (given: object): (() => unknown) =>
    () =>
      new TenantCache(given as { defaults: { quota: number } });
  expect(bad({ defaults: { quota: 1 }, shard: 32 })).toThrow('no option "shard" of a TenantCache');
  expect(bad({ defaults: { quota: 1, ttl: 5 } })).toThrow('no option "ttl" of the limits');
  expect(bad({ defaults: { quota: 1 }, shards: 2 ** 31 })).toThrow('at most 4096');
  expect(() => cache.tenant(a).configure({ ttl: 5 } as object)).toThrow('no option "ttl" of the limits of the cache "payloads"');
  expect(() => cache.tenant({ ...a, Cluster: 'x' } as { namespace: string })).toThrow('no option "Cluster"');
  expect(() => cache.tenant('a' as unknown as { namespace: string })).toThrow(MapOptionsError);
});
