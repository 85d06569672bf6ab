import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLoader, formatEnvelope, versionKeys, type Loader, type LoaderOptions, type Wanted } from '../index.ts';
import { startRespServer, type RespCall, type RespServer } from '../testing/index.ts';

let server: RespServer;
let clock: VirtualClock;
const loaders: Loader[] = [];
const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
const filler = 'x'.repeat(1_000);

beforeEach(async () => {
  server = await startRespServer();
  clock = createVirtualClock();
});
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
  await server.close();
});

const wanted = (model: string, version = 'v-1'): Wanted => ({ id: model, version, owner: { namespace: 'n', app: 'a', model } });
const envelope = (model: string, version = 'v-1', text = filler): string =>
  formatEnvelope({ namespace: 'n', app: 'a', model, version, number: 1, payload: { version, text } });
const plain = (content: string): string => JSON.stringify({ content, filler });
const keyOf = (model: string): string => `a_${model}`;
const versionKeyOf = (model: string, version = 'v-1'): string => versionKeys(keyOf(model))?.of(version) ?? '';
const put = (key: string, text: string): void => server.database(0).set(Buffer.from(key), { type: 'string', value: Buffer.from(text) });

/** A loader with a budget of 10,000 bytes that read twenty values of more than 1,000. */
async function crowded(textOf: (model: string) => string, options: Partial<LoaderOptions> = {}): Promise<{ loader: Loader; gone: string }> {
  for (const name of names) put(keyOf(name), textOf(name));
  const loader = createLoader({ redis: server.url, clock, payloadBytes: 10_000, recheckMs: [], tracking: false, ...options });
  loaders.push(loader);
  for (const name of names) loader.want(wanted(name));
  await loader.settled();
  return { loader, gone: names.find((name) => loader.state(name)?.evicted === true) as string };
}

/** The keys of each command that the loader sends from now on. `before` is called with them before they are answered. */
function asked(before?: (keys: readonly string[], count: number) => void): string[][] {
  const commands: string[][] = [];
  server.intercept((call: RespCall) => {
    if (call.client === 'kubecast-loader' && (call.name === 'get' || call.name === 'mget')) {
      const keys = call.args.map(String);
      commands.push(keys);
      before?.(keys, commands.length);
    }
    return undefined;
  });
  return commands;
}

/** Lets what is due be read and answered. */
async function answered(loader: Loader): Promise<void> {
  do await clock.settle();
  while (loader.counters.pending > 0);
}

function changesOf(loader: Loader): string[] {
  const ids: string[] = [];
  loader.onChange((id) => ids.push(id));
  return ids;
}

test('an evicted payload whose plain key holds another version by now is read from the key of its version', async () => {
  const { loader, gone } = await crowded(envelope);
  put(keyOf(gone), envelope(gone, 'v-2'));
  put(versionKeyOf(gone), envelope(gone));
  const commands = asked();
  const changes = changesOf(loader);
  const loads = await Promise.all([loader.load(gone), loader.load(gone)]);
  for (const each of loads) expect(each).toMatchObject({ state: 'current', version: 'v-1', payload: { version: 'v-1' } });
  expect(commands).toEqual([[keyOf(gone)], [versionKeyOf(gone)]]);
  expect(loader.counters).toMatchObject({ reloads: 1, loaded: 20, otherVersions: 0, failing: 0, satisfied: 20 });
  expect(loader.counters.heldBytes).toBeLessThanOrEqual(10_000);
  expect(changes).toEqual([]);
});

test('where neither key holds the version of an evicted payload those who wait are told, and what is known stays', async () => {
  const { loader, gone } = await crowded(envelope);
  put(keyOf(gone), envelope(gone, 'v-2'));
  await expect(loader.load(gone)).rejects.toMatchObject({ failure: { code: 'OtherVersion', key: keyOf(gone) } });
  expect(loader.get(gone)).toEqual({ state: 'current', version: 'v-1', staleForMs: 0, evicted: true });
  put(versionKeyOf(gone), envelope(gone));
  expect(await loader.load(gone)).toMatchObject({ state: 'current', payload: { version: 'v-1' } });
});

test('each load of an evicted payload begins with the plain key, also after one that nobody waited for any more', async () => {
  const { loader, gone } = await crowded(envelope);
  put(keyOf(gone), envelope(gone, 'v-2'));
  const stop = new AbortController();
  const commands = asked((_keys, count) => count === 2 && stop.abort(new Error('enough')));
  await expect(loader.load(gone, { signal: stop.signal })).rejects.toThrow('enough');
  await answered(loader);
  expect(commands).toEqual([[keyOf(gone)], [versionKeyOf(gone)]]);
  // A publisher went back to the version that is announced.
  put(keyOf(gone), envelope(gone));
  commands.length = 0;
  expect(await loader.load(gone)).toMatchObject({ state: 'current', payload: { version: 'v-1' } });
  expect(commands).toEqual([[keyOf(gone)]]);
});

test('a rollback under a budget: the version before comes from its own key', async () => {
  const { loader, gone } = await crowded(envelope);
  put(versionKeyOf(gone), envelope(gone));
  put(keyOf(gone), envelope(gone, 'v-2'));
  loader.want(wanted(gone, 'v-2'));
  await loader.settled();
  expect(await loader.load(gone)).toMatchObject({ state: 'current', version: 'v-2', payload: { version: 'v-2' } });
  loader.want(wanted(gone));
  expect(await loader.load(gone)).toMatchObject({ state: 'current', version: 'v-1', payload: { version: 'v-1' } });
  expect(loader.counters).toMatchObject({ satisfied: 20, failing: 0 });
  expect(loader.counters.heldBytes).toBeLessThanOrEqual(10_000);
});

test('a look at an evicted value that cannot prove its version tells of a change only, and takes no part of the budget else', async () => {
  const { loader, gone } = await crowded(() => plain('one'));
  const { heldBytes, evicted, evictions } = loader.counters;
  const changes = changesOf(loader);
  loader.resync();
  await answered(loader);
  expect(loader.counters).toMatchObject({ rechecked: 20, loaded: 20, reloads: 0, heldBytes, evicted, evictions });
  expect(changes).toEqual([]);
  put(keyOf(gone), plain('two'));
  loader.resync();
  await answered(loader);
  expect(changes).toEqual([gone]);
  expect(loader.counters).toMatchObject({ rechecked: 40, satisfied: 20, failing: 0 });
  expect(loader.counters.heldBytes).toBeLessThanOrEqual(10_000);
  expect(await loader.load(gone)).toMatchObject({ state: 'unverified', payload: { content: 'two' } });
});

test('load() of an evicted value that cannot prove its version gives what stands there now, and tells of it if it is another', async () => {
  const { loader, gone } = await crowded(() => plain('one'));
  const changes = changesOf(loader);
  expect(await loader.load(gone)).toMatchObject({ state: 'unverified', payload: { content: 'one' } });
  expect([loader.counters.reloads, loader.counters.loaded, changes]).toEqual([1, 20, []]);
  const other = names.find((name) => loader.state(name)?.evicted === true) as string;
  put(keyOf(other), plain('two'));
  expect(await loader.load(other)).toMatchObject({ state: 'unverified', payload: { content: 'two' } });
  expect(changes).toEqual([other]);
  const third = names.find((name) => loader.state(name)?.evicted === true) as string;
  put(keyOf(third), envelope(third));
  expect(await loader.load(third)).toMatchObject({ state: 'current', version: 'v-1' });
  expect(changes).toEqual([other, third]);
  expect(loader.counters).toMatchObject({ satisfied: 20, failing: 0 });
});

test('a look and those who wait for the payload share one read', async () => {
  const { loader, gone } = await crowded(() => plain('one'), { batchSize: 1, versions: false });
  const commands = asked();
  loader.resync();
  const held = await loader.load(gone);
  await answered(loader);
  expect(held).toMatchObject({ state: 'unverified', payload: { content: 'one' } });
  expect(commands.filter(([key]) => key === keyOf(gone))).toHaveLength(1);
  expect(loader.counters).toMatchObject({ rechecked: 20, reloads: 1 });
});

test('a look that became due while the value was read for somebody who does not wait any more is not lost', async () => {
  const { loader, gone } = await crowded(() => plain('one'), { versions: false });
  const stop = new AbortController();
  asked((keys, count) => {
    if (count > 1 || keys[0] !== keyOf(gone)) return;
    put(keyOf(gone), plain('two'));
    loader.resync();
    stop.abort(new Error('enough'));
  });
  const changes = changesOf(loader);
  await expect(loader.load(gone, { signal: stop.signal })).rejects.toThrow('enough');
  put(keyOf(gone), plain('three'));
  await answered(loader);
  expect(changes.at(-1)).toBe(gone);
  expect(await loader.load(gone)).toMatchObject({ state: 'unverified', payload: { content: 'three' } });
});

test('what another owner wants under an id takes nothing of the budget for the one before', async () => {
  const { loader } = await crowded(envelope);
  for (const name of names) loader.want({ ...wanted(name), owner: { namespace: 'n', app: 'other', model: name } });
  expect(loader.counters).toMatchObject({ heldBytes: 0, evicted: 0, satisfied: 0 });
});

test('a value that is too large under the plain key keeps nobody from the version’s own key; where that is too large too it is said', async () => {
  put(keyOf('large'), envelope('large', 'v-2', 'x'.repeat(5_000)));
  put(versionKeyOf('large'), envelope('large'));
  put(keyOf('both'), envelope('both', 'v-2'));
  put(versionKeyOf('both'), envelope('both', 'v-1', 'x'.repeat(5_000)));
  const { loader } = await crowded(envelope, { maxValueBytes: 4_000, payloadBytes: 1_000_000 });
  for (const name of ['large', 'both']) loader.want(wanted(name));
  await loader.settled();
  expect(loader.get('large')).toMatchObject({ state: 'current', version: 'v-1', payload: { version: 'v-1' } });
  expect(loader.failures().get('both')).toMatchObject({
    code: 'TooLarge',
    message: expect.stringContaining(`${JSON.stringify(versionKeyOf('both'))} has`) as unknown,
  });
});

test('what the plain keys gave is held for few at once: the keys of their versions are asked before further plain ones', async () => {
  for (const name of names) put(versionKeyOf(name), envelope(name));
  const commands = asked();
  const { loader } = await crowded((name) => envelope(name, 'v-2'), { inFlight: 1, batchSize: 5, maxBytesInFlight: 1_000_000 });
  expect(loader.counters).toMatchObject({ satisfied: 20, failing: 0 });
  const expected = [0, 5, 10, 15].flatMap((from) => {
    const some = names.slice(from, from + 5);
    return [some.map((name) => keyOf(name)), some.map((name) => versionKeyOf(name))];
  });
  expect(commands).toEqual(expected);
});
