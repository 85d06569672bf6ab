import { check, eventually } from '../expect.ts';
import { forgetsApp, forgetsModel, servesVersion } from '../observe.ts';
import { appModelPath, type AppModelObject, type World } from '../world.ts';
import { metadata, redisKey, sample } from './samples.ts';
import type { Step } from './step.ts';

async function remove(world: World, name: string): Promise<void> {
  const { status } = await world.kube.request('DELETE', appModelPath(world.namespace, name));
  check(status === 200 || status === 202, `DELETE of AppModel ${name}: status ${status}`);
}

const finalizersOf = async (world: World, name: string): Promise<readonly string[] | undefined> => {
  const { status, json } = await world.kube.request('GET', appModelPath(world.namespace, name));
  return status === 200 ? ((json['metadata'] as { finalizers?: string[] }).finalizers ?? []) : undefined;
};

function retained(world: World, name: string, app: string, models: readonly string[]): AppModelObject {
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name, namespace: world.namespace, labels: { iidp: 'iidp' } },
    spec: { app, version: '1', models: models.map((model) => ({ name: model, version: '1' })) },
  };
}

export const removal: readonly Step[] = [
  {
    name: 'a model that is dropped from the list is forgotten, the others stay',
    async run(world) {
      const object = sample('newsdkapp', world.namespace);
      const models = (object.spec?.models ?? []).filter((model) => model.name !== 'model3');
      await world.publish({ ...object, spec: { ...object.spec, models } }, metadata);
      await forgetsModel(world, 'model3');
      await servesVersion(world, 'model1', 'v-1');
    },
  },
  {
    name: 'an object that is relabelled out of the selector is forgotten, and comes back with its label; its values stay',
    async run(world) {
      const path = appModelPath(world.namespace, 'newsdkapp');
      const label = (value: string | null): Promise<{ status: number }> =>
        world.kube.request('PATCH', path, { body: { metadata: { labels: { iidp: value } } }, contentType: 'application/merge-patch+json' });
      check((await label(null)).status === 200, 'the label could not be taken away');
      await forgetsApp(world, 'newSdkApp');
      check((await world.redis.get(redisKey('newSdkApp', 'model1'))) !== null, 'its value is gone from Redis');
      check((await label('iidp')).status === 200, 'the label could not be put back');
      await servesVersion(world, 'model1', 'v-1');
    },
  },
  {
    name: 'an app that is deleted is forgotten; its values stay in Redis',
    async run(world) {
      await remove(world, 'newsdkapp');
      await forgetsApp(world, 'newSdkApp');
      await forgetsModel(world, 'model1');
      check((await world.redis.get(redisKey('newSdkApp', 'model1'))) !== null, 'its value is gone from Redis');
      await world.publish(sample('newsdkapp', world.namespace), metadata);
      await servesVersion(world, 'model3', 'v-3');
    },
  },
  {
    name: 'with --redis-retention delete the values that were published go before the object does, and no value that another claims or wrote',
    needsFault: 'the controller is started again with --redis-retention delete',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      await faults.restartController(['--redis-retention', 'delete']);
      const app = retained(world, 'gone', 'gone', ['only', 'foreign']);
      await world.publish(app, { only: { a: 1 }, foreign: { b: 1 } });
      await eventually('the controller puts its finalizer on the object', async () => {
        const finalizers = await finalizersOf(world, 'gone');
        return finalizers && finalizers.length > 0 ? undefined : `finalizers: ${JSON.stringify(finalizers)}`;
      });
      // Somebody else wrote over one of the values: it is no longer what the publisher wrote, and stays.
      await world.redis.set(redisKey('gone', 'foreign'), '{"somebody":"else"}');
      await remove(world, 'gone');
      await eventually('the object goes', async () => ((await finalizersOf(world, 'gone')) === undefined ? undefined : 'still there'));
      check((await world.redis.get(redisKey('gone', 'only'))) === null, 'the published value is still in Redis');
      check((await world.redis.get(redisKey('gone', 'foreign'))) === '{"somebody":"else"}', "somebody else's value was removed");
      await world.redis.delete(redisKey('gone', 'foreign'));
    },
  },
  {
    name: 'the uninstall command releases the finalizers of every object and erases nothing',
    needsFault: 'the controller was started with --redis-retention delete',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      await eventually('iiot carries the finalizer', async () =>
        (await finalizersOf(world, 'iiot'))?.length ? undefined : 'no finalizer',
      );
      await faults.restartController([]);
      const result = await world.controllerCommand(['uninstall', '--namespace', world.namespace]);
      check(result.status === 0, `uninstall ended with status ${result.status}: ${result.stdout}${result.stderr}`);
      check((await finalizersOf(world, 'iiot'))?.length === 0, 'iiot still carries a finalizer');
      check((await world.redis.get(redisKey('iiot', 'iiot_dataservice'))) !== null, 'a value is gone from Redis');
    },
  },
];
