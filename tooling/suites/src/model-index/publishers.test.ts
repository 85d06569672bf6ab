import { connectionFromKubeconfig, createClient, type KubernetesClient } from '@kubecast/client';
import { appModel, type AppModel } from '@kubecast/crd';
import { createPublisher, appModelApi } from '@kubecast/model-index';
import { createLoader, type Loader } from '@kubecast/redis-loader';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster } from './cluster.ts';
import { SteppedPublisher } from './stepped.ts';

let cluster: Cluster;
let client: KubernetesClient;
let folder: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  folder = mkdtempSync(join(tmpdir(), 'kubecast-publishers-'));
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, cluster.api.kubeconfig(), { mode: 0o600 });
  client = createClient(await connectionFromKubeconfig({ path }));
}, 120_000);
afterAll(async () => {
  client.close();
  rmSync(folder, { recursive: true, force: true });
  await cluster[Symbol.asyncDispose]();
});

const resource = (): ReturnType<typeof client.resource<typeof appModel, AppModel>> => client.resource<typeof appModel, AppModel>(appModel);
const announced = (app: string, version: string): AppModel =>
  ({
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name: app },
    spec: { app, version, models: [{ name: 'm', version }] },
  }) as AppModel;
const publish = async (app: string, version: string): Promise<void> => {
  const publisher = createPublisher({ appModels: appModelApi(resource()), values: cluster.publisher, namespace: 'meta-test' });
  await publisher.publishAppModel(announced(app, version), { m: `content of ${version}` });
};
const announces = async (app: string): Promise<string | undefined> =>
  (await resource().find(app, { namespace: 'meta-test' }))?.spec?.models?.[0]?.version;
const plain = async (app: string): Promise<string | undefined> => (await cluster.publisher.inspect(`${app}_m`)).envelope?.version;

/** A pod that starts now, and what it serves. */
async function freshPod(app: string): Promise<{ readonly state: string; readonly payload: unknown } | undefined> {
  const version = await announces(app);
  if (version === undefined) return undefined;
  const loader: Loader = createLoader({ redis: cluster.redis.url });
  try {
    loader.want({ id: app, version, owner: { namespace: 'meta-test', app, model: 'm' } });
    await loader.settled();
    const { state = '', payload } = loader.get(app) ?? {};
    return { state, payload };
  } finally {
    await loader.close();
  }
}

/** All ways to order the steps of two publishers. */
function* orders(a: number, b: number): IterableIterator<string> {
  if (a === 0 && b === 0) yield '';
  if (a > 0) for (const rest of orders(a - 1, b)) yield `a${rest}`;
  if (b > 0) for (const rest of orders(a, b - 1)) yield `b${rest}`;
}

test.for([
  ['an AppModel that stands', true],
  ['an AppModel that there is not yet', false],
] as const)(
  'two publishers of %s, in every order of their steps: one wins, the other is told, and nobody is left stale',
  { timeout: 240_000 },
  async ([, stands]) => {
    let told = 0;
    // Read, (dry run,) look, write, apply.
    const steps = stands ? 4 : 5;
    let index = 0;
    const all = [...orders(steps, steps)];
    // Each order of four steps; of five steps, which are many, each third.
    for (const order of all.filter((_, at) => stands || at % 3 === 0)) {
      index += 1;
      const app = `race${String(stands)}${index}`;
      if (stands) await publish(app, '1');
      const [a, b] = [new SteppedPublisher(resource(), cluster.publisher), new SteppedPublisher(resource(), cluster.publisher)];
      await a.begin((publisher) => publisher.publishAppModel(announced(app, '2'), { m: 'content of 2' }));
      await b.begin((publisher) => publisher.publishAppModel(announced(app, '3'), { m: 'content of 3' }));
      for (const each of order) await (each === 'a' ? a : b).next();
      await a.finish();
      await b.finish();
      const outcomes = [await a.outcome, await b.outcome];
      expect(outcomes, order).toContain('published');
      const loser = outcomes.find((outcome) => outcome !== 'published');
      if (loser !== undefined) {
        expect(loser, order).toBe('ModelIndexPublishOvertaken');
        told += 1;
      }
      const version = await announces(app);
      // Who alone was successful is announced; of two that followed each other the later one.
      if (loser !== undefined) expect(version, order).toBe(outcomes[0] === 'published' ? '2' : '3');
      expect(await plain(app), order).toBe(version);
      expect(await freshPod(app), order).toEqual({ state: 'current', payload: `content of ${version}` });
    }
    expect(told).toBeGreaterThan(index / 2);
  },
);

test(
  'a publisher that is killed before any of its steps leaves no pod stale, and the next publish goes through',
  { timeout: 120_000 },
  async () => {
    for (let steps = 0; steps <= 4; steps += 1) {
      const app = `crash${steps}`;
      await publish(app, '1');
      const killed = new SteppedPublisher(resource(), cluster.publisher);
      await killed.begin((publisher) => publisher.publishAppModel(announced(app, '2'), { m: 'content of 2' }));
      for (let step = 0; step < steps; step += 1) await killed.next();
      killed.crash();
      const version = steps === 4 ? '2' : '1';
      expect(await announces(app)).toBe(version);
      expect(await freshPod(app)).toEqual({ state: 'current', payload: `content of ${version}` });
      await publish(app, '3');
      expect([await announces(app), await plain(app)]).toEqual(['3', '3']);
      expect(await freshPod(app)).toEqual({ state: 'current', payload: 'content of 3' });
    }
  },
);

test('what others change of an AppModel beside its announcement keeps no publisher from it', async () => {
  await publish('finalized', '1');
  const slow = new SteppedPublisher(resource(), cluster.publisher);
  await slow.begin((publisher) => publisher.publishAppModel(announced('finalized', '2'), { m: 'content of 2' }));
  while (slow.step !== 'apply') await slow.next();
  const path = '/apis/iidp.com/v1/namespaces/meta-test/appmodels/finalized';
  await cluster.send('PATCH', path, { metadata: { annotations: { seen: 'yes' } } }, 'application/merge-patch+json');
  await slow.finish();
  expect(await slow.outcome).toBe('published');
  expect(await announces('finalized')).toBe('2');
});

test('an AppModel that is deleted meanwhile does not come back', async () => {
  await publish('deleted', '1');
  const slow = new SteppedPublisher(resource(), cluster.publisher);
  await slow.begin((publisher) => publisher.publishAppModel(announced('deleted', '2'), { m: 'content of 2' }));
  while (slow.step !== 'apply') await slow.next();
  await resource().delete('deleted', { namespace: 'meta-test' });
  await slow.finish();
  expect(await slow.outcome).toBe('ModelIndexPublishOvertaken');
  expect(await announces('deleted')).toBeUndefined();
});

test('a rollback needs no metadata: the versions before are announced again, or those that are named', async () => {
  for (const version of ['1', '2', '3']) await publish('back', version);
  const publisher = createPublisher({ appModels: appModelApi(resource()), values: cluster.publisher, namespace: 'meta-test' });
  const receipt = await publisher.rollback({ name: 'back' });
  expect(receipt.values).toMatchObject([{ model: 'm', version: '2', outcome: 'restored', number: 4 }]);
  expect([await announces('back'), await plain('back')]).toEqual(['2', '2']);
  expect(await freshPod('back')).toEqual({ state: 'current', payload: 'content of 2' });
  await publisher.rollback({ name: 'back', models: { m: '1' }, version: 'old' });
  expect(await freshPod('back')).toEqual({ state: 'current', payload: 'content of 1' });
  expect((await resource().find('back', { namespace: 'meta-test' }))?.spec?.version).toBe('old');
  await expect(publisher.rollback({ name: 'back', models: { m: '9' } })).rejects.toMatchObject({
    refusal: 'NotRetained',
    message: expect.stringMatching(/version "9" of the model "m" is not kept in Redis \(kept are /) as string,
  });
  await expect(publisher.rollback({ name: 'nothing' })).rejects.toMatchObject({ refusal: 'NotRetained' });
  await expect(publisher.rollback({ name: 'back', models: { other: '1' } })).rejects.toThrow(/does not announce the model "other"/);
});
