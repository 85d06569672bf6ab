import type { AppModel, AppModelApply } from '@kubecast/crd';
import { createValuePublisher, type ValuePublisher } from '@kubecast/redis-loader';
import { startRespServer, type RespServer } from '@kubecast/redis-loader/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPublisher } from './create-publisher.ts';
import type { AppModelApi, ApplyOptions, Publisher, PublisherOptions } from './publisher.ts';
import { PublishRefusedError } from './publish-errors.ts';

let redis: RespServer;
let values: ValuePublisher;
let cluster: Cluster;

/** The cluster's side, as a list of what was asked of it. */
class Cluster implements AppModelApi {
  readonly objects = new Map<string, AppModel>();
  readonly applied: { object: AppModelApply; options: ApplyOptions }[] = [];
  /** What Redis held at each apply. */
  readonly heldAtApply: number[] = [];
  refuse: Error | undefined;

  get(namespace: string, name: string): Promise<AppModel | undefined> {
    return Promise.resolve(this.objects.get(`${namespace}/${name}`));
  }

  async apply(object: AppModelApply, options: ApplyOptions): ReturnType<AppModelApi['apply']> {
    if (this.refuse !== undefined) throw this.refuse;
    const { namespace = '', name } = object.metadata;
    const stored = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion: '7' } } as AppModel;
    if (!options.dryRun) {
      this.applied.push({ object, options });
      const held = await Promise.all((object.spec?.models ?? []).map((model) => values.inspect(`${object.spec?.app}_${model.name}`)));
      this.heldAtApply.push(held.filter(({ kind }) => kind === 'envelope').length);
      this.objects.set(`${namespace}/${name}`, stored);
    }
    return { object: stored, receipt: { key: { cluster: '', namespace, name }, uid: 'u', version: '7', gone: false } };
  }
}

beforeEach(async () => {
  redis = await startRespServer();
  values = createValuePublisher({ redis: redis.url });
  cluster = new Cluster();
});
afterEach(async () => {
  await values.close();
  await redis.close();
});

/** Somebody's bare SET, as platforms did before there was a publisher. */
const byHand = (key: string, text: string): void => redis.database(0).set(Buffer.from(key), { type: 'string', value: Buffer.from(text) });

const publisher = (options: Partial<PublisherOptions> = {}): Publisher =>
  createPublisher({ appModels: cluster, values, namespace: 'meta-test', ...options });

function announced(
  app: string,
  models: Readonly<Record<string, string>>,
  metadata: AppModel['metadata'] = { name: app.toLowerCase() },
): AppModel {
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata,
    spec: { app, version: '1', models: Object.entries(models).map(([name, version]) => ({ name, version })) },
  };
}

const refusal = async (publishing: Promise<unknown>): Promise<PublishRefusedError> => {
  const error: unknown = await publishing.then(
    () => new Error('it was published'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PublishRefusedError)) throw error;
  return error;
};

test('all metadata is in Redis before the AppModel is applied, by the platform’s field manager, forced, with the label', async () => {
  const receipt = await publisher().publishAppModel(announced('IIoT', { a: '1', b: '2' }), { a: { title: 'A' }, b: { title: 'B' } });
  expect(cluster.heldAtApply).toEqual([2]);
  expect(cluster.applied[0]).toMatchObject({
    object: { metadata: { name: 'iiot', namespace: 'meta-test', labels: { iidp: 'iidp' } } },
    options: { fieldManager: 'appmodels-manager', force: true },
  });
  expect(receipt).toMatchObject({
    appModel: { version: '7', gone: false },
    values: [
      { model: 'a', key: 'IIoT_a', outcome: 'written', number: 1 },
      { model: 'b', outcome: 'written' },
    ],
  });
  expect((await values.inspect('IIoT_b')).envelope).toMatchObject({
    namespace: 'meta-test',
    app: 'IIoT',
    model: 'b',
    version: '2',
    payload: { title: 'B' },
  });
});

test('what the server set on an object that was read is not applied', async () => {
  const read = announced(
    'iiot',
    { a: '1' },
    {
      name: 'iiot',
      uid: 'x',
      resourceVersion: '3',
      generation: 2,
      managedFields: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { mine: 'yes' },
    },
  );
  await publisher().publishAppModel(read, { a: 1 });
  expect(cluster.applied[0]?.object.metadata).toEqual({ name: 'iiot', namespace: 'meta-test', labels: { mine: 'yes', iidp: 'iidp' } });
});

test('publishing again writes only what changed', async () => {
  await publisher().publishAppModel(announced('iiot', { a: '1', b: '1' }), { a: 'one', b: 'one' });
  const receipt = await publisher().publishAppModel(announced('iiot', { a: '2', b: '1' }), { a: 'two', b: 'one' });
  expect(receipt.values.map(({ outcome, number }) => [outcome, number])).toEqual([
    ['written', 2],
    ['unchanged', 1],
  ]);
});

test('an older version that is published again gets a larger number', async () => {
  for (const version of ['3', '2']) await publisher().publishAppModel(announced('iiot', { a: version }), { a: `content of ${version}` });
  expect((await values.inspect('iiot_a')).envelope).toMatchObject({ version: '2', number: 2 });
});

test('an object that does not fit is refused with each bad path, before anybody is asked', async () => {
  cluster.get = () => Promise.reject(new Error('the cluster was asked'));
  const bad = {
    kind: 'AppModel',
    apiVersion: 'iidp.com/v1',
    metadata: { name: 'base' },
    spec: { type: 'model', models: ['x', 'y'] },
  } as unknown as AppModel;
  await expect(publisher().publishAppModel(bad, {}, { name: 'base' })).rejects.toMatchObject({
    name: 'ValidationError',
    errors: [{ field: 'spec.type' }, { field: 'spec.models[0]' }, { field: 'spec.models[1]' }],
  });
});

test('a name that is not the lower-cased app needs to be said', async () => {
  const named = announced('iiot', { a: '1' }, { name: 'other' });
  expect(await refusal(publisher().publishAppModel(named, { a: 1 }))).toMatchObject({ refusal: 'NameNeeded' });
  expect((await values.inspect('iiot_a')).kind).toBe('absent');
  await publisher().publishAppModel(named, { a: 1 }, { name: 'other' });
  expect([...cluster.objects.keys()]).toEqual(['meta-test/other']);
});

test('without a name the lower-cased app is it', async () => {
  await publisher().publishAppModel(announced('newSdkApp', { a: '1' }, {}), { a: 1 });
  expect([...cluster.objects.keys()]).toEqual(['meta-test/newsdkapp']);
});

test('a name that another app holds and an object that is being deleted are refused, and nothing is written', async () => {
  cluster.objects.set('meta-test/iiot', announced('other', { a: '1' }));
  const taken = await refusal(publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 1 }));
  expect(taken).toMatchObject({
    refusal: 'NameTaken',
    message: 'AppModel meta-test/iiot holds the app "other"; the app "iiot" needs another name',
  });
  cluster.objects.set(
    'meta-test/iiot',
    announced('iiot', { a: '1' }, { name: 'iiot', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['iidp.com/redis-values'] }),
  );
  expect(await refusal(publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 1 }))).toMatchObject({ refusal: 'Terminating' });
  expect((await values.inspect('iiot_a')).kind).toBe('absent');
});

test('if one value may not be written none is, and every refusal is named', async () => {
  await values.publish({ namespace: 'meta-test', app: 'iiot', model: 'same', version: '1', payload: 'before' });
  await values.publish({ namespace: 'elsewhere', app: 'iiot', model: 'foreign', version: '1', payload: 'theirs' });
  byHand('iiot_plain', '{"by":"hand"}');
  const error = await refusal(
    publisher().publishAppModel(announced('iiot', { fresh: '1', same: '1', foreign: '1', plain: '1', none: '1' }), {
      fresh: 1,
      same: 'after',
      foreign: 1,
      plain: 1,
    }),
  );
  expect(error.refusal).toBe('ValuesRefused');
  expect(error.values.map(({ model, reason }) => [model, reason])).toEqual([
    ['same', 'same-version-other-content'],
    ['foreign', 'foreign'],
    ['plain', 'unverified'],
    ['none', 'missing'],
  ]);
  for (const { message } of error.values) expect(error.message).toContain(message);
  expect((await values.inspect('iiot_fresh')).kind).toBe('absent');
  expect(cluster.applied).toEqual([]);
});

test('a value that no publisher wrote is replaced when it is adopted', async () => {
  byHand('iiot_plain', '{"by":"hand"}');
  await publisher().publishAppModel(announced('iiot', { plain: '1' }), { plain: { by: 'us' } }, { adopt: true });
  expect((await values.inspect('iiot_plain')).envelope?.payload).toEqual({ by: 'us' });
});

test('a model without metadata keeps the value of the announced version', async () => {
  await publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 'one' });
  const receipt = await publisher().publishAppModel(announced('iiot', { a: '1' }), {});
  expect(receipt.values).toMatchObject([{ outcome: 'kept', number: 1 }]);
  expect(await refusal(publisher().publishAppModel(announced('iiot', { a: '2' }), {}))).toMatchObject({ refusal: 'MetadataMissing' });
});

test('a first publish that the server would refuse leaves Redis as it was', async () => {
  cluster.refuse = new Error('namespaces "meta-test" not found');
  await expect(publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 1 })).rejects.toMatchObject({
    phase: 'apply',
    message: expect.stringContaining('nothing was written') as string,
  });
  expect((await values.inspect('iiot_a')).kind).toBe('absent');
});

test('an apply that fails after the values says what stands, and publishing again mends it', async () => {
  await publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 'one' });
  cluster.refuse = new Error('socket hang up');
  await expect(publisher().publishAppModel(announced('iiot', { a: '2' }), { a: 'two' })).rejects.toMatchObject({
    phase: 'apply',
    message: expect.stringContaining('its values are in Redis already') as string,
  });
  cluster.refuse = undefined;
  const receipt = await publisher().publishAppModel(announced('iiot', { a: '2' }), { a: 'two' });
  expect(receipt.values).toMatchObject([{ outcome: 'unchanged', number: 2 }]);
});

test('a dry run checks everything and writes nothing', async () => {
  const receipt = await publisher().publishAppModel(announced('iiot', { a: '1' }), { a: 1 }, { dryRun: true });
  expect(receipt.values).toMatchObject([{ outcome: 'planned', number: 1 }]);
  expect(cluster.objects.size).toBe(0);
  expect((await values.inspect('iiot_a')).kind).toBe('absent');
});

test('models that are listed twice, or have no name or version, are refused', async () => {
  const twice = announced('iiot', { a: '1' });
  twice.spec?.models?.push({ name: 'a', version: '2' });
  expect((await refusal(publisher().publishAppModel(twice, { a: 1 }))).message).toContain('lists "a" again');
  expect((await refusal(publisher().publishAppModel(announced('iiot', { '': '1' }), {}))).refusal).toBe('BadModels');
  expect((await refusal(publisher().publishAppModel(announced('iiot', { a: '' }), { a: 1 }))).refusal).toBe('BadModels');
});

test('a model named __proto__ is published like any other, from a map and from an object', async () => {
  const object = announced('iiot', {});
  object.spec = { app: 'iiot', version: '1', models: [{ name: '__proto__', version: '1' }] };
  expect(await refusal(publisher().publishAppModel(object, {}))).toMatchObject({ refusal: 'MetadataMissing' });
  await publisher().publishAppModel(object, JSON.parse('{"__proto__":{"title":"x"}}') as Record<string, unknown>);
  expect((await values.inspect('iiot___proto__')).envelope?.payload).toEqual({ title: 'x' });
});

test('values can be written alone, announcing nothing', async () => {
  await publisher().publishValues(announced('iiot', { a: '1' }), new Map([['a', 'one']]));
  expect((await values.inspect('iiot_a')).envelope?.version).toBe('1');
  expect(cluster.applied).toEqual([]);
});

test('a payload that JSON cannot hold, and models that share a key, are refused before the first value is written', async () => {
  const app = announced('iiot', { a: '1', b: '1' });
  await expect(publisher().publishAppModel(app, { a: 1, b: { limit: Number.NaN } })).rejects.toThrow(/holds NaN at "limit"/);
  const shared = createPublisher({ appModels: cluster, redis: redis.url, namespace: 'meta-test', keyTemplate: '{app}' });
  expect((await refusal(shared.publishAppModel(app, { a: 1, b: 2 }))).message).toMatch(/the models "a" and "b" have one key, "iiot"/);
  await shared.close();
  for (const payloads of [undefined, null, [1, 2]])
    await expect(publisher().publishAppModel(app, payloads as unknown as Readonly<Record<string, unknown>>)).rejects.toThrow(
      /payloads must be/,
    );
  expect(cluster.applied).toEqual([]);
  for (const key of ['iiot', 'iiot_a', 'iiot_b']) expect((await values.inspect(key)).kind).toBe('absent');
});

test('what is published is what was given at the call, whatever its owner does with it meanwhile', async () => {
  const app = announced('iiot', { a: '1' }) as { spec: { models: { name: string; version: string }[] } } & AppModel;
  const payloads = { a: { title: 'one' } };
  const publishing = publisher().publishAppModel(app, payloads);
  (app.spec.models[0] as { version: string }).version = '2';
  payloads.a.title = 'two';
  const { object } = await publishing;
  expect(object.spec?.models).toEqual([{ name: 'a', version: '1' }]);
  expect((await values.inspect('iiot_a')).envelope).toMatchObject({ version: '1', payload: { title: 'one' } });
});
