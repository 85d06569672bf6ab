import { request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createController } from '../controller/controller.ts';
import { createDebugServer } from './debug-server.ts';
import { createHealthServer } from './health-server.ts';

const hostile = `<script>alert("1")</script>&'\``;

function served(): ReturnType<typeof createDebugServer> {
  const clock = createVirtualClock();
  const controller = createController<string>({ name: hostile, idOf: (key) => key, reconcile: () => {}, clock });
  controller.enqueue(hostile);
  const scope = {
    scope: 's',
    cluster: '',
    namespace: hostile,
    state: 'Forbidden',
    reason: `${hostile} token=hunter2`,
    since: -5_000,
    synced: false,
    resourceVersion: '7',
    ageMs: 1_500,
    epoch: 0,
    counters: {},
  };
  return createDebugServer({
    host: '127.0.0.1',
    clock,
    read: () => ({
      controllers: [controller],
      informers: [{ resource: hostile, events: [hostile], informer: { view: { size: 3 }, handlers: [], scopes: () => [scope] } as never }],
      election: hostile,
    }),
  });
}

function ask(
  url: string,
  headers: Record<string, string>,
  path = '/',
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { path, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('the page shows scopes and queues, escaped, without scripts and without secrets', async () => {
  const server = served();
  const url = await server.listen(0);
  const { status, body, headers } = await ask(url, {});
  expect(status).toBe(200);
  expect(body).not.toContain('<script');
  expect(body).not.toContain('hunter2');
  for (const shown of ['Forbidden', '1.5 s', '5.0 s', '&#60;script&#62;', 'Keys that wait longest', 'Last events'])
    expect(body).toContain(shown);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  await server.stop();
});

test.each([
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example:80', 403],
  ['[::1].evil', 403],
  ['127.0.0.1:1:2', 403],
  ['localhost', 200],
  ['LOCALHOST:80', 200],
  ['127.0.0.1:9', 200],
  ['[::1]:9', 200],
])('a request with the Host %j is answered %s', async (host, status) => {
  const server = served();
  const url = await server.listen(0);
  expect((await ask(url, { host })).status).toBe(status);
  await server.stop();
});

test('requests of other sites, other paths and other methods are refused', async () => {
  const server = served();
  const url = await server.listen(0);
  expect((await ask(url, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await ask(url, {}, '/x')).status).toBe(404);
  expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
  await server.stop();
});

test.each(['0.0.0.0', '', '::', '10.0.0.1', 'example.com', undefined])('the address %s is refused', (host) => {
  expect(() =>
    createDebugServer({ host: host as string, read: () => ({ controllers: [], informers: [] }), clock: createVirtualClock() }),
  ).toThrow('no loopback address');
});

test('a server opens one port once, and none after its stop', async () => {
  const server = createHealthServer({});
  await server.listen('127.0.0.1', 0);
  await expect(server.listen('127.0.0.1', 0)).rejects.toThrow('listens already');
  await server.stop();
  await server.stop();
  await expect(server.listen('127.0.0.1', 0)).rejects.toThrow('was stopped');
  const never = createHealthServer({});
  await never.stop();
  await expect(never.listen('127.0.0.1', 0)).rejects.toThrow('was stopped');
  for (const port of [-1, 1.5, 65_536, NaN]) await expect(createHealthServer({}).listen('127.0.0.1', port)).rejects.toThrow('port');
});

test.each([
  ['nothing, then goes', ''],
  ['half a header', 'GET /livez HTTP/1.1\r\nHost: '],
  ['no HTTP', '\0\0\0\r\n\r\n'],
  ['64 KB of header', `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`],
  ['an upgrade', 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\0\0garbage'],
  ['a CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a body that never ends', 'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx'],
  ['two lengths', 'GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['an odd path', 'GET //%2e%2e/%zz?exclude=%zz&exclude=__proto__ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute path', 'GET http://evil/livez HTTP/1.1\r\nHost: a\r\n\r\n'],
])('whoever sends %s costs only their own connection', async (_what, bytes) => {
  const errors: unknown[] = [];
  const server = createHealthServer({ onError: (error) => void errors.push(error) });
  const url = await server.listen('127.0.0.1', 0);
  const port = Number(new URL(url).port);
  const peers = await Promise.all(
    [0, 1, 2].map(async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      return socket;
    }),
  );
  peers[0]?.resetAndDestroy();
  peers[1]?.end();
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  await server.stop();
  for (const peer of peers) peer.destroy();
  expect(errors).toEqual([]);
});

test.each([
  ['h2c', 'Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
  ['a WebSocket', 'Upgrade\r\nUpgrade: websocket'],
])('an offer to upgrade to %s is ignored: the request is answered, and what is sent behind it is not', async (_what, offer) => {
  const server = createHealthServer({});
  const url = await server.listen('127.0.0.1', 0);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.write(`GET /livez HTTP/1.1\r\nHost: a\r\nConnection: ${offer}\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n`);
  await once(socket, 'close');
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  expect(text).toMatch(/connection: close/iu);
  await server.stop();
});

test('connections that are held open without a request keep nobody away', async () => {
  const server = createHealthServer({});
  const url = await server.listen('127.0.0.1', 0);
  const port = Number(new URL(url).port);
  const idle = Array.from({ length: 600 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  const asks = connect(port, '127.0.0.1');
  asks.write('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const [data] = (await once(asks, 'data')) as [Buffer];
  expect(String(data)).toMatch(/^HTTP\/1\.1 200/u);
  for (const socket of idle) socket.destroy();
  await server.stop();
});

test('two checks of one name, and one that takes the server’s own, are refused', () => {
  const check = (): void => {};
  expect(() =>
    createHealthServer({
      ready: [
        { name: 'a', check },
        { name: 'a', check },
      ],
    }),
  ).toThrow('taken');
  expect(() => createHealthServer({ ready: [{ name: 'serving', check }] })).toThrow('taken');
  expect(() => createHealthServer({ live: [{ name: '', check }] })).toThrow('empty');
});
