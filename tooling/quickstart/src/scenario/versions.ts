import { check, eventually } from '../expect.ts';
import { everyResolver, metric } from '../observe.ts';
import type { Metadata, World } from '../world.ts';
import { metadata, redisKey, sample, withVersions } from './samples.ts';
import type { Step } from './step.ts';

const content = (text: string): Metadata => ({ ...metadata, iiot_dataservice: { title: text } });

async function servesContent(world: World, version: string, text: string): Promise<void> {
  await everyResolver(world, 'iiot_dataservice', `is served at ${version} with its content`, (answer) =>
    answer.version === version && answer.state === 'current' && (answer.metadata as { title?: string } | null)?.title === text
      ? undefined
      : `version ${answer.version} ${answer.state} ${JSON.stringify(answer.metadata)}`,
  );
}

/** Publishes one version of iiot_dataservice, waits until it is served, and says what the resolvers asked Redis for meanwhile. */
async function loadsExactlyOne(world: World, appVersion: string, version: string, text: string): Promise<void> {
  const commands = await world.redis.commandsOfResolvers(async () => {
    await world.publish(withVersions(sample('iiot', world.namespace), appVersion, { iiot_dataservice: version }), content(text));
    await servesContent(world, version, text);
  });
  const keys = commands.flatMap((command) => command.keys);
  const wanted = redisKey('iiot', 'iiot_dataservice');
  check(
    keys.length === world.resolvers.length && keys.every((key) => key === wanted),
    `the resolvers read ${JSON.stringify(commands)}; each should have read ${wanted} once`,
  );
}

export const versions: readonly Step[] = [
  {
    name: 'one model is raised: every resolver loads exactly that one value',
    run: (world) => loadsExactlyOne(world, '2', '2', 'the second'),
  },
  { name: 'it is raised again', run: (world) => loadsExactlyOne(world, '3', '3', 'the third') },
  {
    name: 'it is rolled back: the older content, published again, is loaded again',
    run: (world) => loadsExactlyOne(world, '2', '2', 'the second'),
  },
  {
    name: 'a model that changed under an unchanged app version is loaded',
    run: (world) => loadsExactlyOne(world, '2', '2b', 'the second, mended'),
  },
  {
    name: 'applying the same again, and two resyncs, cause no Redis command from any resolver',
    async run(world) {
      const counter = 'kubecast_model_index_resyncs_total';
      const before = await Promise.all(world.resolvers.map((resolver) => metric(world, resolver, counter)));
      const commands = await world.redis.commandsOfResolvers(async () => {
        await world.publish(withVersions(sample('iiot', world.namespace), '2', { iiot_dataservice: '2b' }), content('the second, mended'));
        await Promise.all(
          world.resolvers.map((resolver, i) =>
            eventually(
              `${resolver.name} resyncs twice`,
              async () => {
                const now = await metric(world, resolver, counter);
                return now >= (before[i] ?? NaN) + 2 ? undefined : `${counter} ${now}, was ${before[i]}`;
              },
              30_000,
            ),
          ),
        );
      });
      check(commands.length === 0, `the resolvers sent ${JSON.stringify(commands)}`);
    },
  },
  {
    name: 'a load that failed is made good at once when Redis is back; meanwhile the last good value is served, marked stale',
    needsFault: 'Redis is stopped',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      const next = withVersions(sample('iiot', world.namespace), '4', { iiot_dataservice: '4' });
      await world.publishValues(next, content('the fourth'));
      await faults.stopRedis();
      try {
        const { status } = await world.kube.request(
          'PATCH',
          `/apis/iidp.com/v1/namespaces/${world.namespace}/appmodels/iiot?fieldManager=appmodels-manager&force=true`,
          {
            body: next,
            contentType: 'application/apply-patch+yaml',
          },
        );
        check(status === 200, `apply while Redis is away: status ${status}`);
        await everyResolver(world, 'iiot_dataservice', 'is served stale while Redis is away', (answer) =>
          answer.state === 'stale' && answer.staleForMs >= 0 && (answer.metadata as { title?: string }).title === 'the second, mended'
            ? undefined
            : `${answer.state} ${JSON.stringify(answer.metadata)}`,
        );
      } finally {
        await faults.startRedis();
      }
      await servesContent(world, '4', 'the fourth');
    },
  },
];
