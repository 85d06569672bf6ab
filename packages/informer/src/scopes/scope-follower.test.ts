import type { ResourceSource } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import { expect, test } from 'vitest';
import type { Informer } from '../index.ts';
import { createInformer, followConfigMap, followNamespaces, readScopeConfig } from '../index.ts';
import { createModelRig, ModelApi, ModelServer, thingType } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

const namespaceType: ResourceType<Thing> = { ...thingType, scope: 'Cluster' };
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Namespaces, one ConfigMap and things in namespaces, each with a server of its own, on one clock. */
function world(first: readonly string[] = []): {
  readonly things: ModelRig;
  readonly namespaces: ModelServer;
  readonly namespaceInformer: Informer<Thing>;
  readonly configMaps: Informer<ConfigMap>;
  config(data: Record<string, string> | undefined): void;
  start(): Promise<void>;
  scopes(): string;
  held(): string;
} {
  const things = createModelRig({ namespaces: first });
  for (const namespace of ['a', 'b', 'c']) things.server.put(namespace, 'thing', 1);
  const { clock } = things;
  const namespaces = new ModelServer(clock);
  const namespaceApi = new ModelApi(namespaces);
  const namespaceInformer = createInformer<Thing>({ type: namespaceType, clock, source: (namespace) => namespaceApi.source(namespace) });
  const configs = new ModelServer(clock);
  const configApi = new ModelApi(configs);
  const said = new Map<number, Record<string, string>>();
  /** The model's objects carry a number; here it stands for the data. */
  const dressed = (bytes: Uint8Array): Uint8Array => {
    const { spec, ...object } = JSON.parse(decoder.decode(bytes)) as { spec?: { payload: number } };
    return encoder.encode(JSON.stringify({ ...object, ...(spec === undefined ? {} : { data: said.get(spec.payload) }) }));
  };
  const source = (inner: ResourceSource): ResourceSource => ({
    async *watchFrames(options, signal) {
      for await (const frames of inner.watchFrames(options, signal))
        yield frames.map((frame) => (frame.type === 'ERROR' ? frame : { ...frame, object: dressed(frame.object) }));
    },
    async *listPages(options, signal) {
      for await (const page of inner.listPages(options, signal)) yield { ...page, items: page.items.map(dressed) };
    },
  });
  const configMaps = createInformer<ConfigMap>({
    type: thingType as unknown as ResourceType<ConfigMap>,
    clock,
    namespaces: ['system'],
    source: (namespace) => source(configApi.source(namespace)),
  });
  let count = 0;
  return {
    things,
    namespaces,
    namespaceInformer,
    configMaps,
    config(data) {
      if (data === undefined) configs.delete('system', 'scope');
      else {
        count += 1;
        said.set(count, data);
        configs.put('system', 'scope', count);
      }
    },
    async start() {
      things.informer.start();
      namespaceInformer.start();
      configMaps.start();
      await clock.settle();
    },
    scopes: () =>
      things.informer
        .scopes()
        .map(({ namespace, state }) => `${namespace === '' ? '*' : namespace}:${state}`)
        .sort()
        .join(' '),
    held: () => [...things.informer.view.select()].map(({ key }) => key.namespace).join(' '),
  };
}

test('what a ConfigMap says is read as names or a selector, and what it cannot mean is named', () => {
  const read = (data: Record<string, string>): string => {
    const { namespaces, selector } = readScopeConfig(data);
    return `${namespaces === undefined ? '*' : [...namespaces].join(' ')}${selector === undefined ? '' : ' selected'}`;
  };
  expect(read({ watchNamespaces: 'a, b\n c,,a ' })).toBe('a b c');
  expect(read({ watchNamespaces: '["a","b"]' })).toBe('a b');
  expect(read({ watchNamespaces: '[]' })).toBe('');
  for (const all of ['*', '', ' \n', '["*"]']) expect(read({ watchNamespaces: all })).toBe('*');
  expect(read({ scopeSelector: 'team=ml' })).toBe('* selected');
  expect(read({ watchNamespaces: 'a', scopeSelector: 'team in (ml, x),!hidden' })).toBe('a selected');
  expect(read({ watchNamespaces: '*', scopeSelector: ' ' })).toBe('*');
  const wrong: [Record<string, unknown> | undefined, RegExp][] = [
    [undefined, /neither watchNamespaces nor scopeSelector/u],
    [{ other: 'x' }, /neither watchNamespaces nor scopeSelector/u],
    [{ __proto__: { watchNamespaces: 'a' } }, /neither watchNamespaces/u],
    [{ watchNamespaces: 'a *' }, /\* stands for all/u],
    [{ watchNamespaces: 'a/b' }, /"a\/b" is no name of a namespace/u],
    [{ watchNamespaces: '__proto__' }, /is no name/u],
    [{ watchNamespaces: 'x'.repeat(64) }, /at most 63/u],
    [{ watchNamespaces: '[1]' }, /something else than names/u],
    [{ watchNamespaces: '["a"' }, /no JSON array/u],
    [{ watchNamespaces: 7 }, /no text but 7/u],
    [{ scopeSelector: '=' }, /^scopeSelector: /u],
  ];
  for (const [data, message] of wrong) expect(() => readScopeConfig(data)).toThrow(message);
});

test('namespaces are followed by their labels, live, and the scopes that stay are not touched', async () => {
  const w = world();
  w.namespaces.put('', 'a', 1, { team: 'ml' });
  w.namespaces.put('', 'b', 1, { team: 'web' });
  using follower = followNamespaces(w.things.informer, { namespaces: w.namespaceInformer, selector: 'team=ml' });
  expect([follower.state, follower.namespaces]).toEqual(['waiting', []]);
  await w.start();
  await follower.ready;
  expect([follower.state, w.scopes(), w.held()]).toEqual(['following', 'a:Watching', 'a']);
  const watches = (): number => w.things.informer.scopes().find(({ namespace }) => namespace === 'a')?.counters.watches ?? 0;
  const before = watches();
  w.namespaces.put('', 'c', 1, { team: 'ml' });
  w.namespaces.put('', 'b', 2, { team: 'ml' });
  await w.things.clock.settle();
  expect([w.scopes(), w.held()]).toEqual(['a:Watching b:Watching c:Watching', 'a b c']);
  expect(watches()).toBe(before);
  w.namespaces.put('', 'b', 3, { team: 'web' });
  w.namespaces.delete('', 'c');
  await w.things.clock.settle();
  expect([w.scopes(), w.held(), follower.namespaces]).toEqual(['a:Watching', 'a', ['a']]);
  w.namespaces.delete('', 'a');
  await w.things.clock.settle();
  expect([follower.state, w.scopes(), w.held()]).toEqual(['following', '', '']);
});

test('no scope is taken away for a list of namespaces that is not complete', async () => {
  const w = world(['a', 'b']);
  for (const name of ['a', 'b']) w.namespaces.put('', name, 1, { team: 'ml' });
  using follower = followNamespaces(w.things.informer, { namespaces: w.namespaceInformer, selector: 'team=ml' });
  w.things.informer.start();
  await w.things.clock.settle();
  expect([follower.state, follower.reason, w.held()]).toEqual(['waiting', 'nothing was read yet', 'a b']);
  const gone: string[] = [];
  w.things.informer.handle(({ type, entry }) => void (type === 'deleted' && gone.push(entry.key.namespace)));
  w.namespaceInformer.start();
  await w.things.clock.settle();
  expect([follower.state, w.held(), gone]).toEqual(['following', 'a b', []]);
});

test('a ConfigMap’s list is followed; while it says nothing usable, and after it is gone, what it said last stays', async () => {
  const w = world();
  const told: string[] = [];
  using follower = followConfigMap(w.things.informer, { configMaps: w.configMaps, namespace: 'system', name: 'scope' });
  follower.onChange(({ state, reason }) => told.push(`${state} ${reason}`));
  await w.start();
  expect(told).toEqual(['waiting there is no ConfigMap system/scope']);
  w.config({ watchNamespaces: 'a b' });
  await w.things.clock.settle();
  expect([follower.state, w.scopes(), w.held()]).toEqual(['following', 'a:Watching b:Watching', 'a b']);
  w.config({ watchNamespaces: 'b,NOT-ONE' });
  await w.things.clock.settle();
  expect([follower.state, w.held()]).toEqual(['kept', 'a b']);
  expect(follower.reason).toMatch(/^the ConfigMap system\/scope at \d+: watchNamespaces: "NOT-ONE" is no name of a namespace/u);
  w.config({ watchNamespaces: '*' });
  await w.things.clock.settle();
  expect([follower.state, w.scopes(), w.held()]).toEqual(['following', '*:Watching', 'a b c']);
  w.config({ watchNamespaces: 'c' });
  await w.things.clock.settle();
  w.config(undefined);
  await w.things.clock.settle();
  expect([follower.state, follower.reason, w.held()]).toEqual(['kept', 'there is no ConfigMap system/scope', 'c']);
  w.config({ watchNamespaces: 'c' });
  await w.things.clock.settle();
  expect([follower.state, follower.reason]).toEqual(['following', '']);
  w.config({ scopeSelector: 'team=ml' });
  await w.things.clock.settle();
  expect([follower.state, w.held()]).toEqual(['kept', 'c']);
  expect(follower.reason).toContain('no informer of Namespaces');
  follower[Symbol.dispose]();
  w.config({ watchNamespaces: 'a' });
  await w.things.clock.settle();
  expect(w.held()).toBe('c');
});

test('a ConfigMap with a list and a selector means those of the list whose labels match', async () => {
  const w = world();
  for (const [name, team] of [
    ['a', 'ml'],
    ['b', 'ml'],
    ['c', 'web'],
  ] as const)
    w.namespaces.put('', name, 1, { team });
  using follower = followConfigMap(w.things.informer, {
    configMaps: w.configMaps,
    namespace: 'system',
    name: 'scope',
    namespaces: w.namespaceInformer,
  });
  w.config({ watchNamespaces: 'b c', scopeSelector: 'team=ml' });
  await w.start();
  expect([follower.state, w.held()]).toEqual(['following', 'b']);
  w.namespaces.put('', 'c', 2, { team: 'ml' });
  await w.things.clock.settle();
  expect(w.held()).toBe('b c');
  w.config({ scopeSelector: 'team=ml' });
  await w.things.clock.settle();
  expect(w.held()).toBe('a b c');
});
