import { getEventListeners } from 'node:events';
import { configMapType, podType } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { connectionFromDefaults } from './connect/connection-from-defaults.ts';
import { connectionFromKubeconfig } from './connect/connection-from-kubeconfig.ts';
import { connectionInCluster } from './connect/connection-in-cluster.ts';
import { connectionFrom } from './connection/connection-from.ts';
import { createClient } from './client.ts';
import { ConfigError, RequestError } from './errors.ts';
import { pem, startServer } from './testing/test-server.ts';
import { limitsOf } from './transport/transport-options.ts';

test('an option that is misspelt or of a wrong type is refused by name, wherever options are taken', async () => {
  const connection = connectionFrom({ server: 'https://127.0.0.1:1' });
  const client = createClient(connection);
  const maps = client.resource(configMapType, { namespace: 'a' });
  const wrong = (value: unknown): never => value as never;
  const calls: readonly (readonly [() => unknown, typeof ConfigError | typeof RequestError, RegExp])[] = [
    [() => createClient(connection, wrong({ limit: {} })), ConfigError, /createClient: there is no option "limit"; there are http, /],
    [() => createClient(connection, wrong(null)), ConfigError, /the options are no object/],
    [() => createClient(connection, wrong({ budget: { perSec: 1 } })), ConfigError, /in the budget there is no option "perSec"/],
    [() => createClient(connection, wrong({ budget: 5 })), ConfigError, /budget is no object/],
    [() => createClient(connection, wrong({ limits: 5 })), ConfigError, /limits is no object/],
    [() => createClient(connection, wrong({ onWarning: 'x' })), ConfigError, /onWarning is no function/],
    [() => createClient(connection, wrong({ kinds: {} })), ConfigError, /kinds is no list/],
    [() => createClient(connection, wrong({ cluster: 5 })), ConfigError, /cluster is no string/],
    [() => connectionFrom(wrong({ server: 'https://a', tokn: 's3cret' })), ConfigError, /there is no option "tokn"/],
    [() => connectionFromKubeconfig(wrong({ contxt: 'prod' })), ConfigError, /there is no option "contxt"/],
    [() => connectionFromDefaults(wrong({ contxt: 'prod' })), ConfigError, /there is no option "contxt"/],
    [() => connectionInCluster(wrong({ foldr: '/x' })), ConfigError, /there is no option "foldr"/],
    [() => client.resource(configMapType, wrong({ namspace: 'x' })), RequestError, /there is no option "namspace"/],
    [() => client.resource(configMapType, wrong('x')), RequestError, /the options are "x"; expected an object/],
    [() => client.resource(wrong(undefined)), RequestError, /the type is undefined; expected \{ group, /],
    [() => client.dynamic({ apiVersion: 'v1', kind: 'Pod' }, wrong({ namspace: 'x' })), RequestError, /there is no option "namspace"/],
    [() => client.version(wrong({ deadline: 5 })), RequestError, /there is no option "deadline"/],
    [() => client.serves('v1', 'pods', wrong({ deadline: 5 })), RequestError, /there is no option "deadline"/],
    [
      () => client.request(wrong({ method: 'GET', path: '/x', deadlineMs: 5 })),
      RequestError,
      /there is no option "deadlineMs"; .*requestMs/,
    ],
    [() => client.raw(wrong({ method: 'GET', path: '/x', header: {} })), RequestError, /there is no option "header"; .*headers/],
    [() => maps.source(wrong({ namspace: 'x' })), RequestError, /there is no option "namspace"/],
    [() => maps.source(wrong({ namespace: 5 })), RequestError, /namespace is 5/],
    [() => maps.asTable(wrong({ includeobject: 'None' })), RequestError, /there is no option "includeobject"/],
    [() => maps.asTable(wrong({ includeObject: 'Some' })), RequestError, /includeObject is "Some"; expected "None" or /],
    [
      () => client.discovery.groups(wrong({ signal: AbortSignal.abort() })),
      RequestError,
      /the signal is an object; expected an AbortSignal/,
    ],
    [() => client.discovery.byName(wrong(undefined)), RequestError, /the name is undefined/],
  ];
  for (const [call, type, message] of calls) {
    const error: unknown = await (async () => call())().catch((caught: unknown) => caught);
    expect(error, String(call)).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('s3cret');
  }
  expect(client.counters.requests).toBe(0);
  client.close();
});

test('a client and its connection ask, open and read nothing before the first request', async () => {
  await using server = await startServer((_, response) => response.end('{}'));
  let asked = 0;
  const credentials = {
    get: () => {
      asked++;
      return Promise.resolve({ token: 't' });
    },
  };
  for (const http of [1, 2] as const) {
    const client = createClient(connectionFrom({ server: server.url, ca: pem.ca, credentials }), { http });
    client.resource(configMapType).source();
    client.resource(podType, { namespace: 'a' }).asTable();
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect([asked, server.accepted(), client.counters.connections]).toEqual([0, 0, 0]);
    client.close();
  }
});

test('every call takes a signal, and rejects with its reason while it waits for the answer', async () => {
  await using server = await startServer(() => {});
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { budget: { perSecond: 0 } });
  const maps = client.resource(configMapType, { namespace: 'a' });
  const object = { metadata: { name: 'x' } };
  const calls: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
    get: (signal) => maps.get('x', { signal }),
    find: (signal) => maps.find('x', { signal }),
    list: (signal) => maps.list({ signal }).next(),
    pages: (signal) => maps.pages({ signal }).next(),
    watch: (signal) => maps.watch({ signal }).next(),
    listPages: (signal) => maps.listPages({}, signal)[Symbol.asyncIterator]().next(),
    watchFrames: (signal) => maps.watchFrames({}, signal)[Symbol.asyncIterator]().next(),
    create: (signal) => maps.create(object, { signal }),
    replace: (signal) => maps.replace(object, { signal }),
    replaceStatus: (signal) => maps.replaceStatus(object, { signal }),
    patch: (signal) => maps.patch('x', {}, { signal }),
    apply: (signal) => maps.apply(object, { signal }),
    applyStatus: (signal) => maps.applyStatus(object, { signal }),
    delete: (signal) => maps.delete('x', { signal }),
    deleteCollection: (signal) => maps.deleteCollection({ all: true, signal }),
    getSubresource: (signal) => maps.getSubresource('x', 'scale', { signal }),
    writeSubresource: (signal) => maps.writeSubresource('POST', 'x', 'token', {}, { signal }),
    scale: (signal) => maps.scale('x', 1, { signal }),
    evict: (signal) => maps.evict('x', { signal }),
    'metadata get': (signal) => maps.asMetadata().get('x', { signal }),
    'table pages': (signal) => maps.asTable().pages({ signal }).next(),
    version: (signal) => client.version({ signal }),
    serves: (signal) => client.serves('v1', 'pods', { signal }),
    request: (signal) => client.request({ method: 'GET', path: '/x', signal }),
    raw: (signal) => client.raw({ method: 'GET', path: '/x', signal }),
    dynamic: (signal) => client.dynamic({ apiVersion: 'v1', kind: 'Pod' }, { signal }),
    resolve: (signal) => client.kinds.resolve({ apiVersion: 'v1', kind: 'Pod' }, { signal }),
    groups: (signal) => client.discovery.groups(signal),
    byName: (signal) => client.discovery.byName('po', {}, signal),
  };
  for (const [name, call] of Object.entries(calls)) {
    const abort = new AbortController();
    const reason = new Error(`the reason of ${name}`);
    const made = call(abort.signal).catch((error: unknown) => error);
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    expect(await made, name).toBe(reason);
    expect(getEventListeners(abort.signal, 'abort'), name).toEqual([]);
  }
  client.close();
});

test('serves ends by the deadline that the call names', async () => {
  await using server = await startServer(() => {});
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { limits: { requestMs: 60_000 } });
  await expect(client.serves('v1', 'pods', { deadlineMs: 50 })).rejects.toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'request' });
  client.close();
});

test('the limits are those that the README names', () => {
  expect(limitsOf({})).toEqual({
    requestMs: 30_000,
    idleMs: 90_000,
    unreadMs: 10 * 60_000,
    atOnce: 32,
    pingMs: 30_000,
    pingTimeoutMs: 15_000,
    answerBytes: 64 * 1024 ** 2,
    pageBytes: 512 * 1024 ** 2,
    lineBytes: 16 * 1024 ** 2,
  });
  expect(limitsOf({ http: 2 }).atOnce).toBe(400);
});
