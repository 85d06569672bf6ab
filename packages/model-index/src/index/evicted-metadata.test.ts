import { createLoader, createValuePublisher, type Loader, type ValuePublisher } from '@kubecast/redis-loader';
import { startRedis } from '@kubecast/redis-loader/testing';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ModelIndexOptionsError } from '../errors.ts';
import { createModelIndex, type IndexClient } from './create-model-index.ts';
import { loaderPayloads } from './loader-payloads.ts';
import { MetadataNotLoadedError } from './metadata-not-loaded.ts';
import { ModelCore } from './model-core.ts';

let redis: Awaited<ReturnType<typeof startRedis>>;
let publisher: ValuePublisher;
const loaders: Loader[] = [];

beforeAll(async () => {
  redis = await startRedis();
  publisher = createValuePublisher({ redis: redis.url });
});
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
});
afterAll(async () => {
  await publisher.close();
  await redis[Symbol.asyncDispose]();
});

const names = Array.from({ length: 20 }, (_, i) => `m${i}`);

/** A core over a loader with a budget of 10,000 bytes, whose app has twenty models of more than 1,000, at one endpoint. */
async function crowded(server = redis, values = publisher): Promise<{ core: ModelCore; loader: Loader; gone: string[] }> {
  for (const model of names)
    await values.publish({ namespace: 'n', app: 'iiot', model, version: 'v', payload: { model, text: 'x'.repeat(1000) } });
  const loader = createLoader({ redis: server.url, payloadBytes: 10_000 });
  loaders.push(loader);
  const core = new ModelCore({ payloads: loaderPayloads(loader), freshness: () => ({ resourceVersion: '1', ageMs: 0 }) });
  loader.onChange((id) => core.payloadChanged(id));
  core.setAppModel(
    { namespace: 'n', name: 'iiot', uid: 'u', version: '1', created: 1 },
    { spec: { app: 'iiot', version: '1', models: names.map((name) => ({ name, version: 'v' })) } },
  );
  core.setService('n', 'iiot', [{ name: 'http', port: 80 }]);
  core.setSlice('n', 's', {
    service: 'iiot',
    ports: [{ name: 'http', port: 80 }],
    endpoints: [{ address: '10.0.0.1', ready: true, serving: true, terminating: false }],
  } as never);
  await loader.settled();
  return { core, loader, gone: names.filter((name) => core.resolve('n', name, { metadata: false })?.payload === 'evicted') };
}

test('of a model whose metadata was evicted resolve() gives routing, version and state, and load() the metadata', async () => {
  const { core, loader, gone } = await crowded();
  expect(gone.length).toBeGreaterThan(10);
  const [name] = gone as [string];
  const answer = core.resolve('n', name);
  expect(answer).toMatchObject({ model: name, app: 'iiot', version: 'v', state: 'current', metadata: null, payload: 'evicted' });
  const loaded = await Promise.all([core.load('n', name), core.load('n', name)]);
  for (const each of loaded) {
    expect(each).toMatchObject({ model: name, state: 'current', metadata: { model: name } });
    expect(each).not.toHaveProperty('payload');
    expect(each?.endpoints).toEqual(answer?.endpoints);
  }
  expect(loader.counters.reloads).toBe(1);
  expect(await core.load('n', 'nobody')).toBeUndefined();
});

test('what is evicted is counted as current, is no problem, and stands so in lists', async () => {
  const { core, gone } = await crowded();
  expect(core.states()).toMatchObject({ current: 20, missing: 0, stale: 0 });
  expect(core.problems().filter(({ code }) => code === 'MetadataMissing')).toEqual([]);
  expect(core.app('n', 'iiot')?.models.every(({ state }) => state === 'current')).toBe(true);
  for (const answer of core.models('n')) expect(answer.metadata !== null || answer.payload === 'evicted').toBe(true);
  expect(gone.length).toBeGreaterThan(0);
});

test('states, problems, apps and routing use no metadata: they keep nothing in memory and parse nothing', async () => {
  const { core, gone } = await crowded();
  const [wanted] = gone as [string];
  const held = (): string[] => names.filter((name) => core.resolve('n', name, { metadata: false })?.payload !== 'evicted');
  const before = held();
  const parse = vi.spyOn(JSON, 'parse');
  for (let round = 0; round < 50; round += 1) {
    core.states();
    core.problems();
    core.app('n', 'iiot');
    for (const name of names) expect(core.resolve('n', name, { metadata: false })?.metadata).toBe(null);
  }
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
  expect(held()).toEqual(before);
  // One that was asked for in earnest a few times takes the place of one of those.
  for (let times = 0; times < 12; times += 1) await core.load('n', wanted);
  expect(core.resolve('n', wanted)?.metadata).toMatchObject({ model: wanted });
});

test('metadata that was evicted is read again from the key of its version where the plain key holds a later one', async () => {
  await using own = await startRedis();
  await using values = createValuePublisher({ redis: own.url });
  const { core, gone } = await crowded(own, values);
  const [name] = gone as [string];
  await values.publish({ namespace: 'n', app: 'iiot', model: name, version: 'v-2', payload: { model: 'later' } });
  expect(await core.load('n', name)).toMatchObject({ version: 'v', state: 'current', metadata: { model: name } });
});

test('metadata that cannot be read again is an error that has the answer for routing', async () => {
  await using own = await startRedis();
  await using values = createValuePublisher({ redis: own.url, versions: false });
  const { core, gone } = await crowded(own, values);
  const [name, late] = gone as [string, string];
  await values.publish({ namespace: 'n', app: 'iiot', model: name, version: 'v-2', payload: { model: name } });
  const error: unknown = await core.load('n', name).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MetadataNotLoadedError);
  expect(error).toMatchObject({ code: 'MetadataNotLoaded', answer: { model: name, state: 'current', payload: 'evicted', metadata: null } });
  expect((error as Error).message).toMatch(/metadata of the model "m\d+" in "n" was evicted, and .*is of version "v-2", announced is "v"/);
  // Whose signal is aborted gets its reason.
  await expect(core.load('n', late, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  const waits = core.load('n', late);
  core.removeAppModel('n', 'iiot');
  expect(await waits).toBeUndefined();
});

test('a budget beside a loader that is given is refused by name', () => {
  const loader = createLoader({ redis: redis.url });
  loaders.push(loader);
  for (const option of ['payloadBytes', 'maxValueBytes'] as const) {
    const make = (): unknown => createModelIndex({ client: {} as IndexClient, loader, [option]: 1000 });
    expect(make).toThrow(ModelIndexOptionsError);
    expect(make).toThrow(option);
  }
});
