import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ClosedError,
  createLoader,
  formatEnvelope,
  InputError,
  NotLoadedError,
  type Loader,
  type LoaderOptions,
  type Owner,
  type Wanted,
} from '../index.ts';
import { LazyPayload } from '../values/lazy-payload.ts';
import { startRedis, startRespServer, type RespCall, type RespServer } from '../testing/index.ts';

let server: RespServer;
let client: Redis;
let clock: VirtualClock;
const loaders: Loader[] = [];

beforeEach(async () => {
  server = await startRespServer();
  client = new Redis(server.port, server.host, { commandTimeout: 5_000, retryStrategy: () => 10 });
  client.on('error', () => {}); // Stopped on purpose in some tests.
  clock = createVirtualClock();
});
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
  client.disconnect();
  await server.close();
});

const owner = (model: string): Owner => ({ namespace: 'n', app: 'a', model });
const wanted = (model: string, version = 'v-1'): Wanted => ({ id: model, version, owner: owner(model) });
const text = (model: string, characters: number, version = 'v-1'): string =>
  formatEnvelope({ ...owner(model), version, number: 1, payload: { model, version, text: 'x'.repeat(characters) } });
const put = (model: string, version = 'v-1', characters = 1000): Promise<unknown> =>
  client.set(`a_${model}`, text(model, characters, version));

function make(options: Partial<LoaderOptions> = {}): Loader {
  const loader = createLoader({ redis: server.url, clock, payloadBytes: 10_000, ...options });
  loaders.push(loader);
  return loader;
}

/** The keys that the loader asks for from now on. */
function asked(): string[] {
  const keys: string[] = [];
  server.intercept((call: RespCall) => {
    if (call.client === 'kubecast-loader' && (call.name === 'get' || call.name === 'mget')) keys.push(...call.args.map(String));
    return undefined;
  });
  return keys;
}

/** A loader with a budget of 10,000 bytes and twenty values of more than 1,000. */
async function crowded(options: Partial<LoaderOptions> = {}): Promise<{ loader: Loader; gone: string[]; here: string[] }> {
  const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const name of names) await put(name);
  const loader = make(options);
  for (const name of names) loader.want(wanted(name));
  await loader.settled();
  const gone = names.filter((name) => loader.state(name)?.evicted === true);
  return { loader, gone, here: names.filter((name) => !gone.includes(name)) };
}

test('payloads stay within the budget, and one that left is current, without its payload and never missing', async () => {
  const { loader, gone, here } = await crowded();
  expect(loader.counters.heldBytes).toBeLessThanOrEqual(10_000);
  expect(loader.counters.heldBytes).toBeGreaterThan(5_000);
  expect([here.length, gone.length, loader.counters.evicted, loader.counters.satisfied]).toEqual([
    here.length,
    20 - here.length,
    gone.length,
    20,
  ]);
  expect(gone.length).toBeGreaterThan(10);
  expect(loader.counters.evictions).toBeGreaterThanOrEqual(gone.length);
  for (const name of gone) {
    expect(loader.get(name)).toEqual({ state: 'current', version: 'v-1', staleForMs: 0, evicted: true });
    expect(loader.state(name)).toEqual({ state: 'current', version: 'v-1', staleForMs: 0, evicted: true });
  }
  for (const name of here) {
    expect(loader.get(name)?.payload).toMatchObject({ model: name });
    expect(loader.state(name)).toEqual({ state: 'current', version: 'v-1', staleForMs: 0 });
  }
  expect(loader.failures().size).toBe(0);
  // What is forgotten is not in memory any more, and takes no part of the budget.
  const before = loader.counters.heldBytes;
  loader.forget(here[0] as string);
  expect(loader.counters.heldBytes).toBeLessThan(before - 1_000);
  for (const name of [...here, ...gone]) loader.forget(name);
  expect(loader.counters).toMatchObject({ heldBytes: 0, evicted: 0, wanted: 0, satisfied: 0 });
});

test('load() reads what was evicted once for all who wait, and gives its payload whether that stays in memory or not', async () => {
  const { loader, gone, here } = await crowded();
  const keys = asked();
  const name = gone[0] as string;
  const loads = await Promise.all(Array.from({ length: 50 }, () => loader.load(name)));
  for (const each of loads) expect(each).toMatchObject({ state: 'current', version: 'v-1', payload: { model: name }, staleForMs: 0 });
  for (const each of loads) expect(each).not.toHaveProperty('evicted');
  expect(keys).toEqual([`a_${name}`]);
  expect(loader.counters).toMatchObject({ reloads: 1, loaded: 20 });
  expect(loader.counters.heldBytes).toBeLessThanOrEqual(10_000);
  // What is there needs no command.
  const held = here.find((each) => loader.state(each)?.evicted !== true) as string;
  expect(await loader.load(held)).toMatchObject({ state: 'current', payload: { model: held } });
  expect(await loader.load('unknown')).toBeUndefined();
  expect(keys).toHaveLength(1);
});

test('who asks while the payload is being read waits for the same read', async () => {
  const { loader, gone } = await crowded();
  const [name] = gone as [string];
  const keys: string[] = [];
  let second: Promise<unknown> | undefined;
  server.intercept((call: RespCall) => {
    if (call.client === 'kubecast-loader' && (call.name === 'get' || call.name === 'mget')) {
      keys.push(...call.args.map(String));
      second ??= loader.load(name);
    }
    return undefined;
  });
  const first = await loader.load(name);
  expect(await second).toEqual(first);
  await loader.settled();
  expect(keys).toEqual([`a_${name}`]);
});

test('what is asked for often comes to stay', async () => {
  const { loader, gone } = await crowded();
  const [name] = gone as [string];
  for (let times = 0; times < 12; times += 1) await loader.load(name);
  expect(loader.get(name)?.payload).toMatchObject({ model: name });
  // Others that are asked for once do not take its place.
  for (const other of gone.slice(1)) await loader.load(other);
  expect(loader.get(name)?.payload).toMatchObject({ model: name });
});

test('a payload that cannot be read again fails for those who wait, in words, and what is known stays', async () => {
  const { loader, gone } = await crowded();
  const [lost, newer, large, foreign] = gone as [string, string, string, string];
  await client.del(`a_${lost}`);
  await put(newer, 'v-2');
  await client.set(`a_${foreign}`, text('other', 10));
  await client.set(`a_${large}`, 'no JSON');
  for (const [name, code] of [
    [lost, 'Missing'],
    [newer, 'OtherVersion'],
    [foreign, 'Foreign'],
  ] as const) {
    const error: unknown = await loader.load(name).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotLoadedError);
    expect(error).toMatchObject({ code: 'NotLoaded', failure: { code, key: `a_${name}` } });
    expect(loader.get(name)).toEqual({ state: 'current', version: 'v-1', staleForMs: 0, evicted: true });
  }
  expect(loader.counters).toMatchObject({ failing: 0, satisfied: 20 });
  // Back again, it is read again.
  await put(lost);
  expect((await loader.load(lost))?.payload).toMatchObject({ model: lost });
});

test('while Redis is away load() says so at once, or after 2 s without a connection; what is in memory is given all the same', async () => {
  const { loader, gone, here } = await crowded();
  await server.stop();
  const error: unknown = await loader.load(gone[0] as string).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'NotLoaded', failure: { code: 'Away' } });
  expect((await loader.load(here.at(-1) as string))?.payload).toMatchObject({ model: here.at(-1) });
  const silent = make({ redis: { host: '192.0.2.1', port: 1 } });
  silent.want(wanted('m'));
  const waits = silent.load('m').catch((thrown: unknown) => thrown);
  await clock.advance(2_000);
  expect(await waits).toMatchObject({ failure: { code: 'Away' } });
});

test('a load ends with what becomes of its id: another version, forgotten, closed, its signal', async () => {
  const { loader, gone } = await crowded();
  const [a, b, c, d] = gone as [string, string, string, string];
  await put(a, 'v-2');
  const stop = new AbortController();
  const loads = [
    loader.load(a),
    loader.load(b),
    loader.load(c, { signal: stop.signal }).catch((error: unknown) => error),
    loader.load(c, { signal: AbortSignal.abort(new Error('before')) }).catch((error: unknown) => error),
  ];
  loader.want(wanted(a, 'v-2'));
  loader.forget(b);
  stop.abort(new Error('enough'));
  const [first, second, third, fourth] = await Promise.all(loads);
  expect(first).toMatchObject({ state: 'current', version: 'v-2', payload: { version: 'v-2' } });
  expect(second).toBeUndefined();
  expect([String(third), String(fourth)]).toEqual(['Error: enough', 'Error: before']);
  const last = loader.load(d).catch((error: unknown) => error);
  await loader.close();
  expect(await last).toBeInstanceOf(ClosedError);
  await expect(loader.load(d)).rejects.toThrow(ClosedError);
});

test('a version that comes back is the one that is held, and is read again where its payload left', async () => {
  const { loader, gone } = await crowded();
  const [name] = gone as [string];
  loader.want(wanted(name, 'v-2'));
  const waits = loader.load(name);
  loader.want(wanted(name, 'v-1'));
  expect(await waits).toMatchObject({ state: 'current', version: 'v-1', payload: { version: 'v-1' } });
});

test('a stale value whose payload left is stale, not missing', async () => {
  const { loader, gone } = await crowded();
  const [name] = gone as [string];
  loader.want(wanted(name, 'v-2'));
  await loader.settled();
  expect(loader.get(name)).toMatchObject({ state: 'stale', version: 'v-1', evicted: true, error: { code: 'OtherVersion' } });
  await put(name, 'v-2');
  expect(await loader.load(name)).toMatchObject({ state: 'current', version: 'v-2', payload: { version: 'v-2' } });
});

test('a value that is too large is not held, and says so', async () => {
  await put('small', 'v-1', 100);
  await put('large', 'v-1', 5_000);
  const loader = make({ maxValueBytes: 4_000 });
  for (const name of ['small', 'large']) loader.want(wanted(name));
  await loader.settled();
  expect(loader.get('small')).toMatchObject({ state: 'current' });
  expect(loader.get('large')).toMatchObject({
    state: 'missing',
    error: { code: 'TooLarge', message: expect.stringContaining('more than 4000') as unknown },
  });
  expect(loader.counters.tooLarge).toBe(1);
  await expect(loader.load('large')).rejects.toMatchObject({ failure: { code: 'TooLarge' } });
  // One that is larger than the whole budget is current, and read for each who asks.
  await put('huge', 'v-1', 20_000);
  const other = make();
  other.want(wanted('huge'));
  await other.settled();
  expect(other.get('huge')).toMatchObject({ state: 'current', evicted: true });
  expect((await other.load('huge'))?.payload).toMatchObject({ model: 'huge' });
  expect(other.counters.heldBytes).toBe(0);
});

test('without a budget nothing is evicted, and what is held is counted', async () => {
  for (const name of ['a', 'b']) await put(name);
  const loader = createLoader({ redis: server.url, clock });
  loaders.push(loader);
  for (const name of ['a', 'b']) loader.want(wanted(name));
  await loader.settled();
  const bytes = Buffer.byteLength(text('a', 1000));
  expect(loader.counters).toMatchObject({ heldBytes: 2 * bytes, evicted: 0, evictions: 0 });
  expect(loader.get('a')?.payload).toBe(loader.get('a')?.payload);
  loader.forget('a');
  expect(loader.counters.heldBytes).toBe(bytes);
  await put('b', 'v-2', 10);
  loader.want(wanted('b', 'v-2'));
  await loader.settled();
  expect(loader.counters.heldBytes).toBe(Buffer.byteLength(text('b', 10, 'v-2')));
});

test('with a budget values of the user’s own form are held as their text, and each get parses it', async () => {
  await client.set('a_m', JSON.stringify({ title: 'é'.repeat(10) }));
  const loader = make({ form: 'json' });
  loader.want(wanted('m'));
  await loader.settled();
  const [first, second] = [loader.get('m')?.payload, loader.get('m')?.payload];
  expect(first).toEqual({ title: 'é'.repeat(10) });
  expect(second).toEqual(first);
  expect(second).not.toBe(first);
});

test('what a payload costs is reckoned by what it is', () => {
  expect(LazyPayload.parse('"abc"').weight(5)).toBe(5);
  expect(LazyPayload.parse(`"${'é'.repeat(100)}"`).weight(202)).toBe(202);
  expect(LazyPayload.parse(`"${'x'.repeat(1000)}设"`).weight(1005)).toBe(2 * 1003);
  expect(LazyPayload.of(new Uint8Array(100)).weight(100)).toBe(100);
  expect(LazyPayload.of({ parsed: true }).weight(100)).toBe(400);
});

test('a budget or a largest value that cannot be is refused by name', () => {
  for (const option of ['payloadBytes', 'maxValueBytes'])
    for (const value of [0, -1, Number.NaN, '64Mi']) {
      const make_ = (): unknown => createLoader({ redis: server.url, [option]: value as number });
      expect(make_).toThrow(InputError);
      expect(make_).toThrow(option);
    }
});

test('10,000 payloads of 50 KB under a budget of 64 MiB: the budget holds, and each is read again when it is asked for', async () => {
  const budget = 64 << 20;
  const redis = await startRedis();
  const writer = new Redis(redis.url);
  const names = Array.from({ length: 10_000 }, (_, i) => `m${i}`);
  try {
    for (let from = 0; from < names.length; from += 100) {
      const pipeline = writer.pipeline();
      for (const name of names.slice(from, from + 100)) pipeline.set(`a_${name}`, text(name, 50_000));
      await pipeline.exec();
    }
    const loader = createLoader({ redis: redis.url, payloadBytes: budget });
    loaders.push(loader);
    let most = 0;
    loader.onChange(() => {
      most = Math.max(most, loader.counters.heldBytes);
    });
    for (const name of names) loader.want(wanted(name));
    await loader.settled();
    expect(loader.counters).toMatchObject({ satisfied: 10_000, failing: 0 });
    expect(most).toBeLessThanOrEqual(budget);
    expect(loader.counters.heldBytes).toBeGreaterThan(budget / 2);
    const states = names.map((name) => loader.state(name));
    expect(states.every((held) => held?.state === 'current')).toBe(true);
    const gone = names.filter((_, i) => states[i]?.evicted === true);
    expect(gone.length).toBeGreaterThan(8_000);
    const took: number[] = [];
    for (let i = 0; i < 1_000; i += 1) {
      const name = gone[(i * 7919) % gone.length] as string;
      if (loader.state(name)?.evicted !== true) continue;
      const start = performance.now();
      const held = await loader.load(name);
      took.push(performance.now() - start);
      expect(held?.payload).toMatchObject({ model: name });
      most = Math.max(most, loader.counters.heldBytes);
    }
    expect(most).toBeLessThanOrEqual(budget);
    took.sort((x, y) => x - y);
    const at = (part: number): string => (took[Math.floor(took.length * part)] as number).toFixed(2);
    console.log(
      `held ${(loader.counters.heldBytes / 2 ** 20).toFixed(1)} of 64 MiB (at most ${(most / 2 ** 20).toFixed(1)}), ${gone.length} evicted; ${took.length} read again: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; RSS ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
    );
  } finally {
    writer.disconnect();
    await redis[Symbol.asyncDispose]();
  }
});
