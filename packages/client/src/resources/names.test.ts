import { configMapType, type KubernetesObject, namespaceType, type ResourceType } from '@kubecast/crd';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClient, type KubernetesClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { faultOf, RequestError } from '../errors.ts';
import { answerJson, pem, startServer, type TestServer } from '../testing/test-server.ts';
import type { ResourceClient } from './resource-client.ts';

let server: TestServer;
let client: KubernetesClient;
beforeAll(async () => {
  // Whatever comes is answered as a success, so that only the client can refuse.
  server = await startServer((request, response) => {
    const kind = request.headers.accept?.includes('as=Table') === true ? 'Table' : 'ConfigMapList';
    answerJson(response, 200, { kind, metadata: { name: 'x' }, items: [] });
  });
  client = createClient(connectionFrom({ server: server.url, ca: pem.ca, namespace: 'home' }), { budget: { perSecond: 0 } });
});
beforeEach(() => {
  server.seen.length = 0;
});
afterAll(async () => {
  client.close();
  await server.close();
});

const notNames: readonly unknown[] = [
  undefined,
  null,
  '',
  ' ',
  '\t',
  '\u00a0',
  '.',
  '..',
  'a/b',
  '/',
  'a%2fb',
  '%',
  'a\nb',
  'a\r',
  'a\0',
  'a\u007f',
  'a\u2028b',
  '\ud800',
  'a\udfff',
  'x'.repeat(254),
  0,
  1,
  Number.NaN,
  Infinity,
  5n,
  true,
  false,
  {},
  { toString: () => 'x' },
  [],
  ['x'],
  Symbol('x'),
  () => 'x',
  new String('x'),
];

type Maps = ResourceClient<KubernetesObject>;
type Call = (maps: Maps, name: string) => unknown;
const object = (name: string): KubernetesObject => ({ metadata: { name } });

/** Every call that takes the name of an object. */
const byName: Readonly<Record<string, Call>> = {
  get: (maps, name) => maps.get(name),
  'get of a subresource': (maps, name) => maps.get(name, { subresource: 'status' }),
  find: (maps, name) => maps.find(name),
  delete: (maps, name) => maps.delete(name),
  patch: (maps, name) => maps.patch(name, {}),
  'JSON patch': (maps, name) => maps.patch(name, []),
  apply: (maps, name) => maps.apply(object(name)),
  applyStatus: (maps, name) => maps.applyStatus(object(name)),
  replace: (maps, name) => maps.replace(object(name)),
  replaceStatus: (maps, name) => maps.replaceStatus(object(name)),
  'create of a subresource': (maps, name) => maps.create(object(name), { subresource: 'token' }),
  getSubresource: (maps, name) => maps.getSubresource(name, 'scale'),
  writeSubresource: (maps, name) => maps.writeSubresource('PUT', name, 'scale', {}),
  scale: (maps, name) => maps.scale(name, 1),
  evict: (maps, name) => maps.evict(name),
  'metadata get': (maps, name) => maps.asMetadata().get(name),
  'table get': (maps, name) => maps.asTable().get(name),
};

async function refused(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

test.each(Object.entries(byName))('%s refuses whatever is no name before anything is sent, and sends one that is', async (_, call) => {
  for (const type of [configMapType, namespaceType] as readonly ResourceType[]) {
    const maps = client.resource(type as typeof configMapType) as unknown as Maps;
    for (const name of notNames) expect(await refused(() => call(maps, name as string)), typeof name).toBeInstanceOf(RequestError);
    expect(server.seen).toEqual([]);
    await call(maps, 'x'.repeat(253));
    expect(server.seen.splice(0).every((request) => request.path.includes('x'.repeat(253)))).toBe(true);
  }
});

test('create refuses a name that is there and no name; one may be left out, for generateName', async () => {
  const maps = client.resource(configMapType);
  for (const name of notNames.slice(1)) expect(await refused(() => maps.create(object(name as string)))).toBeInstanceOf(RequestError);
  expect(server.seen).toEqual([]);
  await maps.create({ metadata: { generateName: 'x-' } });
  expect(server.seen.map((request) => `${request.method} ${request.path}`)).toEqual(['POST /api/v1/namespaces/home/configmaps']);
});

test('a namespace that is none is refused wherever it is named: client, call, object', async () => {
  const maps = client.resource(configMapType);
  const list = (options: object): unknown => maps.list(options).next();
  for (const namespace of notNames.slice(1) as string[]) {
    const options = { namespace };
    if (namespace !== '') {
      expect(await refused(() => client.resource(configMapType, options))).toBeInstanceOf(RequestError);
      expect(await refused(() => list(options))).toBeInstanceOf(RequestError);
      expect(await refused(() => maps.asTable().pages(options).next())).toBeInstanceOf(RequestError);
      for (const call of [
        (): unknown => maps.create({ metadata: { name: 'x', namespace } }),
        (): unknown => maps.replace({ metadata: { name: 'x', namespace } }),
        (): unknown => maps.apply({ metadata: { name: 'x', namespace } }),
      ])
        expect(await refused(call)).toBeInstanceOf(RequestError);
    }
    for (const call of [
      (): unknown => maps.inNamespace(namespace),
      (): unknown => maps.get('x', options),
      (): unknown => maps.delete('x', options),
      (): unknown => maps.patch('x', {}, options),
      (): unknown => maps.create(object('x'), options),
      (): unknown => maps.evict('x', options),
      (): unknown => maps.deleteCollection({ all: true, ...options }),
    ])
      expect(await refused(call)).toBeInstanceOf(RequestError);
  }
  expect(await refused(() => maps.inNamespace(undefined as never))).toBeInstanceOf(RequestError);
  expect(server.seen).toEqual([]);
});

test('a group, version, plural, scope or subresource that is none is refused', async () => {
  for (const wrong of [null, '..', 'a/b', ' ', 5, {}] as unknown as string[]) {
    for (const part of ['group', 'version', 'plural', 'scope'] as const)
      expect(await refused(() => client.resource({ ...configMapType, [part]: wrong } as typeof configMapType)), part).toBeInstanceOf(
        RequestError,
      );
    // A subresource may have a path below it, and an apiVersion is a group and a version.
    if (wrong === 'a/b') continue;
    expect(await refused(() => client.resource(configMapType).getSubresource('x', wrong))).toBeInstanceOf(RequestError);
    expect(await refused(() => client.serves(wrong, 'x'))).toBeInstanceOf(RequestError);
  }
  server.seen.length = 0;
  for (const call of [
    (): unknown => client.resource(configMapType).getSubresource('x', undefined as never),
    (): unknown => client.resource(configMapType).writeSubresource('PUT', 'x', undefined as never, {}),
    (): unknown => client.resource(configMapType).writeSubresource('DELETE' as never, 'x', 'scale', {}),
    (): unknown => client.resource({ ...configMapType, scope: 'namespaced' as never }),
    (): unknown => client.dynamic(undefined as never),
    (): unknown => client.dynamic({ apiVersion: 5 as never, kind: 'ConfigMap' }),
    (): unknown => client.dynamic({ apiVersion: '../v1', kind: 'ConfigMap' }),
  ])
    expect(await refused(call)).toBeInstanceOf(RequestError);
  expect(server.seen).toEqual([]);
});

test('a collection is deleted only where the call says which part of it, or all of it', async () => {
  const maps = client.resource(configMapType, { namespace: 'home' });
  const wrong: readonly unknown[] = [
    undefined,
    null,
    {},
    { namespace: 'home' },
    { labelSelector: '' },
    { labelSelector: ' ' },
    { labelSelector: undefined },
    { labelSelector: null },
    { labelSelector: { a: 'b' } },
    { labelselector: 'a=b' },
    { fieldSelector: '' },
    { labelSelector: 'a=b', fieldSelector: undefined },
    { labelSelector: 'a=b', all: true },
    { all: false },
    { all: 'true' },
    { all: true, dryRun: 'yes' },
    { all: true, dryrun: true },
    'all',
  ];
  for (const options of wrong)
    expect(await refused(() => maps.deleteCollection(options as never)), String(options)).toBeInstanceOf(RequestError);
  expect(await refused(() => client.resource(configMapType).deleteCollection({ all: true }))).toBeInstanceOf(RequestError);
  expect(server.seen).toEqual([]);
  await maps.deleteCollection({ all: true });
  await maps.deleteCollection({ fieldSelector: 'metadata.name=x' });
  expect(server.seen.map((request) => `${request.method} ${request.path}`)).toEqual([
    'DELETE /api/v1/namespaces/home/configmaps',
    'DELETE /api/v1/namespaces/home/configmaps?fieldSelector=metadata.name%3Dx',
  ]);
});

test('an option of the wrong type, misspelt or half there is refused: none would do what it says', async () => {
  const maps = client.resource(configMapType) as unknown as Maps;
  const wrong: readonly (readonly [(options: never) => unknown, readonly object[]])[] = [
    [
      (options) => maps.delete('x', options),
      [
        { preconditions: { uid: undefined } },
        { preconditions: {} },
        { preconditions: { uid: '' } },
        { preconditions: { UID: 'u' } },
        { preconditions: 'u' },
        { propagationPolicy: 'background' },
        { gracePeriodSeconds: -1 },
        { gracePeriodSeconds: Number.NaN },
        { gracePeriodSeconds: '0' },
        { dryRun: 'true' },
        { dryRun: 1 },
        { dryRun: null },
        { signal: {} },
        { deadlineMs: Number.NaN },
        { deadlineMs: -1 },
        { deadlineMs: Infinity },
        { deadlineMs: '500' },
        { priority: 'urgent' },
        { priority: '__proto__' },
        { namepsace: 'x' },
      ],
    ],
    [(options) => maps.patch('x', {}, options), [{ kind: 'apply' }, { fieldManager: 5 }, { fieldValidation: 'strict' }, { force: true }]],
    [(options) => maps.apply(object('x'), options), [{ force: 'yes' }, { validate: 0 }, { dryRun: 'All' }]],
    [(options) => maps.replace(object('x'), options), [{ subresource: null }, { dry_run: true }]],
    [(options) => maps.get('x', options), [{ resourceVersion: 5 }, { accept: 5 }, { accept: 'a\r\nb' }]],
    [
      (options) => maps.list(options).next(),
      [{ limit: -1 }, { limit: '10' }, { limit: 1.5 }, { labelSelector: ['a'] }, { whenExpired: 'go on' }],
    ],
    [(options) => maps.asMetadata().list(options).next(), [{ limit: Number.NaN }]],
    [(options) => maps.asTable().pages(options).next(), [{ limit: Number.NaN }]],
    [
      (options) => maps.watch(options).next(),
      [{ timeoutSeconds: -1 }, { allowWatchBookmarks: 'yes' }, { labelselector: 'a' }, { labelSelector: '\ud800' }],
    ],
    [(options) => maps.asTable().watch(options).next(), [{ sendInitialEvents: 1 }]],
    [(options) => maps.asMetadata().watch(options).next(), [{ resourceVersionMatch: 'Exact' }]],
    [(options) => maps.scale('x', 1, options), [{ namespace: 5 }]],
  ];
  for (const [call, all] of wrong) {
    for (const options of [null, 'text', [], ...all]) {
      const error = await refused(() => call(options as never));
      expect(error, JSON.stringify(options)).toBeInstanceOf(RequestError);
      expect(faultOf(error)).toBe('program');
    }
  }
  for (const replicas of [-1, 1.5, Number.NaN, '3', undefined, null])
    expect(await refused(() => maps.scale('x', replicas as number))).toBeInstanceOf(RequestError);
  for (const body of [undefined, null, 'text', 5, [], { metadata: null }, { metadata: 'x' }]) {
    expect(await refused(() => maps.create(body as never))).toBeInstanceOf(RequestError);
    expect(await refused(() => maps.replace(body as never))).toBeInstanceOf(RequestError);
    expect(await refused(() => maps.apply(body as never))).toBeInstanceOf(RequestError);
  }
  for (const patch of [undefined, null, 'text', 5])
    expect(await refused(() => maps.patch('x', patch as never))).toBeInstanceOf(RequestError);
  expect(server.seen).toEqual([]);
});
