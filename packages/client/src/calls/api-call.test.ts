import { configMapType } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterEach, expect, test } from 'vitest';
import { type ClientOptions, createClient, type KubernetesClient } from '../client.ts';
import type { ConnectionInit } from '../connection/connection.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { ClosedError, faultOf, ProtocolError, RequestError, TimeoutError } from '../errors.ts';
import { answerJson, type Handler, pem, startServer, type TestServer } from '../testing/test-server.ts';
import { isStatusError } from './status-error.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function world(
  handler: Handler,
  options: ClientOptions = {},
  init: Partial<ConnectionInit> = {},
): Promise<{ server: TestServer; client: KubernetesClient }> {
  const server = await startServer(handler);
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca, ...init }), { budget: { perSecond: 0 }, ...options });
  ends.push(
    () => server.close(),
    () => {
      client.close();
    },
  );
  return { server, client };
}
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
const status = (code: number, more: object = {}): object => ({ kind: 'Status', status: 'Failure', message: 'no', code, ...more });

/** Refuses the first requests, then answers. */
function refusing(code: number, times: number, headers: Record<string, string>, body: object = status(code)): Handler {
  return (_, response) => {
    if (times-- > 0) answerJson(response, code, body, headers);
    else answerJson(response, 200, { kind: 'ConfigMap', metadata: { name: 'x' } });
  };
}

async function settled<T>(clock: ReturnType<typeof createVirtualClock>, promise: Promise<T>): Promise<T> {
  const over = promise.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, clock.advance(100).then(() => false)])));
  return promise;
}

test.each([429, 500, 502, 503])(
  'a read obeys the Retry-After of a %i ten times, as client-go does, and a list and a watch as well',
  async (code) => {
    const clock = createVirtualClock();
    const { server, client } = await world(refusing(code, 10, { 'retry-after': '1' }), { clock, limits: { requestMs: 0 } });
    const maps = client.resource(configMapType, { namespace: 'a' });
    expect((await settled(clock, maps.get('x'))).metadata.name).toBe('x');
    expect(server.seen).toHaveLength(11);
    expect(clock.now()).toBeGreaterThanOrEqual(10_000);
    for (const call of [
      (own: KubernetesClient): unknown => own.resource(configMapType).pages().next(),
      (own: KubernetesClient): unknown => own.resource(configMapType).watch().next(),
    ]) {
      let times = 2;
      const other = await world(
        (_, response) => {
          if (times-- > 0) answerJson(response, code, status(code), { 'retry-after': '1' });
          else response.end('{"kind":"ConfigMapList","items":[],"type":"ADDED","object":{"metadata":{}}}\n');
        },
        { clock },
      );
      await settled(clock, Promise.resolve(call(other.client)));
      expect(other.server.seen).toHaveLength(3);
    }
  },
);

test('the eleventh refusal is thrown, and one without Retry-After at once; so is a 504, which says that a version is not there yet', async () => {
  const clock = createVirtualClock();
  const { server, client } = await world(refusing(503, 99, { 'retry-after': '1' }), { clock, limits: { requestMs: 0 } });
  expect(await settled(clock, caught(client.resource(configMapType).get('x')))).toMatchObject({ statusCode: 503, retryAfterMs: 1000 });
  expect(server.seen).toHaveLength(11);
  for (const [code, headers] of [
    [503, {}],
    [429, {}],
    [504, { 'retry-after': '1' }],
  ] as const) {
    const once = await world(refusing(code, 99, headers), { clock });
    expect(await settled(clock, caught(once.client.resource(configMapType).get('x')))).toMatchObject({ statusCode: code });
    expect(once.server.seen).toHaveLength(1);
  }
});

test('a write is sent again after a 429 with Retry-After, and after nothing else: it may have been done', async () => {
  const clock = createVirtualClock();
  for (const [code, seen] of [
    [429, 3],
    [503, 1],
    [500, 1],
  ] as const) {
    const { server, client } = await world(refusing(code, 2, { 'retry-after': '1' }), { clock });
    const maps = client.resource(configMapType, { namespace: 'a' });
    for (const write of [(): Promise<unknown> => maps.create({ metadata: { name: 'x' } }), (): Promise<unknown> => maps.delete('x')]) {
      server.seen.length = 0;
      const answer = await settled(clock, caught(write()));
      if (code !== 429) expect(answer).toMatchObject({ statusCode: code });
      expect(server.seen.length).toBeLessThanOrEqual(seen);
    }
  }
});

test("a 429 about one object makes that call wait alone; the server's own limit, and one of a read, hold back all", async () => {
  const budget = { kind: 'Status', message: 'Cannot evict pod', code: 429, details: { causes: [{ reason: 'DisruptionBudget' }] } };
  const { client } = await world((request, response) => {
    if (request.path.endsWith('/eviction')) return answerJson(response, 429, budget, { 'retry-after': '10' });
    if (request.path.endsWith('/full'))
      return response.writeHead(429, { 'retry-after': '1' }).end('Too many requests, please try again later.');
    answerJson(response, 200, { kind: 'ConfigMap', metadata: { name: 'x' } });
  });
  const maps = client.resource(configMapType, { namespace: 'a' });
  const abort = new AbortController();
  const evicted = caught(maps.writeSubresource('POST', 'x', 'eviction', {}, { signal: abort.signal, deadlineMs: 20_000 }));
  // What another call waits is what the counter tells: none of it here.
  for (let i = 0; i < 20; i++) await maps.get('y');
  expect(client.counters.budget).toMatchObject({ pauses: 0, delayed: 0 });
  abort.abort(new Error('enough'));
  expect(await evicted).toMatchObject({ message: 'enough' });
  expect(await caught(maps.evict('x'))).toMatchObject({ statusCode: 429, retryAfterMs: 10_000 });
  expect(client.counters.budget.pauses).toBe(0);
  expect(await caught(maps.patch('full', {}, { deadlineMs: 500 }))).toMatchObject({ statusCode: 429 });
  expect(client.counters.budget.pauses).toBe(1);
});

test('one deadline covers the waits, the answers and their repeats; a Retry-After beyond it is thrown at once', async () => {
  const clock = createVirtualClock();
  const { server, client } = await world(refusing(429, 99, { 'retry-after': '1' }), { clock });
  const begun = clock.now();
  const error = await settled(clock, caught(client.resource(configMapType).get('x', { deadlineMs: 1500 })));
  expect(error).toMatchObject({ statusCode: 429, retryAfterMs: 1000 });
  expect(clock.now() - begun).toBeLessThanOrEqual(1600);
  expect(server.seen).toHaveLength(2);
  const other = await world(refusing(429, 99, { 'retry-after': '1' }), { clock });
  const later = clock.now();
  expect(await settled(clock, caught(other.client.resource(configMapType).get('x', { deadlineMs: 900 })))).toMatchObject({
    statusCode: 429,
  });
  expect([other.server.seen.length, clock.now() - later]).toEqual([1, expect.toSatisfy((ms: number) => ms <= 200)]);
});

test('the deadline that a call names covers credentials that hang, and the budget', async () => {
  const never = { get: () => new Promise<never>(() => {}) };
  const { server, client } = await world(() => {}, {}, { credentials: never });
  const error = await caught(client.resource(configMapType).get('x', { deadlineMs: 50 }));
  expect(error).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'credentials' });
  expect(server.seen).toEqual([]);
  const slow = await world((_, response) => answerJson(response, 200, { metadata: {} }), { budget: { perSecond: 0.01, burst: 1 } });
  await slow.client.resource(configMapType).get('x');
  expect(await caught(slow.client.resource(configMapType).get('x', { deadlineMs: 50 }))).toMatchObject({ phase: 'budget', afterMs: 50 });
});

test('the deadline covers the second try with new credentials too', async () => {
  const clock = createVirtualClock();
  let tokens = 0;
  const credentials = { get: () => Promise.resolve({ token: `t${tokens++}` }) };
  let refuse: (() => void) | undefined;
  const { server, client } = await world(
    (_, response) => {
      refuse = (): void => {
        answerJson(response, 401, status(401));
      };
    },
    { clock },
    { credentials },
  );
  const seen = async (count: number): Promise<void> => {
    while (server.seen.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const error = caught(client.resource(configMapType).get('x', { deadlineMs: 1000 }));
  await seen(1);
  await clock.advance(600);
  refuse?.();
  await seen(2);
  await clock.advance(401);
  expect(await error).toBeInstanceOf(TimeoutError);
});

test('a request that cannot be sent is a RequestError before anything is sent: bodies, headers, paths, methods', async () => {
  const { server, client } = await world((_, response) => answerJson(response, 200, {}));
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const bodies = [
    {},
    [],
    5,
    Number.NaN,
    true,
    null,
    5n,
    () => {},
    Symbol('x'),
    new ReadableStream(),
    new ArrayBuffer(1),
    new Uint16Array(1),
    cycle,
    '\ud800',
  ];
  const wrong: readonly object[] = [
    ...bodies.map((body) => ({ method: 'POST', path: '/x', body })),
    { method: 'GET', path: '/x', body: 'x' },
    ...['get', 'CONNECT', 'TRACE', '', null, undefined, 'GET /y HTTP/1.1\r\n'].map((method) => ({ method, path: '/x' })),
    ...['', 'x', 'https://other/x', '/a b', '/a\r\nx: y', '/a\nb', '/ü', '/\0', '/\ud800', null, undefined, 5].map((path) => ({
      method: 'GET',
      path,
    })),
    ...['a\r\nb', 'a\nb', '\0', 'ü\u0100', 5, null, ['a'], undefined].map((value) => ({
      method: 'GET',
      path: '/x',
      headers: { 'x-y': value },
    })),
    ...['', 'a b', 'a:b', 'ü', 'a\r\nb', 'Content-Length', 'transfer-encoding', 'Host', 'connection', 'upgrade'].map((name) => ({
      method: 'GET',
      path: '/x',
      headers: { [name]: 'x' },
    })),
    { method: 'GET', path: '/x', headers: 'x: y' },
    { method: 'GET', path: '/x', accept: 'a\r\nb' },
    { method: 'POST', path: '/x', body: 'x', contentType: 'a\nb' },
    { method: 'GET', path: '/x', requestMs: Number.NaN },
    { method: 'GET', path: '/x', idleMs: -1 },
    { method: 'GET', path: '/x', retries: 'x' },
    { method: 'GET', path: '/x', priority: 'urgent' },
    { method: 'GET', path: '/x', stream: 'yes' },
    { method: 'GET', path: '/x', signal: {} },
  ];
  for (const request of [undefined, null, 'GET /x', ...wrong] as never[]) {
    for (const error of [await caught(client.request(request)), await caught(client.raw(request))]) {
      expect(
        error,
        String(request === null || request === undefined ? request : Object.values(request as object).map(String)),
      ).toBeInstanceOf(RequestError);
      expect(faultOf(error)).toBe('program');
    }
  }
  expect([server.seen.length, client.counters.requests, client.counters.budget.granted]).toEqual([0, 0, 0]);
});

test('an object that JSON cannot say is a RequestError with its path, in every write', async () => {
  const { server, client } = await world((request, response) =>
    answerJson(response, 200, request.body === '' ? {} : JSON.parse(request.body)),
  );
  const maps = client.resource(configMapType, { namespace: 'a' });
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const value of [
    Number.NaN,
    Infinity,
    () => {},
    Symbol('x'),
    new Map(),
    new ReadableStream(),
    [undefined],
    cycle,
    2 ** 53,
    new Date(Number.NaN),
    '\udc00',
  ]) {
    const bad = { metadata: { name: 'x' }, data: { value } } as never;
    for (const write of [
      (): Promise<unknown> => maps.create(bad),
      (): Promise<unknown> => maps.replace(bad),
      (): Promise<unknown> => maps.apply(bad),
      (): Promise<unknown> => maps.patch('x', bad),
      (): Promise<unknown> => maps.patch('x', [{ op: 'add', path: '/data', value }]),
      (): Promise<unknown> => maps.writeSubresource('PUT', 'x', 'scale', bad),
    ]) {
      const error = await caught(write());
      expect(error, String(typeof value)).toBeInstanceOf(RequestError);
      expect((error as Error).message).toMatch(/value|cycle/);
    }
  }
  expect(server.seen).toEqual([]);
  await maps.patch('x', { data: { nanos: 9007199254740993n } });
  expect(server.seen[0]?.body).toBe('{"data":{"nanos":9007199254740993}}');
});

test('a closed client throws ClosedError from every call, which is no fault of a connection', async () => {
  const { client } = await world(() => {});
  const maps = client.resource(configMapType, { namespace: 'a' });
  const waiting = caught(maps.get('x'));
  const watching = caught(maps.watch().next());
  const source = maps.source();
  client.close();
  const { signal } = new AbortController();
  for (const error of [
    await waiting,
    await watching,
    await caught(maps.get('x')),
    await caught(maps.create({ metadata: { name: 'x' } })),
    await caught(maps.watch().next()),
    await caught(maps.list().next()),
    await caught(source.listPages({}, signal)[Symbol.asyncIterator]().next()),
    await caught(source.watchFrames({}, signal)[Symbol.asyncIterator]().next()),
    await caught(client.dynamic({ apiVersion: 'a/v1', kind: 'B' })),
    await caught(client.version()),
    await caught(client.raw({ method: 'GET', path: '/x' })),
  ]) {
    expect(error).toBeInstanceOf(ClosedError);
    expect(faultOf(error)).toBe('closed');
  }
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0, budget: { waiting: 0 } });
});

test('faultOf tells the errors apart; what this package did not throw is of the program', () => {
  expect(
    [new TypeError('x'), undefined, new RequestError('x'), new ClosedError(), new TimeoutError('idle', 1, 'x'), new ProtocolError('x')].map(
      faultOf,
    ),
  ).toEqual(['program', 'program', 'program', 'closed', 'connection', 'answer']);
});

test('a page of HTML with 200, and a redirect, say what came: neither is followed nor taken for an object', async () => {
  const { server, client } = await world(
    (request, response) => {
      if (request.path.includes('/moved'))
        return response.writeHead(307, { location: 'https://user:secret@login.example/start?token=secret#x' }).end();
      if (request.path.includes('/gone'))
        return response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>Bad gateway</h1></html>');
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>\n<title>Please log in</title>');
    },
    {},
    { token: 'mine' },
  );
  const maps = client.resource(configMapType, { namespace: 'a' });
  for (const call of [
    (): Promise<unknown> => maps.get('x'),
    (): Promise<unknown> => maps.list().next(),
    (): Promise<unknown> => maps.watch().next(),
    (): Promise<unknown> => client.discovery.groups(),
    (): Promise<unknown> => maps.asTable().pages().next(),
  ]) {
    const error = await caught(call());
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toMatch(/text\/html; charset=utf-8.*<!doctype html> <title>Please log in/);
  }
  server.seen.length = 0;
  const moved = await caught(maps.get('moved'));
  expect(isStatusError(moved) && [moved.statusCode, moved.message]).toEqual([
    307,
    expect.stringContaining('HTTP 307 to https://login.example/start;'),
  ]);
  expect(String(moved)).not.toContain('secret');
  expect(server.seen).toHaveLength(1);
  expect(await caught(maps.get('gone'))).toMatchObject({
    statusCode: 502,
    message: expect.stringMatching(/HTTP 502 with a page of text\/html/) as string,
  });
});
