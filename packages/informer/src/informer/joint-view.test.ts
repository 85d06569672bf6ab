import { expect, expectTypeOf, test } from 'vitest';
import type { ResourceType } from '@kubecast/crd';
import { createObjectStore, parseLabelSelector } from '@kubecast/store';
import type { Entry, ObjectStore } from '@kubecast/store';
import { byOwner, createInformer, jointView, scopeId } from '../index.ts';
import type { Delta, Informer } from '../index.ts';
import { createModelRig } from '../testing/index.ts';

interface Pod {
  readonly kind: 'Pod';
  readonly spec: { readonly nodeName: string };
}
interface Service {
  readonly kind: 'Service';
  readonly spec: { readonly ports: readonly { readonly port: number }[] };
}

function storeOf<T>(kind: string): ObjectStore<T> {
  return createObjectStore<T>({ apiVersion: 'v1', kind, indexes: { owner: byOwner } });
}

function put<T>(store: ObjectStore<T>, kind: string, name: string, owner: string | undefined, labels: Record<string, string> = {}): void {
  const ownerReferences = owner === undefined ? undefined : [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: owner }];
  const metadata = { name, namespace: 'default', uid: `uid-of-${kind}-${name}`, resourceVersion: '5', labels, ownerReferences };
  store.put({
    object: new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind, metadata, spec: {} })),
    cluster: '',
    scope: scopeId('', ''),
  });
}

function filled(): { pods: ObjectStore<Pod>; services: ObjectStore<Service> } {
  const pods = storeOf<Pod>('Pod');
  const services = storeOf<Service>('Service');
  put(pods, 'Pod', 'b', 'owner-1', { app: 'web' });
  put(pods, 'Pod', 'a', 'owner-1');
  put(pods, 'Pod', 'c', 'owner-2');
  put(services, 'Service', 'a', 'owner-1', { app: 'web' });
  put(services, 'Service', '__proto__', undefined);
  return { pods, services };
}

test('all objects of several kinds that one owner has are found by an index they share', () => {
  const { pods, services } = filled();
  const of = jointView({ Pod: pods, Service: services });
  const found = [...of.select({ index: { name: 'owner', value: 'owner-1' } })].map(({ kind, entry }) => `${kind} ${entry.key.name}`);
  expect(found).toEqual(['Pod a', 'Pod b', 'Service a']);
  expect([...of.select({ index: { name: 'owner', value: 'nobody' } })]).toEqual([]);
});

test('all objects of several kinds that carry a label are found', () => {
  const { pods, services } = filled();
  const found = [...jointView({ Pod: pods, Service: services }).select({ labels: parseLabelSelector('app=web') })];
  expect(found.map(({ kind, entry }) => `${kind} ${entry.key.name}`)).toEqual(['Pod b', 'Service a']);
});

test('an index that is added to live informers finds at once what stands there, and what comes later', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'even', 2);
  rig.server.put('default', 'odd', 1);
  rig.informer.start();
  await rig.clock.settle();
  rig.informer.addIndex('parity', (entry) => [entry.value.spec.payload % 2 === 0 ? 'even' : 'odd']);
  const things = jointView({ first: rig.informer, second: rig.informer });
  const even = (): string[] =>
    [...things.select({ index: { name: 'parity', value: 'even' } })].map(({ kind, entry }) => `${kind} ${entry.key.name}`);
  expect(even()).toEqual(['first even', 'second even']);
  rig.server.put('default', 'odd', 4);
  rig.server.delete('default', 'even');
  await rig.clock.settle();
  expect(even()).toEqual(['first odd', 'second odd']);
  await rig.informer.stop();
});

test('an entry has the type of its kind, and events that of the resource: no any on the way', () => {
  const { pods, services } = filled();
  for (const found of jointView({ Pod: pods, Service: services }).select({})) {
    if (found.kind === 'Pod') expectTypeOf(found.entry).toEqualTypeOf<Entry<Pod>>();
    else expectTypeOf(found.entry).toEqualTypeOf<Entry<Service>>();
  }
  const type: ResourceType<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', scope: 'Namespaced' };
  const informer = createInformer({
    type,
    namespaces: [],
    source: { listPages: async function* () {}, watchFrames: async function* () {} },
  });
  expectTypeOf(informer).toEqualTypeOf<Informer<Pod>>();
  informer.handle((delta) => void expectTypeOf(delta).toEqualTypeOf<Delta<Pod>>());
  expectTypeOf(informer.view.get({ cluster: '', namespace: '', name: '' })).not.toBeAny();
  expectTypeOf<Delta<Pod>['entry']['value']>().not.toBeAny();
  // @ts-expect-error a Pod has no ports
  void informer.view.get({ cluster: '', namespace: '', name: '' })?.spec.ports;
});

test('what has no view is refused by its name', () => {
  for (const [wrong, name] of [
    [null, 'kinds'],
    [[], 'kinds'],
    [{ Pod: null }, 'kinds.Pod'],
    [{ Pod: undefined }, 'kinds.Pod'],
    [{ Pod: {} }, 'kinds.Pod'],
    [{ Pod: { view: {} } }, 'kinds.Pod'],
  ] as const)
    expect(() => jointView(wrong as never), name).toThrow(new RegExp(`^${name}: .* cannot work`, 'u'));
});
