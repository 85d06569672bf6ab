import { gzipSync } from 'node:zlib';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { configMapType } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterEach, expect, test } from 'vitest';
import { type ClientOptions, createClient, type KubernetesClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A peer that says on each connection what the test wants, byte by byte. `seen`: what it read. */
async function peer(speak: (socket: Socket, count: number) => unknown): Promise<{ readonly url: string; readonly seen: () => string }> {
  let text = '';
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // Once for each request, at the end of its head.
      if (chunk.includes('\r\n\r\n')) speak(socket, count++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen: () => text };
}

function clientOf(url: string, options: ClientOptions = {}): KubernetesClient {
  const client = createClient(connectionFrom({ server: url, ca: pem.ca }), { budget: { perSecond: 0 }, ...options });
  ends.push(() => {
    client.close();
  });
  return client;
}

const ok = '{"kind":"ConfigMap","metadata":{"name":"x"}}';
const http = (head: string, body = ''): string => `HTTP/1.1 ${head}\r\n\r\n${body}`;
const caught = (promise: Promise<unknown>): Promise<{ readonly code?: string; readonly message?: string; readonly statusCode?: number }> =>
  promise.then(
    () => ({ message: 'no error' }),
    (error: unknown) => error as Error,
  );

/** What each peer says, and what becomes of a GET: `ok`, or the code of the error and a part of its message. */
const families: Readonly<Record<string, readonly [answer: string | Buffer, outcome: string, message?: RegExp]>> = {
  'a content length that fits': [http(`200 OK\r\ncontent-length: ${ok.length}`, ok), 'ok'],
  'interim answers before the answer': [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${http(`200 OK\r\ncontent-length: ${ok.length}`, ok)}`,
    'ok',
  ],
  'a 101 that nobody asked for': [
    http('101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade'),
    'CLIENT_PROTOCOL',
    /another protocol \(HTTP 101\)/,
  ],
  'a 204': [http('204 No Content'), 'CLIENT_PROTOCOL', /no object/],
  'a 205 without a body': [http('205 Reset Content\r\ncontent-length: 0'), 'CLIENT_PROTOCOL', /no object/],
  'a content length that is too long': [http(`200 OK\r\ncontent-length: ${ok.length + 1}`, ok), 'CLIENT_CONNECTION'],
  'a content length that is too short': [http('200 OK\r\ncontent-length: 20', ok), 'CLIENT_PROTOCOL', /not JSON/],
  'two content lengths that differ': [
    http(`200 OK\r\ncontent-length: ${ok.length}\r\ncontent-length: 3`, ok),
    'CLIENT_PROTOCOL',
    /not HTTP/,
  ],
  'a length that is a text': [http('200 OK\r\ncontent-length: many', ok), 'CLIENT_PROTOCOL', /not HTTP/],
  'a chunk that is cut': [http('200 OK\r\ntransfer-encoding: chunked', `ff\r\n${ok}`), 'CLIENT_CONNECTION'],
  'a chunk size that is none': [http('200 OK\r\ntransfer-encoding: chunked', `zz\r\n${ok}`), 'CLIENT_PROTOCOL', /not HTTP/],
  'a head that is cut': ['HTTP/1.1 200 OK\r\ncontent-', 'CLIENT_CONNECTION'],
  'no HTTP at all': ['SSH-2.0-OpenSSH_9.9\r\n', 'CLIENT_PROTOCOL', /not HTTP/],
  'a record of TLS': [Buffer.from([21, 3, 1, 0, 2, 2, 70]), 'CLIENT_PROTOCOL', /not HTTP/],
  'nothing, and the end': ['', 'CLIENT_CONNECTION'],
  'a body that is empty': [http('200 OK\r\ncontent-length: 0'), 'CLIENT_PROTOCOL', /no object/],
  'a body that is a list': [http('200 OK\r\ncontent-length: 2', '[]'), 'CLIENT_PROTOCOL', /no object/],
  'JSON with something after it': [http(`200 OK\r\ncontent-length: ${ok.length + 1}`, `${ok}x`), 'CLIENT_PROTOCOL', /not JSON/],
  'a header of 64 KB': [http(`200 OK\r\nx-large: ${'x'.repeat(65_536)}\r\ncontent-length: ${ok.length}`, ok), 'ok'],
  'headers without an end': [`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(400_000)}`, 'CLIENT_PROTOCOL', /not HTTP/],
  'a warning in UTF-8': [http(`200 OK\r\nwarning: 299 - "größer"\r\ncontent-length: ${ok.length}`, ok), 'ok'],
  'another content type': [http(`200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${ok.length}`, ok), 'ok'],
  'a redirect': [http('301 Moved Permanently\r\nlocation: /elsewhere\r\ncontent-length: 0'), 'CLIENT_STATUS', /HTTP 301 to \/elsewhere;/],
  'a redirect without a place': [http('302 Found\r\ncontent-length: 0'), 'CLIENT_STATUS', /HTTP 302/],
  'an unknown encoding': [http('200 OK\r\ncontent-encoding: br\r\ncontent-length: 1', 'x'), 'CLIENT_PROTOCOL', /content encoding "br"/],
  'two encodings': [
    http('200 OK\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 1', 'x'),
    'CLIENT_PROTOCOL',
    /content encoding "gzip, gzip"/,
  ],
  'gzip that is none': [
    http('200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4', 'oops'),
    'CLIENT_PROTOCOL',
    /compressed answer is damaged/,
  ],
};
for (const name of ['gzip', 'GZIP', 'x-gzip', 'X-GZip', ' gzip ', 'identity, gzip']) {
  const packed = gzipSync(ok);
  const head = Buffer.from(http(`200 OK\r\ncontent-encoding: ${name}\r\ncontent-length: ${packed.length}`));
  (families as Record<string, unknown>)[`the encoding ${JSON.stringify(name)}`] = [Buffer.concat([head, packed]), 'ok'];
  if (name === 'gzip')
    (families as Record<string, unknown>)['gzip that is cut'] = [Buffer.concat([head, packed.subarray(0, 20)]), 'CLIENT_CONNECTION'];
}
for (const name of ['identity', 'Identity', ''])
  (families as Record<string, unknown>)[`the encoding ${JSON.stringify(name)}`] = [
    http(`200 OK\r\ncontent-encoding: ${name}\r\ncontent-length: ${ok.length}`, ok),
    'ok',
  ];

test.each(Object.entries(families))(
  'a server that answers with %s: the object or a typed error, and nothing is left',
  async (_, [answer, outcome, message]) => {
    const server = await peer((socket) => socket.end(answer));
    const client = clientOf(server.url, { limits: { requestMs: 5000 } });
    const result = await client
      .resource(configMapType)
      .get('x')
      .then(
        () => ({ code: 'ok', message: '' }),
        (error: unknown) => error as { code: string; message: string },
      );
    expect(result).toMatchObject({
      code: outcome,
      ...(message === undefined ? {} : { message: expect.stringMatching(message) as string }),
    });
    expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  },
);

test('a warning in UTF-8 is read as such', async () => {
  const server = await peer((socket) =>
    socket.end(Buffer.from(http(`200 OK\r\nwarning: 299 - "größer, 大"\r\ncontent-length: ${ok.length}`, ok))),
  );
  const warnings: string[] = [];
  await clientOf(server.url, { onWarning: (text) => warnings.push(text) })
    .resource(configMapType)
    .get('x');
  expect(warnings).toEqual(['größer, 大']);
});

test('an answer that comes before the request was read, and the end of the connection with it, is the answer', async () => {
  const refusal = '{"kind":"Status","message":"too large","code":413}';
  const server = await peer((socket) => {
    socket.pause();
    socket.end(http(`413 Request Entity Too Large\r\nconnection: close\r\ncontent-length: ${refusal.length}`, refusal));
  });
  const client = clientOf(server.url);
  const error = await caught(client.resource(configMapType).create({ metadata: { name: 'x' }, data: { large: 'x'.repeat(3_000_000) } }));
  expect([error.code, 413]).toEqual([error.statusCode === 413 ? 'CLIENT_STATUS' : 'CLIENT_CONNECTION', error.statusCode ?? 413]);
  expect(client.counters.openRequests).toBe(0);
});

test('a peer that answers one byte at a time for ever is given up by the deadline: head, body, refusal of a stream', async () => {
  for (const [start, call] of [
    ['HTTP/1.1 200 OK\r\nx: ', (client: KubernetesClient): Promise<unknown> => client.resource(configMapType).get('x')],
    [
      'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{"a":"',
      (client: KubernetesClient): Promise<unknown> => client.resource(configMapType).get('x'),
    ],
    ['HTTP/1.1 200 OK\r\nx: ', (client: KubernetesClient): Promise<unknown> => client.resource(configMapType).watch().next()],
    [
      'HTTP/1.1 403 Forbidden\r\ncontent-length: 1000000\r\n\r\n{"a":"',
      (client: KubernetesClient): Promise<unknown> => client.resource(configMapType).watch().next(),
    ],
  ] as const) {
    const server = await peer((socket) => {
      socket.write(start);
      const timer = setInterval(() => socket.write('x'), 5);
      socket.once('close', () => {
        clearInterval(timer);
      });
    });
    const client = clientOf(server.url, { limits: { requestMs: 100 } });
    expect(await caught(call(client))).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'request' });
    expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  }
});

test('a list without items, or with null, has none; an object that is no list is an error', async () => {
  let body = '';
  const server = await startServer((_, response) => response.end(body));
  ends.push(() => server.close());
  const maps = clientOf(server.url).resource(configMapType);
  for (body of [
    '{"kind":"ConfigMapList","metadata":{"resourceVersion":"7"}}',
    '{"kind":"List","items":null,"metadata":{"resourceVersion":"7"}}',
    '{"items":null,"metadata":{"resourceVersion":"7"}}',
    '{"items":[],"metadata":{"resourceVersion":"7"}}',
  ])
    expect((await maps.pages().next()).value).toMatchObject({ items: [], resourceVersion: '7', more: false });
  for (body of [
    '{}',
    '{"kind":"ConfigMap","metadata":{}}',
    '{"kind":"Status"}',
    '{"items":{}}',
    '[]',
    '"x"',
    'null',
    '',
    '{"kind":"ConfigMapList"',
  ])
    expect(await caught(maps.pages().next()), body).toMatchObject({ code: 'CLIENT_PROTOCOL' });
});

for (const kind of ['request', 'stream'] as const) {
  test(`the raw answer to a ${kind} that is neither read nor cancelled lets go of what it holds in time`, async () => {
    const server = await startServer((_, response) => {
      response.write('[');
    });
    ends.push(() => server.close());
    const clock = createVirtualClock();
    const client = clientOf(server.url, { clock });
    const stream = kind === 'stream';
    await client.raw({ method: 'GET', path: '/x', stream });
    const half = await client.raw({ method: 'GET', path: '/y', stream, idleMs: 0 });
    await half.chunks[Symbol.asyncIterator]().next();
    expect(client.counters).toMatchObject({ openRequests: 2, openStreams: stream ? 2 : 0 });
    await clock.advance(stream ? 599_000 : 29_000);
    expect(client.counters.openRequests).toBe(2);
    await clock.advance(2000);
    expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
    while (server.open.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
}

test('cancelled, closed or aborted, a raw answer lets go at once', async () => {
  const server = await startServer((_, response) => {
    response.write('[');
  });
  ends.push(() => server.close());
  const client = clientOf(server.url);
  const abort = new AbortController();
  (await client.raw({ method: 'GET', path: '/x', stream: true })).cancel();
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  await client.raw({ method: 'GET', path: '/x', stream: true, signal: abort.signal });
  abort.abort();
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  await client.raw({ method: 'GET', path: '/x', stream: true });
  client.close();
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  while (server.open.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('150 GETs at once, again and again, share 32 connections, which are kept; streams have their own beside them', async () => {
  const server = await startServer((request, response) => {
    if (request.path.includes('watch=true')) return response.writeHead(200).write('{"type":"ADDED","object":{"metadata":{}}}\n');
    setImmediate(() => answerJson(response, 200, { metadata: { name: 'x' } }));
  });
  ends.push(() => server.close());
  const client = clientOf(server.url);
  const maps = client.resource(configMapType);
  const watches = Array.from({ length: 40 }, () => maps.watch());
  await Promise.all(watches.map((watch) => watch.next()));
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 150 }, () => maps.get('x')));
  expect(server.accepted()).toBe(40 + 32);
  expect(client.counters).toMatchObject({ connections: 72, openRequests: 40, openStreams: 40 });
  // A request that waits for its place is given up like any other.
  const abort = new AbortController();
  const all = Array.from({ length: 64 }, () => maps.get('x'));
  const given = caught(maps.get('x', { signal: abort.signal }));
  abort.abort(new Error('enough'));
  expect(await given).toMatchObject({ message: 'enough' });
  await Promise.all(all);
  await Promise.all(watches.map((watch) => watch.return(undefined)));
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
});
