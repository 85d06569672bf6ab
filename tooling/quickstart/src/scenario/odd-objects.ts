import { check, eventually } from '../expect.ts';
import { everyResolver, forgetsApp, forgetsModel, servesVersion, shorten } from '../observe.ts';
import { appModelPath, appUrl, modelUrl, type World } from '../world.ts';
import { redisKey } from './samples.ts';
import type { Step } from './step.ts';

function object(world: World, name: string, spec: unknown): Record<string, unknown> {
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name, namespace: world.namespace, labels: { iidp: 'iidp' } },
    ...(spec === undefined ? {} : { spec }),
  };
}

async function create(world: World, name: string, spec: unknown): Promise<void> {
  const { status, json } = await world.kube.request('POST', appModelPath(world.namespace), { body: object(world, name, spec) });
  check(status === 201, `create of AppModel ${name}: ${status} ${JSON.stringify(json)}`);
}

async function remove(world: World, ...names: readonly string[]): Promise<void> {
  for (const name of names) await world.kube.request('DELETE', appModelPath(world.namespace, name));
}

/** Every resolver says in its list of problems something that holds all the words. */
async function everyReports(world: World, ...words: readonly string[]): Promise<void> {
  await Promise.all(
    world.resolvers.map((resolver) =>
      eventually(`${resolver.name} reports ${words.join(', ')}`, async () => {
        const answer = await world.http(`${resolver.url}/v1/problems`);
        const { problems = [] } = (answer.json ?? {}) as { problems?: unknown[] };
        return problems.some((problem) => words.every((word) => JSON.stringify(problem).includes(word))) ? undefined : shorten(answer);
      }),
    ),
  );
}

const values = async (world: World, app: string, models: readonly string[]): Promise<void> => {
  for (const model of models) await world.redis.set(redisKey(app, model), JSON.stringify({ plain: model }));
};

export const oddObjects: readonly Step[] = [
  {
    name: 'a plain JSON value without an envelope, as it was written before, is served and marked unverified',
    async run(world) {
      // The key of the model iiot_dataservice of the app iiot in the older layout: iiot_iiot_dataservice.
      const key = redisKey('iiot', 'iiot_dataservice');
      check(key === 'iiot_iiot_dataservice', key);
      const kept = await world.redis.get(key);
      check(kept !== null, 'there was no value before');
      await world.redis.set(key, '{"written":"by the platform"}');
      const path = appModelPath(world.namespace, 'iiot');
      const { json } = await world.kube.request('GET', path);
      const models = (json['spec'] as { models: { name: string; version: string }[] }).models;
      const announce = (version: string): Promise<{ status: number }> =>
        world.kube.request('PATCH', path, {
          body: { spec: { models: models.map((model) => (model.name === 'iiot_dataservice' ? { ...model, version } : model)) } },
          contentType: 'application/merge-patch+json',
        });
      await announce('plain-1');
      await everyResolver(world, 'iiot_dataservice', 'is served unverified', (answer) =>
        answer.state === 'unverified' && JSON.stringify(answer.metadata) === '{"written":"by the platform"}'
          ? undefined
          : `${answer.state} ${JSON.stringify(answer.metadata)}`,
      );
      await world.redis.set(key, kept);
      await announce((JSON.parse(kept) as { version: string }).version);
      await everyResolver(world, 'iiot_dataservice', 'is verified again', (answer) =>
        answer.state === 'current' ? undefined : answer.state,
      );
    },
  },
  {
    name: 'an object without spec, and one without app, are ignored and reported',
    async run(world) {
      await create(world, 'no-spec', undefined);
      await create(world, 'no-app', { version: '1', models: [{ name: 'orphan', version: '1' }] });
      await everyReports(world, 'no-spec');
      await everyReports(world, 'no-app');
      await forgetsModel(world, 'orphan');
      await remove(world, 'no-spec', 'no-app');
    },
  },
  {
    name: 'a model that is listed twice counts by its last entry, an empty name is reported',
    async run(world) {
      await values(world, 'twice', ['m']);
      await create(world, 'twice', {
        app: 'twice',
        version: '1',
        models: [
          { name: 'm', version: 'a' },
          { name: '', version: 'x' },
          { name: 'm', version: 'b' },
        ],
      });
      await everyResolver(world, 'm', 'counts by its last entry', (answer) =>
        answer.version === 'b' ? undefined : `version ${answer.version}`,
      );
      await everyReports(world, 'twice', '"m"');
      await everyReports(world, 'twice', 'empty');
      await remove(world, 'twice');
      await forgetsModel(world, 'm');
    },
  },
  {
    name: 'two AppModels of one app: the oldest wins in every resolver, though its name comes later',
    async run(world) {
      await values(world, 'shared', ['s']);
      await create(world, 'zz-older', { app: 'shared', version: 'old', models: [{ name: 's', version: '1' }] });
      // creationTimestamp counts whole seconds: the second object must be made in a later one.
      const created = (await world.kube.request('GET', appModelPath(world.namespace, 'zz-older'))).json['metadata'] as {
        creationTimestamp: string;
      };
      await eventually('the next second begins', async () =>
        Date.now() >= Date.parse(created.creationTimestamp) + 1_000 ? undefined : 'not yet',
      );
      await create(world, 'aa-younger', { app: 'shared', version: 'young', models: [{ name: 's', version: '2' }] });
      await everyReports(world, 'aa-younger', 'shared');
      await everyResolver(world, 's', 'is the older one', (answer) =>
        answer.appVersion === 'old' && answer.version === '1' ? undefined : `${answer.appVersion} ${answer.version}`,
      );
      await remove(world, 'zz-older');
      await everyResolver(world, 's', 'is the younger one now', (answer) =>
        answer.appVersion === 'young' && answer.version === '2' ? undefined : `${answer.appVersion} ${answer.version}`,
      );
      await remove(world, 'aa-younger');
      await forgetsApp(world, 'shared');
    },
  },
  {
    name: 'one model in two apps: the oldest app wins in every resolver',
    async run(world) {
      await values(world, 'elder', ['both']);
      await values(world, 'junior', ['both']);
      await create(world, 'z-elder', { app: 'elder', version: '1', models: [{ name: 'both', version: '1' }] });
      const created = (await world.kube.request('GET', appModelPath(world.namespace, 'z-elder'))).json['metadata'] as {
        creationTimestamp: string;
      };
      await eventually('the next second begins', async () =>
        Date.now() >= Date.parse(created.creationTimestamp) + 1_000 ? undefined : 'not yet',
      );
      await create(world, 'a-junior', { app: 'junior', version: '1', models: [{ name: 'both', version: '1' }] });
      await everyReports(world, 'both', 'junior');
      await everyResolver(world, 'both', 'belongs to the elder', (answer) => (answer.app === 'elder' ? undefined : answer.app));
      await remove(world, 'z-elder', 'a-junior');
      await forgetsModel(world, 'both');
    },
  },
  {
    name: 'spec.app is changed: the old app is forgotten',
    async run(world) {
      await values(world, 'before', ['moved']);
      await values(world, 'after', ['moved']);
      await create(world, 'mover', { app: 'before', version: '1', models: [{ name: 'moved', version: '1' }] });
      await everyResolver(world, 'moved', 'belongs to the app before', (answer) => (answer.app === 'before' ? undefined : answer.app));
      await world.kube.request('PATCH', appModelPath(world.namespace, 'mover'), {
        body: { spec: { app: 'after' } },
        contentType: 'application/merge-patch+json',
      });
      await everyResolver(world, 'moved', 'belongs to the app after', (answer) => (answer.app === 'after' ? undefined : answer.app));
      await forgetsApp(world, 'before');
      await remove(world, 'mover');
      await forgetsApp(world, 'after');
    },
  },
  {
    name: 'hostile names are data: models named __proto__, constructor and one of 253 characters, slashes and unicode',
    async run(world) {
      const names = ['__proto__', 'constructor', 'a/b c', 'größe-模型-😀', 'n'.repeat(253)];
      await values(world, '__proto__', names);
      await create(world, 'hostile', { app: '__proto__', version: '1', models: names.map((name) => ({ name, version: '1' })) });
      for (const name of names) {
        await everyResolver(world, name, 'is served', (answer) =>
          answer.model === name && answer.app === '__proto__' && (answer.metadata as { plain?: string } | null)?.plain === name
            ? undefined
            : JSON.stringify(answer).slice(0, 200),
        );
      }
      const answers = await Promise.all(world.resolvers.map((resolver) => world.http(appUrl(resolver, world.namespace, '__proto__'))));
      check(
        answers.every((answer) => answer.status === 200),
        answers.map(shorten).join('; '),
      );
      await remove(world, 'hostile');
      await forgetsApp(world, '__proto__');
      for (const name of names) await world.redis.delete(redisKey('__proto__', name));
      const missing = await Promise.all(world.resolvers.map((resolver) => world.http(modelUrl(resolver, world.namespace, 'toString'))));
      check(
        missing.every((answer) => answer.status === 404),
        missing.map(shorten).join('; '),
      );
    },
  },
  {
    name: 'what the steps above made is gone, and iiot is served as before',
    async run(world) {
      for (const [app, models] of [
        ['twice', ['m']],
        ['shared', ['s']],
        ['elder', ['both']],
        ['junior', ['both']],
        ['before', ['moved']],
        ['after', ['moved']],
      ] as const) {
        for (const model of models) await world.redis.delete(redisKey(app, model));
      }
      const { json } = await world.kube.request('GET', appModelPath(world.namespace));
      const names = (json['items'] as { metadata: { name: string } }[]).map((item) => item.metadata.name);
      check(names.join(' ') === 'iiot newsdkapp', `AppModels: ${names.join(' ')}`);
      await servesVersion(world, 'iiot_data_query', '1');
    },
  },
];
