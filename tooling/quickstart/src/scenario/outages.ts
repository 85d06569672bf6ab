import { check, eventually } from '../expect.ts';
import { everyResolver, servesVersion, shorten } from '../observe.ts';
import { modelUrl, type World } from '../world.ts';
import { metadata, sample, withVersions } from './samples.ts';
import type { Step } from './step.ts';

const slicePath = (world: World): string => `/apis/discovery.k8s.io/v1/namespaces/${world.namespace}/endpointslices/iiot-1`;

async function setEndpoints(world: World, addresses: readonly string[]): Promise<void> {
  const { status, json } = await world.kube.request('PATCH', slicePath(world), {
    body: { endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })) },
    contentType: 'application/merge-patch+json',
  });
  check(status === 200, `the EndpointSlice could not be changed: ${status} ${JSON.stringify(json)}`);
}

/** The backends that answered. The calls are made at once: one after the other they may all go to the faster backend, since nothing waits there. */
async function callers(world: World, calls: number): Promise<readonly Set<string>[]> {
  return Promise.all(
    world.resolvers.map(async (resolver) => {
      const url = `${modelUrl(resolver, world.namespace, 'iiot_dataservice')}/call/hello?x=1`;
      const answers = await Promise.all(Array.from({ length: calls }, () => world.http(url)));
      return new Set(
        answers.map((answer) => {
          check(answer.status === 200, `${resolver.name}: a call was answered ${shorten(answer)}`);
          return (answer.json as { backend: string }).backend;
        }),
      );
    }),
  );
}

export const outages: readonly Step[] = [
  {
    name: 'a call is forwarded to a pod of the app, with method, path, query and body, and its stream comes back',
    needsFault: 'it needs the demo backends',
    async run(world) {
      if (!world.faults) return;
      await everyResolver(world, 'iiot_dataservice', 'has both endpoints', (answer) =>
        answer.endpoints.length === 2 ? undefined : JSON.stringify(answer.endpoints),
      );
      for (const resolver of world.resolvers) {
        const base = `${modelUrl(resolver, world.namespace, 'iiot_dataservice')}/call`;
        const posted = await world.http(`${base}/a/b?c=d%20e`, { method: 'POST', body: 'x'.repeat(100_000) });
        const echo = posted.json as { method: string; path: string; bodyBytes: number };
        check(
          posted.status === 200 && echo.method === 'POST' && echo.path === '/a/b?c=d%20e' && echo.bodyBytes === 100_000,
          `${resolver.name}: ${shorten(posted)}`,
        );
        const streamed = await world.http(`${base}/stream`);
        check(streamed.text.split('\n').length === 4, `${resolver.name}: the stream came back as ${shorten(streamed)}`);
      }
      const seen = await callers(world, 20);
      check(
        seen.every((names) => names.size === 2),
        `calls went to ${JSON.stringify(seen.map((names) => [...names]))}, not to both backends`,
      );
    },
  },
  {
    name: 'a backend goes: calls go only to the other',
    needsFault: 'it needs the demo backends',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      const [first, second] = faults.backends;
      check(first !== undefined && second !== undefined, 'there are no two backends');
      await setEndpoints(world, [second.address]);
      await everyResolver(world, 'iiot_dataservice', 'has one endpoint', (answer) =>
        answer.endpoints.length === 1 && answer.endpoints[0]?.address === second.address ? undefined : JSON.stringify(answer.endpoints),
      );
      const seen = await callers(world, 10);
      check(
        seen.every((names) => names.size === 1 && names.has(second.name)),
        `calls went to ${JSON.stringify(seen.map((names) => [...names]))}`,
      );
      await setEndpoints(world, [first.address, second.address]);
      await everyResolver(world, 'iiot_dataservice', 'has both endpoints again', (answer) =>
        answer.endpoints.length === 2 ? undefined : JSON.stringify(answer.endpoints),
      );
    },
  },
  {
    name: 'the API server is stopped: every resolver keeps answering and says how old its word is; started again, it catches up',
    needsFault: 'the API server is stopped',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      await faults.stopApiServer();
      try {
        for (const resolver of world.resolvers) {
          let first = NaN;
          await eventually(`${resolver.name} answers and its age grows`, async () => {
            const answer = await world.http(modelUrl(resolver, world.namespace, 'iiot_dataservice'));
            if (answer.status !== 200) return shorten(answer);
            const { ageMs } = (answer.json as { freshness: { ageMs: number } }).freshness;
            if (Number.isNaN(first)) first = ageMs;
            return ageMs > first ? undefined : `age ${ageMs}, was ${first}`;
          });
        }
      } finally {
        await faults.startApiServer();
      }
      await world.publish(withVersions(sample('iiot', world.namespace), '5', { iiot_dataservice: '4', iiot_edge_project: '5' }), {
        ...metadata,
        iiot_dataservice: { title: 'the fourth' },
      });
      await servesVersion(world, 'iiot_edge_project', '5', 60_000);
    },
  },
  {
    name: 'Redis is stopped and started: every resolver keeps answering, and loads the next version',
    needsFault: 'Redis is stopped',
    async run(world) {
      const { faults } = world;
      if (!faults) return;
      await faults.stopRedis();
      try {
        await everyResolver(world, 'iiot_edge_project', 'is served while Redis is away', (answer) =>
          answer.version === '5' ? undefined : `version ${answer.version}`,
        );
      } finally {
        await faults.startRedis();
      }
      await world.publish(withVersions(sample('iiot', world.namespace), '6', { iiot_dataservice: '4', iiot_edge_project: '6' }), {
        ...metadata,
        iiot_dataservice: { title: 'the fourth' },
      });
      await servesVersion(world, 'iiot_edge_project', '6', 30_000);
    },
  },
];
