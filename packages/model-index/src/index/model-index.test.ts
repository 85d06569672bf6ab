import { expect, test } from 'vitest';
import type { Frame, ResourceSource, WatchOptions } from '@kubecast/client';
import { appModel, endpointSliceType, endpointsType, serviceType, type AppModel, type ResourceType, type Service } from '@kubecast/crd';
import { createInformer, type Informer } from '@kubecast/informer';
import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import {
  chooseEndpoints,
  joinModelIndex,
  type EndpointSliceLike,
  type EndpointsLike,
  type HeldPayload,
  type ModelEvent,
  type ModelIndex,
  type PayloadSource,
  type WantedPayload,
} from '../index.ts';

const encoder = new TextEncoder();

/** One kind of an API server: a list that streams, then a watch that goes on until it is cut. */
class Served<T> {
  readonly informer: Informer<T>;
  readonly #objects = new Map<string, Record<string, unknown>>();
  readonly #type: ResourceType<T>;
  readonly #tell = new Set<(frame: Frame) => void>();
  #version = 10;

  constructor(type: ResourceType<T>, clock: VirtualClock) {
    this.#type = type;
    this.informer = createInformer<T>({ type, clock, source: this.#source(), namespaces: ['n'] });
  }

  put(
    name: string,
    content: Record<string, unknown>,
    options: { created?: string; labels?: Record<string, string>; uid?: string } = {},
  ): void {
    this.#version += 1;
    const { group, version, kind } = this.#type;
    const object = {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      metadata: {
        name,
        namespace: 'n',
        uid: options.uid ?? `uid-${name}`,
        resourceVersion: String(this.#version),
        creationTimestamp: options.created ?? '2026-01-01T00:00:00Z',
        labels: options.labels ?? {},
      },
      ...content,
    };
    const type = this.#objects.has(name) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(name, object);
    this.#send(type, object);
  }

  remove(name: string): void {
    this.#version += 1;
    const object = this.#objects.get(name) as { metadata: Record<string, unknown> };
    this.#objects.delete(name);
    this.#send('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  #send(type: Frame['type'], object: unknown): void {
    for (const tell of this.#tell) tell({ type, object: encoder.encode(JSON.stringify(object)) });
  }

  #source(): ResourceSource {
    const watchFrames = async function* (this: Served<T>, options: WatchOptions, signal: AbortSignal): AsyncGenerator<readonly Frame[]> {
      const queue: Frame[] = [];
      let wake = Promise.withResolvers<void>();
      const tell = (frame: Frame): void => {
        queue.push(frame);
        wake.resolve();
      };
      this.#tell.add(tell);
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      if (options.sendInitialEvents === true) {
        for (const object of this.#objects.values()) tell({ type: 'ADDED', object: encoder.encode(JSON.stringify(object)) });
        const { group, version, kind } = this.#type;
        tell({
          type: 'BOOKMARK',
          object: encoder.encode(
            JSON.stringify({
              apiVersion: group === '' ? version : `${group}/${version}`,
              kind,
              metadata: { resourceVersion: String(this.#version), annotations: { 'k8s.io/initial-events-end': 'true' } },
            }),
          ),
        });
      }
      try {
        while (!signal.aborted) {
          if (queue.length > 0) yield queue.splice(0);
          else {
            await wake.promise;
            wake = Promise.withResolvers<void>();
          }
        }
      } finally {
        this.#tell.delete(tell);
      }
    }.bind(this);
    return {
      watchFrames,
      listPages: () => {
        throw new Error('not asked for here');
      },
    };
  }
}

/** Metadata that a test loads by hand. */
class HandPayloads implements PayloadSource {
  readonly wanted = new Map<string, WantedPayload>();
  readonly loaded = new Map<string, HeldPayload>();
  readonly #listeners = new Set<(id: string) => void>();
  readonly first = Promise.withResolvers<void>();
  wants = 0;
  resyncs = 0;

  want(item: WantedPayload): void {
    if (this.wanted.get(item.id)?.version !== item.version) this.wants += 1;
    this.wanted.set(item.id, item);
  }

  forget(id: string): void {
    this.wanted.delete(id);
    this.loaded.delete(id);
  }

  get(id: string): HeldPayload | undefined {
    return this.loaded.get(id);
  }

  hold(id: string, held: HeldPayload): void {
    this.loaded.set(id, held);
    for (const listener of this.#listeners) listener(id);
  }

  onChange(listener: (id: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  resync(): void {
    this.resyncs += 1;
  }

  settled(): Promise<void> {
    return this.first.promise;
  }
}

interface Rig {
  readonly clock: VirtualClock;
  readonly appModels: Served<AppModel>;
  readonly services: Served<Service>;
  readonly slices: Served<EndpointSliceLike>;
  readonly payloads: HandPayloads;
  readonly index: ModelIndex;
}

function rig(): Rig {
  const clock = createVirtualClock();
  const appModels = new Served<AppModel>(appModel, clock);
  const services = new Served<Service>(serviceType, clock);
  const slices = new Served<EndpointSliceLike>(endpointSliceType as ResourceType<EndpointSliceLike>, clock);
  const payloads = new HandPayloads();
  const index = joinModelIndex(
    {
      appModels: appModels.informer,
      services: services.informer,
      endpoints: { kind: 'EndpointSlice', informer: slices.informer },
      payloads,
    },
    { clock },
  );
  return { clock, appModels, services, slices, payloads, index };
}

const spec = (version: string): Record<string, unknown> => ({ spec: { app: 'IIoT', version: '1', models: [{ name: 'm', version }] } });
const id = '["n","IIoT","m"]';

test('the index is synced when everything was listed and the first metadata is loaded, not before', async () => {
  const { clock, appModels, services, slices, payloads, index } = rig();
  appModels.put('iiot', spec('1'));
  services.put('iiot', { spec: { ports: [{ name: 'http', port: 80 }] } });
  slices.put(
    'iiot-1',
    { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: 'http', port: 8080 }] },
    { labels: { 'kubernetes.io/service-name': 'iiot' } },
  );
  index.start();
  await clock.advance(1_000);
  expect(index.resolve('n', 'm')).toMatchObject({
    state: 'missing',
    metadata: null,
    version: '1',
    endpoints: [{ address: '10.0.0.1', port: 8080 }],
  });
  expect(index.hasSynced).toBe(false);
  payloads.hold(id, { state: 'current', version: '1', payload: { a: 1 }, staleForMs: 0 });
  payloads.first.resolve();
  await index.synced;
  expect(index.hasSynced).toBe(true);
  expect(index.resolve('n', 'm')).toMatchObject({ state: 'current', metadata: { a: 1 }, freshness: { resourceVersion: '11' } });
  expect(index.sources().map((source) => `${source.kind} ${source.state}`)).toEqual([
    'AppModel Watching',
    'Service Watching',
    'EndpointSlice Watching',
  ]);
  await index.stop();
  expect(index.resolve('n', 'm')).toMatchObject({ metadata: { a: 1 } });
});

test('changes on the watch are in the index and are told, and an object that leaves is forgotten', async () => {
  const { clock, appModels, payloads, index } = rig();
  const told: string[] = [];
  index.subscribe((event: ModelEvent) => told.push(`${event.type} ${event.what} ${event.version}`));
  index.start();
  await clock.advance(1_000);
  appModels.put('iiot', spec('1'));
  await clock.advance(1_000);
  payloads.hold(id, { state: 'current', version: '1', payload: 'one', staleForMs: 0 });
  appModels.put('iiot', spec('2'));
  await clock.advance(1_000);
  payloads.hold(id, { state: 'stale', version: '1', payload: 'one', staleForMs: 5, reason: 'Redis is away' });
  expect(index.resolve('n', 'm')).toMatchObject({
    version: '1',
    announcedVersion: '2',
    state: 'stale',
    staleForMs: 5,
    metadata: 'one',
    reason: 'Redis is away',
  });
  expect(index.problems()).toMatchObject([{ code: 'MetadataStale', model: 'm' }]);
  appModels.remove('iiot');
  await clock.advance(1_000);
  expect(index.resolve('n', 'm')).toBeUndefined();
  expect(payloads.wanted.size).toBe(0);
  expect(told).toEqual([
    'added announcement 1',
    'updated metadata 1',
    'updated announcement 2',
    'updated metadata 2',
    'removed announcement 2',
  ]);
  await index.stop();
});

test('a resync comes every period, wants nothing again and tries again what failed', async () => {
  const { clock, appModels, payloads, index } = rig();
  appModels.put('iiot', spec('1'));
  index.start();
  await clock.advance(1_000);
  expect(payloads.wants).toBe(1);
  await clock.advance(2 * 330_000);
  expect(index.counters.resyncs).toBe(2);
  expect(payloads.resyncs).toBe(2);
  expect(payloads.wants).toBe(1);
  expect(index.counters.resyncRepairs).toBe(0);
  await index.stop();
});

test('a waiter that is aborted is let go, and the index goes on', async () => {
  const { index } = rig();
  const abort = new AbortController();
  const waiting = index.whenSynced(abort.signal);
  abort.abort(new Error('no patience'));
  await expect(waiting).rejects.toThrow('no patience');
  await index.stop();
  await index.stop();
});

test('a cluster that cannot be asked for its endpoints is asked again, and the state says why', async () => {
  const { clock, appModels, services, slices, payloads } = rig();
  let asked = 0;
  const serves = (groupVersion: string): Promise<boolean> => {
    asked += 1;
    return asked < 3 ? Promise.reject(new Error('connection refused')) : Promise.resolve(groupVersion === 'discovery.k8s.io/v1beta1');
  };
  const built: string[] = [];
  const index = joinModelIndex(
    {
      appModels: appModels.informer,
      services: services.informer,
      payloads,
      endpoints: (signal, onTrouble) =>
        chooseEndpoints(
          serves,
          {
            slices: (type) => {
              built.push(`${type.group}/${type.version}`);
              return slices.informer;
            },
            endpoints: () => {
              throw new Error('not asked for here');
            },
          },
          clock,
          signal,
          onTrouble,
        ),
    },
    { clock },
  );
  payloads.first.resolve();
  index.start();
  await clock.settle();
  expect(index.sources().at(-1)).toMatchObject({
    kind: 'EndpointSlice',
    state: 'BackingOff',
    reason: expect.stringContaining('connection refused') as string,
  });
  await clock.advance(10_000);
  expect(built).toEqual(['discovery.k8s.io/v1beta1']);
  await index.synced;
  await index.stop();
});

test('a cluster without EndpointSlices is read by its Endpoints', async () => {
  const { clock, appModels, services, payloads } = rig();
  const endpoints = new Served<EndpointsLike>(endpointsType as ResourceType<EndpointsLike>, clock);
  const index = joinModelIndex(
    {
      appModels: appModels.informer,
      services: services.informer,
      payloads,
      endpoints: (signal, onTrouble) =>
        chooseEndpoints(
          () => Promise.resolve(false),
          {
            slices: () => {
              throw new Error('not asked for here');
            },
            endpoints: () => endpoints.informer,
          },
          clock,
          signal,
          onTrouble,
        ),
    },
    { clock },
  );
  appModels.put('iiot', spec('1'));
  services.put('iiot', { spec: { ports: [{ name: 'http', port: 80 }] } });
  endpoints.put('iiot', {
    subsets: [{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ name: 'http', port: 8080 }] }],
  });
  index.start();
  await clock.advance(1_000);
  expect(index.resolve('n', 'm')?.endpoints).toEqual([{ address: '10.0.0.1', port: 8080, ready: true, zone: null }]);
  await index.stop();
});

test('an index that is stopped while it still asks for the kind of endpoints ends, and its waiters are told', async () => {
  const { clock, appModels, services, payloads } = rig();
  const index = joinModelIndex(
    {
      appModels: appModels.informer,
      services: services.informer,
      payloads,
      endpoints: (signal, onTrouble) =>
        chooseEndpoints(
          () => Promise.reject(new Error('down')),
          {
            slices: () => {
              throw new Error('not asked for here');
            },
            endpoints: () => {
              throw new Error('not asked for here');
            },
          },
          clock,
          signal,
          onTrouble,
        ),
    },
    { clock },
  );
  index.start();
  const waiting = index.whenSynced();
  await clock.settle();
  await index.stop();
  await expect(waiting).rejects.toThrow('the model index was stopped');
});
