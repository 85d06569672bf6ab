import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { DiscoveryError } from '../errors.ts';
import { answerJson, pem, startServer, type TestServer } from '../testing/test-server.ts';

const resource = (plural: string, kind: string, short: string[] = []): object => ({
  resource: plural,
  responseKind: { group: '', version: '', kind },
  scope: 'Namespaced',
  singularResource: kind.toLowerCase(),
  verbs: ['get'],
  shortNames: short,
  subresources: [{ subresource: 'status' }],
});
const aggregated = (groups: object): object => ({
  kind: 'APIGroupDiscoveryList',
  items: Object.entries(groups).map(([name, versions]) => ({ metadata: name === '' ? {} : { name }, versions })),
});

interface World {
  groups: Record<string, { version: string; resources: object[]; freshness?: string }[]>;
  dead?: string;
}

function startDiscovery(world: World, old = false): Promise<TestServer> {
  return startServer((request, response) => {
    const path = request.path;
    if (!old && (path === '/api' || path === '/apis')) {
      const entries = Object.entries(world.groups).filter(([name]) => (name === '') === (path === '/api'));
      return answerJson(response, 200, aggregated(Object.fromEntries(entries)));
    }
    if (path === '/api') return answerJson(response, 200, { kind: 'APIVersions', versions: ['v1'] });
    if (path === '/apis') {
      return answerJson(response, 200, {
        kind: 'APIGroupList',
        groups: Object.entries(world.groups)
          .filter(([name]) => name !== '')
          .map(([name, versions]) => ({
            name,
            versions: versions.map(({ version }) => ({ version })),
            preferredVersion: { version: versions[0]?.version },
          })),
      });
    }
    const [, group = '', version = ''] = /^\/(?:apis\/([^/]+)|api)\/(\w+)$/.exec(path) ?? [];
    const found = world.groups[group]?.find((entry) => entry.version === version);
    if (found === undefined || group === world.dead) return answerJson(response, group === world.dead ? 503 : 404, {});
    answerJson(response, 200, {
      kind: 'APIResourceList',
      resources: found.resources.flatMap((entry) => {
        const own = entry as { resource: string; responseKind: { kind: string }; shortNames: string[]; singularResource: string };
        return [
          {
            name: own.resource,
            kind: own.responseKind.kind,
            namespaced: true,
            singularName: own.singularResource,
            verbs: ['get'],
            shortNames: own.shortNames,
          },
          { name: `${own.resource}/status`, kind: own.responseKind.kind, namespaced: true },
        ];
      }),
    });
  });
}

const world = (): World => ({
  groups: {
    '': [{ version: 'v1', resources: [resource('pods', 'Pod', ['po']), resource('events', 'Event', ['ev'])] }],
    'events.k8s.io': [{ version: 'v1', resources: [resource('events', 'Event', ['ev'])] }],
    'iidp.com': [
      { version: 'v1', resources: [resource('appmodels', 'AppModel', ['am', 'pods'])] },
      { version: 'v1beta1', resources: [resource('appmodels', 'AppModel', ['am'])] },
    ],
  },
});

for (const old of [false, true]) {
  test(`${old ? 'the old form, group by group' : 'aggregated discovery, by two requests'}: kinds, resources and names are found, and asked for once`, async () => {
    const server = await startDiscovery(world(), old);
    const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
    const { discovery } = client;
    expect(await discovery.byKind('iidp.com/v1beta1', 'AppModel')).toMatchObject({
      group: 'iidp.com',
      version: 'v1beta1',
      plural: 'appmodels',
      scope: 'Namespaced',
      subresources: ['status'],
    });
    expect(await discovery.byResource('', 'v1', 'pods')).toMatchObject({ kind: 'Pod', shortNames: ['po'] });
    const meant = async (name: string): Promise<string> => {
      const found = await discovery.byName(name);
      return `${found.plural}.${found.version}.${found.group}`;
    };
    expect(await meant('AM')).toBe('appmodels.v1.iidp.com');
    expect(await meant('appmodel.v1beta1.iidp.com')).toBe('appmodels.v1beta1.iidp.com');
    expect(await meant('events')).toBe('events.v1.');
    expect(await meant('ev.events.k8s.io')).toBe('events.v1.events.k8s.io');
    expect(await meant('pods')).toBe('pods.v1.');
    expect(server.seen.length).toBe(old ? 6 : 2);
    expect(discovery.counters).toMatchObject({ refreshes: 1 });
    client.close();
    await server.close();
  });
}

test('a kind that is not known is asked for at its group version, so that one whose CRD was made a moment ago is found at once', async () => {
  const clock = createVirtualClock();
  const served = world();
  const server = await startDiscovery(served);
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { clock });
  await expect(client.dynamic({ apiVersion: 'new.example/v1', kind: 'Gear' })).rejects.toThrow(DiscoveryError);
  await expect(client.dynamic({ apiVersion: 'new.example/v1', kind: '__proto__' })).rejects.toThrow(
    /serves no kind __proto__ in new.example\/v1/,
  );
  expect(server.seen.map((request) => request.path)).toEqual(['/api', '/apis', '/apis/new.example/v1', '/apis/new.example/v1']);
  served.groups['new.example'] = [{ version: 'v1', resources: [resource('gears', 'Gear')] }];
  expect((await client.dynamic({ apiVersion: 'new.example/v1', kind: 'Gear' })).type.plural).toBe('gears');
  expect((await client.dynamic({ group: 'new.example', version: 'v1', plural: 'gears' })).type.kind).toBe('Gear');
  expect((await client.discovery.groups()).map((group) => group.name)).toContain('new.example');
  client.close();
  await server.close();
});

test('a name that is not known reads everything anew, at most once a second, and waits for that second before it says no', async () => {
  const clock = createVirtualClock();
  const served = world();
  const server = await startDiscovery(served);
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { clock });
  expect((await client.discovery.byName('appmodels')).kind).toBe('AppModel');
  served.groups['new.example'] = [{ version: 'v1', resources: [resource('gears', 'Gear')] }];
  const asked = [
    client.discovery.byName('gears'),
    client.discovery.byName('gears'),
    client.discovery.byName('none').catch((error: unknown) => error),
  ];
  const settled = Promise.all(asked);
  const over = settled.then(() => true);
  while (!(await Promise.race([over, clock.advance(100).then(() => false)])));
  const [first, second, third] = await settled;
  expect([first, second].map((found) => (found as { plural: string }).plural)).toEqual(['gears', 'gears']);
  expect(third).toBeInstanceOf(DiscoveryError);
  expect(client.discovery.counters.refreshes).toBe(2);
  client.close();
  await server.close();
});

test('a group version that cannot tell is not one without the kind', async () => {
  const server = await startDiscovery({ ...world(), dead: 'events.k8s.io' }, true);
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  await expect(client.dynamic({ apiVersion: 'events.k8s.io/v1', kind: 'Gear' })).rejects.toThrow(
    /could not tell whether it serves kind Gear/,
  );
  client.close();
  await server.close();
});

test('a group whose server is dead hides no other, and is named when something is not found', async () => {
  const server = await startDiscovery({ ...world(), dead: 'events.k8s.io' }, true);
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  expect((await client.discovery.byName('appmodels')).kind).toBe('AppModel');
  await expect(client.discovery.byName('gears')).rejects.toThrow(/could not tell what these hold: events.k8s.io\/v1/);
  client.close();
  await server.close();
});

test('a group version that aggregated discovery calls stale is used as far as it is told, hides no other, and is named when something is not found', async () => {
  const stale = [{ version: 'v1', resources: [resource('events', 'Event')], freshness: 'Stale' }];
  const server = await startDiscovery({ groups: { ...world().groups, 'metrics.example': stale } });
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  expect((await client.discovery.byName('appmodels')).kind).toBe('AppModel');
  expect((await client.discovery.byKind('metrics.example/v1', 'Event')).plural).toBe('events');
  await expect(client.discovery.byName('gears')).rejects.toThrow(/could not tell what these hold: metrics.example\/v1/);
  client.close();
  await server.close();
});

test('serves asks for one group version', async () => {
  const server = await startDiscovery(world());
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  expect(await client.serves('iidp.com/v1', 'appmodels')).toBe(true);
  expect(await client.serves('iidp.com/v1', 'gears')).toBe(false);
  expect(await client.serves('discovery.k8s.io/v1beta1', 'endpointslices')).toBe(false);
  expect(server.seen.map((request) => request.path)).toEqual(['/apis/iidp.com/v1', '/apis/iidp.com/v1', '/apis/discovery.k8s.io/v1beta1']);
  client.close();
  await server.close();
});
