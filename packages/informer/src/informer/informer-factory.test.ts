import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import { createInformerFactory, InformerOptionsError, InformerStoppedError, scopeId } from '../index.ts';
import type { Informer, InformerFactory, ScopeStatus } from '../index.ts';
import { ModelApi, ModelServer, lineOf, thingType } from '../testing/index.ts';
import type { Thing } from '../testing/index.ts';

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

test('a lease that was stopped is told of nothing more, while the others go on', async () => {
  const { clock, factory, server } = world();
  const first = factory.informer(thingType);
  const second = factory.informer(thingType);
  const told: string[] = [];
  first.onStatus(({ state }) => told.push(state));
  const undone = first.onStatus(({ state }) => told.push(state));
  undone[Symbol.dispose]();
  const removed = first.handle(() => undefined);
  removed.remove();
  expect(first.handlers).toEqual([]);
  first.handle((delta) => void told.push(lineOf(delta)));
  expect(factory.leases).toBe(2);
  second.start();
  await second.whenSynced();
  const waits = [
    first.waitFor({ scope: scopeId(''), version: '999999' }, { deadlineMs: 60_000 }),
    first.deltas().next(),
    factory.informer(thingType, { namespaces: ['a'] }).whenSynced(),
  ];
  const ends = Promise.allSettled(waits);
  await first.stop();
  expect([factory.leases, factory.shared]).toEqual([2, 2]);
  told.length = 0;
  server.cut();
  server.put('default', 'c', 3);
  await clock.advance(5000);
  expect(told).toEqual([]);
  expect(second.view.size).toBe(2);
  for (const body of [
    () => first.start(),
    () => first.handle(() => undefined),
    () => first.onStatus(() => undefined),
    () => first.addIndex('x', () => []),
  ])
    expect(body).toThrow(InformerStoppedError);
  expect(() => first.setNamespaces(['a'])).toThrow(InformerStoppedError);
  await expect(first.waitFor({ scope: scopeId(''), version: '999999' }, { deadlineMs: 1 })).rejects.toBeInstanceOf(InformerStoppedError);
  await expect(first.save()).rejects.toBeInstanceOf(InformerStoppedError);
  await first.whenSynced();
  await factory.stop();
  expect((await ends).map((end) => (end.status === 'rejected' ? (end.reason as { code?: string }).code : end.value))).toEqual([
    'STOPPED',
    { done: true, value: undefined },
    'STOPPED',
  ]);
});

test('a factory that was stopped gives nothing more, and what it gave is stopped', async () => {
  const { api, clock, factory } = world();
  const running = factory.informer(thingType);
  const unstarted = factory.informer(thingType, { labelSelector: 'sel=yes' });
  running.start();
  await running.whenSynced();
  const stopped = factory.stop();
  expect(factory.stop()).toBe(stopped);
  await stopped;
  expect([factory.shared, factory.leases, api.open, clock.pending]).toEqual([0, 0, 0, 0]);
  expect(() => factory.informer(thingType)).toThrow(InformerStoppedError);
  for (const informer of [running, unstarted]) {
    expect(() => informer.start()).toThrow(InformerStoppedError);
    expect(() => informer.handle(() => undefined)).toThrow(InformerStoppedError);
    await informer.stop();
  }
  expect([factory.shared, factory.leases]).toEqual([0, 0]);
});

test('a kind of the same path under another name is not shared', async () => {
  const { factory } = world();
  factory.informer(thingType);
  factory.informer({ ...thingType, kind: 'Other' });
  expect(factory.shared).toBe(2);
  await factory.stop();
});

test('a lease that was stopped tells what holds, and rejects what it would have to wait for', async () => {
  const { clock, factory } = world();
  const informer: Informer<Thing> = factory.informer<Thing>(thingType);
  // The watch lives on by another use.
  factory.informer<Thing>(thingType).start();
  await clock.settle();
  await informer.stop();
  const { scope, resourceVersion: version } = informer.scopes()[0] as ScopeStatus;
  await informer.whenSynced();
  await informer.waitFor({ scope, version }, { deadlineMs: 1000 });
  await expect(informer.waitFor({ scope, version: '999' }, { deadlineMs: 1000 })).rejects.toBeInstanceOf(InformerStoppedError);
  await factory.stop();
  expect(clock.pending).toBe(0);
});

test('what a lease cannot work with is refused by name, as an informer refuses it', async () => {
  const { factory } = world();
  const informer = factory.informer<Thing>(thingType);
  for (const wrong of [null, 7, 'x', { signal: 'x' }, { workers: 2 }])
    expect(() => informer.deltas(wrong as never), JSON.stringify(wrong)).toThrow(InformerOptionsError);
  const goal = { scope: scopeId(''), version: '1' };
  await expect(informer.whenSynced('x' as never)).rejects.toBeInstanceOf(InformerOptionsError);
  await expect(informer.waitFor(goal, null as never)).rejects.toBeInstanceOf(InformerOptionsError);
  await expect(informer.waitFor(goal, { deadlineMs: 5, signal: 7 as never })).rejects.toBeInstanceOf(InformerOptionsError);
  await factory.stop();
});
