import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import { createInformerFactory } from '../index.ts';
import type { InformerFactory } from '../index.ts';
import { ModelApi, ModelServer, lineOf, thingType } from '../testing/index.ts';

function world(): { clock: ReturnType<typeof createVirtualClock>; server: ModelServer; api: ModelApi; factory: InformerFactory } {
  const clock = createVirtualClock();
  const server = new ModelServer(clock);
  const api = new ModelApi(server);
  server.put('default', 'a', 1);
  return { clock, server, api, factory: createInformerFactory({ clock, source: (namespace) => api.source(namespace) }) };
}

test('informers of equal type, scope, selector and projection share one watch; others have their own', async () => {
  const { api, clock, factory } = world();
  const informers = [
    factory.informer(thingType),
    factory.informer({ ...thingType }),
    factory.informer(thingType, { namespaces: [''] }),
    factory.informer(thingType, { labelSelector: 'sel=yes' }),
    factory.informer(thingType, { namespaces: ['b', 'a'] }),
    factory.informer(thingType, { namespaces: ['a', 'b'] }),
    factory.informer(thingType, { drop: [['spec']] }),
  ];
  for (const informer of informers) informer.start();
  await clock.settle();
  expect(factory.shared).toBe(4);
  expect(api.requests).toHaveLength(5);
  expect(informers[0]?.view).toBe(informers[1]?.view);
  await factory.stop();
  expect(api.open).toBe(0);
  expect(clock.pending).toBe(0);
});

test('stopping one takes its own handlers away; the watch ends with the last', async () => {
  const { api, clock, factory, server } = world();
  const first = factory.informer(thingType);
  const second = factory.informer(thingType);
  const lines: string[][] = [[], []];
  first.handle((delta) => void lines[0]?.push(lineOf(delta)));
  second.handle((delta) => void lines[1]?.push(lineOf(delta)));
  first.start();
  await clock.settle();
  await first.stop();
  await first.stop();
  server.put('default', 'b', 2);
  await clock.settle();
  expect(lines.map((each) => each.length)).toEqual([1, 2]);
  expect(api.open).toBe(1);
  expect(first.handlers).toHaveLength(0);
  await second.stop();
  expect(api.open).toBe(0);
  expect(factory.shared).toBe(0);
  const again = factory.informer(thingType);
  again.start();
  await again.whenSynced();
  expect(again.view.size).toBe(2);
  await factory.stop();
});

test('a shared informer’s scopes cannot be changed by one of its users', () => {
  const { factory } = world();
  expect(() => factory.informer(thingType).setNamespaces(['a'])).toThrow('shared');
});
