import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ClosedError,
  createLoader,
  formatEnvelope,
  type Loader,
  type LoaderOptions,
  type LoadFailure,
  type Owner,
  type Wanted,
} from '../index.ts';
import { sha256 } from '../values/sha256.ts';
import { startRespServer, type RespCall, type RespServer } from '../testing/index.ts';

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
const wanted = (model: string, version: string): Wanted => ({ id: model, version, owner: owner(model) });
const put = (model: string, version: string, payload: unknown = `${model}@${version}`): Promise<unknown> =>
  client.set(`a_${model}`, formatEnvelope({ ...owner(model), version, number: 1, payload }));

interface Made extends Loader {
  /** Resolves at the next change of the id. */
  changed(id: string): Promise<void>;
  /** Resolves at the next failure of the id that is new in kind. */
  failed(id: string): Promise<LoadFailure>;
}

function make(options: Partial<LoaderOptions> = {}): Made {
  const failures = new Map<string, (failure: LoadFailure) => void>();
  const loader = createLoader({ redis: server.url, clock, onFailure: (id, failure) => failures.get(id)?.(failure), ...options });
  loaders.push(loader);
  return Object.assign(loader, {
    changed: (id: string) =>
      new Promise<void>((resolve) => {
        const undo = loader.onChange((each) => {
          if (each !== id) return;
          undo[Symbol.dispose]();
          resolve();
        });
      }),
    failed: (id: string) => new Promise<LoadFailure>((resolve) => failures.set(id, resolve)),
  });
}

/** The commands for data that the loader's connection sent since. */
function count(): RespCall[] {
  const calls: RespCall[] = [];
  server.intercept((call) => {
    if (call.client === 'kubecast-loader' && (call.name === 'get' || call.name === 'mget')) calls.push(call);
    return undefined;
  });
  return calls;
}

test('what is announced is loaded and is current', async () => {
  await put('m', 'v-1', { title: 't' });
  const loader = make();
  expect(loader.get('m')).toBeUndefined();
  loader.want(wanted('m', 'v-1'));
  expect(loader.get('m')).toMatchObject({ state: 'missing' });
  await loader.settled();
  expect(loader.get('m')).toEqual({ state: 'current', version: 'v-1', payload: { title: 't' }, staleForMs: 0 });
  expect(loader.counters).toMatchObject({ wanted: 1, satisfied: 1, loaded: 1, commands: 1, keysRead: 1, failing: 0, pending: 0 });
});

test('an unchanged version and a resync cause no command; a changed one reads exactly its own key', async () => {
  await Promise.all([put('m', '1'), put('other', '1')]);
  const loader = make();
  loader.want(wanted('m', '1'));
  loader.want(wanted('other', '1'));
  await loader.settled();
  const calls = count();
  for (let i = 0; i < 3; i += 1) {
    loader.want(wanted('m', '1'));
    loader.want(wanted('other', '1'));
    loader.resync();
    await clock.advance(600_000);
  }
  expect(calls).toEqual([]);
  await put('m', '2');
  loader.want(wanted('m', '2'));
  await loader.settled();
  expect(calls.map(({ name, args }) => [name, ...args])).toEqual([['get', 'a_m']]);
  expect(loader.get('m')).toMatchObject({ state: 'current', version: '2' });
});

test('what is wanted in one turn is read in batches, each key once', async () => {
  const models = Array.from({ length: 299 }, (_, i) => `m${i}`);
  await Promise.all(models.map((model) => put(model, '1')));
  const calls = count();
  const loader = make({ batchSize: 100 });
  loader.want({ ...wanted('m0', '1'), id: 'm0 again' });
  for (const model of models) loader.want(wanted(model, '1'));
  await loader.settled();
  expect(calls.map(({ args }) => args.length)).toEqual([99, 100, 100]);
  expect(loader.counters).toMatchObject({ loaded: 300, commands: 3 });
});

test('no more batches are in flight than allowed', async () => {
  let arrived = 0;
  const three = Promise.withResolvers<void>();
  server.intercept(({ name }) => {
    if (name !== 'mget') return undefined;
    arrived += 1;
    if (arrived === 3) three.resolve();
    return 'hang';
  });
  const loader = make({ batchSize: 2, inFlight: 3 });
  for (let i = 0; i < 20; i += 1) loader.want(wanted(`m${i}`, '1'));
  await three.promise;
  await clock.settle();
  await client.ping();
  expect(arrived).toBe(3);
  expect(loader.counters.pending).toBe(20);
});

test('going back to the version that is held needs no command, also while the other one is being read', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  const calls = count();
  loader.want(wanted('m', '2'));
  expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1' });
  loader.want(wanted('m', '1'));
  expect(loader.get('m')).toMatchObject({ state: 'current', version: '1', staleForMs: 0 });
  await loader.settled();
  await clock.advance(60_000);
  expect(calls).toEqual([]);
});

test('a value of another version is not served as current; it is read again until the announced one is there', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  loader.want(wanted('m', '2'));
  expect(await loader.failed('m')).toMatchObject({ code: 'OtherVersion', key: 'a_m', attempts: 1 });
  await clock.advance(1_000);
  expect(loader.get('m')).toMatchObject({
    state: 'stale',
    version: '1',
    payload: 'm@1',
    staleForMs: 1_000,
    error: { code: 'OtherVersion' },
  });
  const changed = loader.changed('m');
  await put('m', '2');
  await clock.advance(60_000);
  await changed;
  expect(loader.get('m')).toEqual({ state: 'current', version: '2', payload: 'm@2', staleForMs: 0 });
  expect(loader.failures().size).toBe(0);
});

test('where nothing is held yet a value of another version is served, as stale, and taken as current once it is announced', async () => {
  await put('m', '3');
  const loader = make();
  loader.want(wanted('m', '2'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'stale', version: '3', error: { code: 'OtherVersion' } });
  const calls = count();
  loader.want(wanted('m', '3'));
  expect(loader.get('m')).toMatchObject({ state: 'current', version: '3' });
  expect(calls).toEqual([]);
});

test('an empty answer is never a deletion: the last good value stays, stale', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  await client.flushall();
  loader.want(wanted('m', '2'));
  expect((await loader.failed('m')).code).toBe('Missing');
  expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1', payload: 'm@1' });
});

test('a value without an envelope is served, unverified, and read anew for each announced version', async () => {
  await client.set('a_m', '{"plain":1}');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toEqual({ state: 'unverified', payload: { plain: 1 }, staleForMs: 0 });
  await client.set('a_m', '{"plain":2}');
  loader.want(wanted('m', '2'));
  await loader.settled();
  expect(loader.get('m')).toEqual({ state: 'unverified', payload: { plain: 2 }, staleForMs: 0 });
  expect(loader.counters.unverified).toBe(2);
});

test('an unverified value that was read before the version was announced is not trusted: it is read again', async () => {
  await client.set('a_m', '"old"');
  const loader = make();
  server.intercept(({ name }) => {
    // Between the question and the answer another version is announced, and written.
    if (name === 'get') {
      server.intercept(undefined);
      loader.want(wanted('m', '2'));
      void client.set('a_m', '"new"');
    }
    return undefined;
  });
  loader.want(wanted('m', '1'));
  await loader.changed('m');
  expect(loader.get('m')).toMatchObject({ state: 'unverified', payload: 'new' });
});

test('a value of another namespace, app or model is never served, but reported', async () => {
  await client.set('a_m', formatEnvelope({ namespace: 'elsewhere', app: 'a', model: 'm', version: '1', number: 1, payload: 'theirs' }));
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'missing', error: { code: 'Foreign' } });
  expect(loader.failures().get('m')?.message).toContain('belongs to model "m" of app "a" in namespace "elsewhere"');
  expect(loader.counters.foreign).toBe(1);
});

test('a malformed value is reported and costs its neighbours nothing', async () => {
  await Promise.all([client.set('a_bad', '{'), put('good', '1'), client.rpush('a_list', 'x')]);
  const loader = make();
  for (const model of ['bad', 'good', 'list']) loader.want(wanted(model, '1'));
  await loader.settled();
  expect(loader.get('good')).toMatchObject({ state: 'current' });
  expect(loader.get('bad')).toMatchObject({ state: 'missing', error: { code: 'Malformed' } });
  expect(loader.get('list')).toMatchObject({ state: 'missing', error: { code: 'Missing' } });
});

test('a value that is nested too deep is malformed and costs its neighbours nothing', async () => {
  await Promise.all([client.set('a_deep', '['.repeat(100_000) + ']'.repeat(100_000)), put('good', '1')]);
  const loader = make();
  for (const model of ['deep', 'good']) loader.want(wanted(model, '1'));
  await loader.settled();
  expect(loader.get('good')).toMatchObject({ state: 'current' });
  expect(loader.get('deep')).toMatchObject({ state: 'missing', error: { code: 'Malformed' } });
  expect(() => JSON.stringify([loader.get('deep'), loader.get('good')])).not.toThrow();
});

test('an envelope whose payload is no JSON although its digest is right is malformed when it is read, not current', async () => {
  const payload = '{"cut":';
  await client.set(
    'a_m',
    `{"namespace":"n","app":"a","model":"m","version":"1","number":1,"digest":"${sha256(payload)}","payload":${payload}}`,
  );
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'missing', error: { code: 'Malformed' } });
  expect(loader.counters).toMatchObject({ satisfied: 0, malformed: 1 });
});

test('names that make no key are reported without a command', async () => {
  const loader = make();
  const calls = count();
  loader.want(wanted('\ud800', '1'));
  await loader.settled();
  expect(loader.get('\ud800')).toMatchObject({ state: 'missing', error: { code: 'BadKey' } });
  expect(calls).toEqual([]);
});

test('hostile names are data', async () => {
  const names = ['__proto__', 'constructor', 'n'.repeat(253), 'größe/模型 😀', ''];
  await Promise.all(names.map((name) => put(name, '1')));
  const loader = make();
  for (const name of names) loader.want(wanted(name, '1'));
  await loader.settled();
  for (const name of names) expect(loader.get(name)).toMatchObject({ state: 'current', payload: `${name}@1` });
});

test('a failure is tried again with a growing delay, and at once by a resync', async () => {
  const loader = make({ retryBaseMs: 100, retryMaxMs: 1_000 });
  loader.want(wanted('m', '1'));
  await loader.settled();
  const calls = count();
  const at: number[] = [];
  while (at.length < 6) {
    const before = calls.length;
    await clock.advance(25);
    if (calls.length > before) at.push(clock.now());
  }
  const gaps = at.map((time, i) => time - (at[i - 1] ?? 0));
  for (const [i, gap] of gaps.entries()) {
    const bound = Math.min(1_000, 100 * 2 ** i);
    expect(gap).toBeGreaterThanOrEqual(bound / 2 - 25);
    expect(gap).toBeLessThanOrEqual(bound + 50);
  }
  await put('m', '1');
  const changed = loader.changed('m');
  loader.resync();
  await changed;
  expect(loader.get('m')).toMatchObject({ state: 'current' });
});

test('while Redis is away the last good value is served and settled waits; when it is back what failed is loaded at once', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  await put('m', '2');
  await server.stop();
  loader.want(wanted('m', '2'));
  let settled = false;
  const waiting = loader.settled().then(() => (settled = true));
  await clock.advance(5_000);
  expect(settled).toBe(false);
  expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1', staleForMs: 5_000, error: { code: 'Away' } });
  expect(loader.status).toMatchObject({ state: 'connecting' });
  await server.start();
  await waiting; // No virtual time passes: the connection is what wakes it.
  expect(loader.get('m')).toMatchObject({ state: 'current', version: '2' });
});

test('what failed for another reason is tried again at once, too, when Redis is back', async () => {
  const loader = make({ retryBaseMs: 1e9, retryMaxMs: 1e9 });
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ error: { code: 'Missing' } });
  await put('m', '1');
  const changed = loader.changed('m');
  await server.stop();
  await server.start();
  await changed;
  expect(loader.get('m')).toMatchObject({ state: 'current' });
});

test('a Redis that answers but cannot serve is asked again with a back-off, one batch at a time', async () => {
  await put('m', '1');
  let refusals = 0;
  server.intercept(({ name, client: who }) => {
    if (who !== 'kubecast-loader' || name !== 'get' || refusals >= 3) return undefined;
    refusals += 1;
    return { error: 'LOADING Redis is loading the dataset in memory' };
  });
  const loader = make();
  loader.want(wanted('m', '1'));
  expect(await loader.failed('m')).toMatchObject({ code: 'Away' });
  const settled = loader.settled();
  await clock.advance(60_000);
  await settled;
  expect(refusals).toBe(3);
  expect(loader.get('m')).toMatchObject({ state: 'current' });
});

test('one value that cuts the connection does not keep the others from being loaded', async () => {
  const models = Array.from({ length: 40 }, (_, i) => `m${i}`);
  await Promise.all(models.map((model) => put(model, '1')));
  let cuts = 0;
  server.intercept(({ name, args, client: who }) => {
    if (who !== 'kubecast-loader' || (name !== 'mget' && name !== 'get') || !args.includes('a_m17')) return undefined;
    cuts += 1;
    return 'cut';
  });
  let back = Promise.withResolvers<void>();
  const loader = make({ batchSize: 16, onStatus: ({ state }) => state === 'ready' && back.resolve() });
  for (const model of models) loader.want(wanted(model, '1'));
  await loader.settled();
  expect(loader.get('m17')).toMatchObject({ state: 'missing', error: { code: 'Unreadable' } });
  for (const model of models) if (model !== 'm17') expect(loader.get(model)).toMatchObject({ state: 'current' });
  expect(loader.counters).toMatchObject({ unreadable: 1, satisfied: 39 });
  // Redis being back does not send for it again: it would cut the connection for ever. Its own back-off does, and so does a resync.
  const before = cuts;
  if (loader.status.state !== 'ready') {
    back = Promise.withResolvers();
    await back.promise;
  }
  await clock.settle();
  await client.ping();
  expect(cuts).toBe(before);
  loader.resync();
  await clock.settle();
  await client.ping();
  expect(cuts).toBe(before + 1);
});

test('one key that the ACL refuses does not keep the others from being loaded', async () => {
  await Promise.all(['a', 'b', 'c'].map((model) => put(model, '1')));
  server.intercept(({ args, client: who, name }) =>
    who === 'kubecast-loader' && (name === 'mget' || name === 'get') && args.includes('a_b')
      ? { error: 'NOPERM this user has no permissions to access one of the keys used as arguments' }
      : undefined,
  );
  const loader = make();
  for (const model of ['a', 'b', 'c']) loader.want(wanted(model, '1'));
  await loader.settled();
  expect(loader.get('a')).toMatchObject({ state: 'current' });
  expect(loader.get('c')).toMatchObject({ state: 'current' });
  expect(loader.get('b')).toMatchObject({ state: 'missing', error: { code: 'Denied', message: expect.stringContaining('a_b') as string } });
});

test('a command that is never answered ends by its deadline, and the next goes over a new connection', async () => {
  await put('m', '1');
  let hangs = 0;
  server.intercept(({ name, client: who }) => (who === 'kubecast-loader' && name === 'get' && (hangs += 1) === 1 ? 'hang' : undefined));
  const loader = make({ commandTimeoutMs: 50 });
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'current' });
  expect(loader.counters).toMatchObject({ timeouts: 1, renewals: 1, connects: 2 });
});

test('a wrong password is a state with its reason, without the password', async () => {
  const guarded = await startRespServer({ password: 'secret-1' });
  try {
    const refused = Promise.withResolvers<string>();
    const loader = make({
      redis: `redis://:wrong-1@${guarded.host}:${guarded.port}`,
      onStatus: (status) => status.state === 'refused' && refused.resolve(status.reason),
    });
    loader.want(wanted('m', '1'));
    expect(await refused.promise).toMatch(/^WRONGPASS/);
    expect(loader.get('m')).toMatchObject({
      state: 'missing',
      error: { code: 'Away', message: expect.stringContaining('WRONGPASS') as string },
    });
    expect(JSON.stringify([loader.status, loader.get('m')])).not.toMatch(/wrong-1|secret-1/);
    const good = make({ redis: `redis://:secret-1@${guarded.host}:${guarded.port}` });
    good.want(wanted('m', '1'));
    await good.settled();
    expect(good.get('m')).toMatchObject({ error: { code: 'Missing' } });
  } finally {
    await guarded.close();
  }
});

test('forgetting drops what is held and touches nothing in Redis, also while it is being read', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  loader.forget('m');
  await loader.settled();
  expect(loader.get('m')).toBeUndefined();
  loader.want(wanted('m', '1'));
  const changed = loader.changed('m');
  await changed;
  loader.forget('m');
  expect(loader.counters).toMatchObject({ wanted: 0, satisfied: 0 });
  expect(await client.exists('a_m')).toBe(1);
});

test('another owner or another key under the same id is another value', async () => {
  await Promise.all([
    put('x', '1'),
    put('y', '1'),
    client.set('own key', formatEnvelope({ ...owner('y'), version: '1', number: 1, payload: 'of own key' })),
  ]);
  const loader = make();
  loader.want({ id: 'i', version: '1', owner: owner('x') });
  await loader.settled();
  loader.want({ id: 'i', version: '1', owner: owner('y') });
  expect(loader.get('i')).toMatchObject({ state: 'missing' });
  await loader.settled();
  expect(loader.get('i')).toMatchObject({ state: 'current', payload: 'y@1' });
  loader.want({ id: 'i', version: '1', owner: owner('y'), key: 'own key' });
  expect(loader.get('i')).toMatchObject({ state: 'stale', payload: 'y@1' });
  await loader.settled();
  expect(loader.get('i')).toMatchObject({ state: 'current', payload: 'of own key' });
});

test('a value that the first connection does not show is read from the primary', async () => {
  const primary = await startRespServer();
  const writer = new Redis(primary.port, primary.host, { commandTimeout: 5_000 });
  try {
    await put('m', '1'); // The replica is behind.
    await writer.set('a_m', formatEnvelope({ ...owner('m'), version: '2', number: 2, payload: 'new' }));
    const loader = make({ primary: primary.url });
    loader.want(wanted('m', '2'));
    await loader.settled();
    expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1' });
    const changed = loader.changed('m');
    for (let i = 0; i < 5; i += 1) await clock.advance(1_000);
    await changed;
    expect(loader.get('m')).toMatchObject({ state: 'current', version: '2', payload: 'new' });
    expect(loader.counters.primaryReads).toBe(1);
  } finally {
    writer.disconnect();
    await primary.close();
  }
});

test('a payload can be decoded to a type of the application, and what that throws makes the value malformed', async () => {
  await Promise.all([put('good', '1', { size: 3 }), put('bad', '1', {})]);
  const loader = createLoader<number>({
    redis: server.url,
    clock,
    decode: (payload) => {
      const { size } = payload as { size?: number };
      if (size === undefined) throw new Error('size is missing');
      return size;
    },
  });
  loaders.push(loader);
  loader.want(wanted('good', '1'));
  loader.want(wanted('bad', '1'));
  await loader.settled();
  expect(loader.get('good')?.payload).toBe(3);
  expect(loader.get('bad')).toMatchObject({
    state: 'missing',
    error: { code: 'Malformed', message: expect.stringContaining('size is missing') as string },
  });
});

test('a listener that throws costs only itself, and can be taken away', async () => {
  await put('m', '1');
  const loader = make();
  const seen: string[] = [];
  loader.onChange(() => {
    throw new Error('of this listener');
  });
  const undo = loader.onChange((id) => seen.push(id));
  loader.want(wanted('m', '1'));
  await loader.settled();
  undo[Symbol.dispose]();
  await put('m', '2');
  loader.want(wanted('m', '2'));
  await loader.settled();
  expect(seen).toEqual(['m']);
  expect(loader.counters.listenerErrors).toBe(2);
});

test('closing ends every wait at once, whatever Redis does; what is held can still be read', async () => {
  await put('m', '1');
  const loader = make();
  loader.want(wanted('m', '1'));
  await loader.settled();
  server.pause();
  loader.want(wanted('m', '2'));
  const waiting = loader.settled();
  await clock.settle();
  await loader.close();
  await expect(waiting).rejects.toBeInstanceOf(ClosedError);
  await expect(loader.settled()).rejects.toBeInstanceOf(ClosedError);
  loader.want(wanted('x', '1'));
  expect(loader.get('x')).toBeUndefined();
  expect(loader.get('m')).toMatchObject({ state: 'stale', version: '1' });
  expect(loader.status.state).toBe('closed');
  expect(clock.pending).toBe(0);
});

test('a wait for settled ends by its signal', async () => {
  await server.stop();
  const loader = make();
  loader.want(wanted('m', '1'));
  const controller = new AbortController();
  const waiting = loader.settled(controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('nothing connects before something is wanted', async () => {
  const loader = make();
  await clock.settle();
  expect(loader.status.state).toBe('idle');
  expect(server.connections.filter(({ name }) => name === 'kubecast-loader')).toEqual([]);
});

test('a client of the application is left as it is: the loader has a connection of its own with its settings', async () => {
  await client.select(2);
  const given = new Redis(server.port, server.host, { db: 2, lazyConnect: true });
  await client.set('a_m', formatEnvelope({ ...owner('m'), version: '1', number: 1, payload: 'of database 2' }));
  const loader = make({ redis: given });
  loader.want(wanted('m', '1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ payload: 'of database 2' });
  expect(given.status).toBe('wait');
});

test.each([
  ['not a url', /cannot be read/],
  ['http://h', /must be redis: or rediss:/],
  ['redis://:pa#ss@h', /cannot be read|percent-encoded/],
])('the URL %s is refused without being shown', (redis, reason) => {
  expect(() => createLoader({ redis })).toThrow(reason);
  try {
    createLoader({ redis });
  } catch (error) {
    expect(String(error)).not.toContain('pa#ss');
  }
});

test.each<[string, Partial<LoaderOptions>]>([
  ['inFlight is NaN', { inFlight: Number.NaN }],
  ['batchSize is 0', { batchSize: 0 }],
  ['commandTimeoutMs is NaN', { commandTimeoutMs: Number.NaN }],
  ['retryMaxMs is 0', { retryMaxMs: 0 }],
  ['form is "JSON"', { form: 'JSON' as 'json' }],
  ['the key encoding is "Injective"', { keyEncoding: 'Injective' as 'injective' }],
  ['the key template is a number', { keyTemplate: 5 as unknown as string }],
  ['redis.cluster.nodes must be a list', { redis: { cluster: { nodes: [] } } }],
  ['redis.port must be a whole number', { redis: { port: 70_000 } }],
  ['the database of the Redis URL must be a number', { redis: 'redis://127.0.0.1:6379/abc' }],
])('options that cannot work are refused by name: %s', (message, options) => {
  expect(() => createLoader({ redis: server.url, ...options })).toThrow(message);
});

test('a want without names or version is refused by name; one that its owner changes and wants again is another want', async () => {
  const loader = make();
  expect(() => loader.want({ id: 'm', version: 1 as unknown as string, owner: owner('m') })).toThrow(
    /the version of what is wanted under the id "m" is 1/,
  );
  expect(() => loader.want({ id: 'm', version: 'v-1' } as Wanted)).toThrow(/the namespace of what is wanted under the id "m" is undefined/);
  await put('m', 'v-1');
  const mine = { id: 'm', version: 'v-1', owner: { namespace: 'n', app: 'a', model: 'm' } };
  loader.want(mine);
  await loader.settled();
  await put('m', 'v-2');
  mine.version = 'v-2';
  loader.want(mine);
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'current', version: 'v-2' });
});

test('what listeners and onStatus throw, after an await too, costs only themselves; a listener that adds itself is told once a change', async () => {
  await put('m', 'v-1');
  const loader = make({
    onStatus: () => {
      throw new Error('status');
    },
  });
  let calls = 0;
  const again = (): void => {
    calls += 1;
    loader.onChange(again);
  };
  loader.onChange(again);
  loader.onChange((async () => {
    await Promise.resolve();
    throw new Error('later');
  }) as () => void);
  loader.want(wanted('m', 'v-1'));
  await loader.settled();
  await new Promise(setImmediate);
  expect(calls).toBe(1);
  await loader.close();
  expect(loader.counters.listenerErrors).toBe(1 + 3); // later; connecting, ready, closed.
});

test('a decoder that wants another version, or forgets the id, makes nothing current that is not announced', async () => {
  await put('m', 'v-1');
  await put('gone', 'v-1');
  let asked = false;
  const loader: Made = make({
    decode: (payload, { id }) => {
      if (id === 'gone') loader.forget('gone');
      else if (!asked) loader.want(wanted('m', 'v-2'));
      asked = true;
      return payload;
    },
  });
  loader.want(wanted('m', 'v-1'));
  loader.want(wanted('gone', 'v-1'));
  await loader.settled();
  const failed = loader.failed('m');
  if (loader.get('m')?.error === undefined) await failed;
  expect(loader.get('m')?.state).not.toBe('current');
  expect(loader.counters).toMatchObject({ wanted: 1, satisfied: 0 });
});

test('a decoder that is async makes the value malformed: it would be served as a promise', async () => {
  await put('m', 'v-1');
  const loader = make({ decode: () => Promise.reject(new Error('later')) });
  loader.want(wanted('m', 'v-1'));
  await loader.settled();
  expect(loader.get('m')).toMatchObject({ state: 'missing', error: { code: 'Malformed' } });
});
