import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterEach, expect, test } from 'vitest';
import type { ConnectionInit } from '../connection/connection.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { ClosedError, ConfigError, ConnectionError, ProtocolError, TimeoutError } from '../errors.ts';
import { LazyTransport } from './lazy-transport.ts';
import { readText } from './read-body.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';
import type { TransportOptions } from './transport-options.ts';

interface Http2Server {
  readonly url: string;
  readonly sessions: Set<Http2Session>;
  readonly accepted: () => number;
  readonly seen: string[];
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(
  answer: (stream: ServerHttp2Stream, path: string) => void,
  settings: { readonly maxConcurrentStreams?: number } = {},
): Promise<Http2Server> {
  const folder = join(import.meta.dirname, '../../testdata');
  const server = createSecureServer({
    cert: readFileSync(join(folder, 'server.crt')),
    key: readFileSync(join(folder, 'server.key')),
    ca: pem.ca,
    requestCert: true,
    rejectUnauthorized: false,
    settings,
  });
  const sessions = new Set<Http2Session>();
  const seen: string[] = [];
  let accepted = 0;
  server.on('session', (session) => {
    accepted++;
    sessions.add(session);
    session.on('error', () => {});
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    seen.push(`${headers[':method']} ${headers[':path']}`);
    answer(stream, headers[':path'] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const session of sessions) session.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions, accepted: () => accepted, seen };
}

function transportTo(server: { readonly url: string }, init: Partial<ConnectionInit> = {}, options: TransportOptions = {}): LazyTransport {
  const transport = new LazyTransport(connectionFrom({ server: server.url, ca: pem.ca, ...init }), { http: 2, ...options });
  ends.push(() => {
    transport.close();
  });
  return transport;
}
const ok = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end('{}');
};
const get = async (transport: LazyTransport, path = '/x'): Promise<string> =>
  readText(await transport.open({ method: 'GET', path }), 1e6, 'x');
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

test('a hundred requests share a connection; those beyond it get another one', async () => {
  const waiting: ServerHttp2Stream[] = [];
  const server = await serve((stream) => {
    waiting.push(stream);
    if (waiting.length === 150) for (const each of waiting) ok(each);
  });
  const transport = transportTo(server);
  expect(await Promise.all(Array.from({ length: 150 }, () => get(transport)))).toHaveLength(150);
  expect(server.accepted()).toBe(2);
  expect(transport.counters).toMatchObject({ requests: 150, connections: 2, openRequests: 0 });
});

test('a write that the server refused to look at is sent again, one whose connection broke is not', async () => {
  const server = await serve((stream, path) => {
    if (path === '/refused' && server.seen.length === 1) stream.close(7);
    else if (path === '/broken') stream.session?.destroy();
    else ok(stream);
  });
  const transport = transportTo(server);
  const post = (path: string): Promise<unknown> => failure(transport.open({ method: 'POST', path, body: '{}' }));
  expect(await post('/refused')).toMatchObject({ statusCode: 200 });
  expect(await post('/broken')).toBeInstanceOf(ConnectionError);
  expect(server.seen).toEqual(['POST /refused', 'POST /refused', 'POST /broken']);
});

test('a GET whose connection had been used and broke is sent once more', async () => {
  let broken = false;
  const server = await serve((stream, path) => {
    if (path === '/broken' && !broken) {
      broken = true;
      stream.session?.destroy();
    } else ok(stream);
  });
  const transport = transportTo(server);
  await get(transport);
  expect(await get(transport, '/broken')).toBe('{}');
  expect(transport.counters).toMatchObject({ repeats: 1, connections: 2 });
});

test('after a GOAWAY what is open goes on, and what is new goes over another connection', async () => {
  let long: ServerHttp2Stream | undefined;
  const server = await serve((stream, path) => {
    if (path !== '/long') return ok(stream);
    long = stream;
    stream.respond({ ':status': 200 });
    stream.write('one');
  });
  const transport = transportTo(server);
  const chunks = (await transport.open({ method: 'GET', path: '/long', stream: true })).chunks[Symbol.asyncIterator]();
  const text = async (): Promise<string> => String(Buffer.from(((await chunks.next()) as { value: Uint8Array }).value));
  expect(await text()).toBe('one');
  for (const session of server.sessions) session.goaway();
  // The first may still go over the connection that goes away; it is sent again then.
  await get(transport);
  await get(transport);
  expect(server.accepted()).toBe(2);
  long?.end('two');
  expect(await text()).toBe('two');
  expect(await chunks.next()).toEqual({ done: true, value: undefined });
});

test('an answer that is cut off is an error, and no shorter answer', async () => {
  const server = await serve((stream, path) => {
    stream.respond({ ':status': 200 });
    stream.write('{"half":');
    if (path === '/reset') stream.destroy(new Error('broken'));
    else setImmediate(() => stream.session?.destroy());
  });
  const transport = transportTo(server);
  expect(await failure(get(transport, '/reset'))).toBeInstanceOf(ConnectionError);
  expect(await failure(get(transport, '/broken'))).toBeInstanceOf(ConnectionError);
});

test('with another client certificate another connection is made, and the old one is given up', async () => {
  const server = await serve(ok);
  let cert = {};
  const transport = transportTo(server, { credentials: { get: () => Promise.resolve(cert) } });
  await get(transport);
  cert = { cert: pem.clientCert, key: pem.clientKey };
  await get(transport);
  await get(transport);
  expect(server.accepted()).toBe(2);
  await expect.poll(() => server.sessions.size).toBe(1);
});

test('a server that speaks no HTTP/2 is a ProtocolError, one without TLS a ConfigError, and both tell the way out', async () => {
  const server = await startServer((_, response) => {
    answerJson(response, 200, {});
  });
  ends.push(() => server.close());
  const error = await failure(get(transportTo(server)));
  expect(error).toBeInstanceOf(ProtocolError);
  expect((error as Error).message).toMatch(/does not speak HTTP\/2; leave the option http at 1/);
  expect(() => transportTo({ url: 'http://127.0.0.1:1' })).toThrow(ConfigError);
});

test('a ping without an answer ends every stream of the connection', async () => {
  const server = await serve((stream) => {
    stream.respond({ ':status': 200 });
    stream.write('one');
  });
  let frozen = false;
  const proxy = createTcpServer((socket) => {
    const upstream = connect(Number(new URL(server.url).port), '127.0.0.1');
    const ways = [
      [socket, upstream],
      [upstream, socket],
    ] as const;
    for (const [from, to] of ways) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.on('data', (data) => {
        if (!frozen) to.write(data);
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    proxy.close();
  });
  const url = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const clock = createVirtualClock();
  const transport = transportTo({ url }, {}, { clock, limits: { idleMs: 0, requestMs: 0 } });
  const streams = await Promise.all(
    Array.from({ length: 3 }, async () =>
      (await transport.open({ method: 'GET', path: '/w', stream: true })).chunks[Symbol.asyncIterator](),
    ),
  );
  for (const chunks of streams) await chunks.next();
  const next = streams.map((chunks) => failure(chunks.next()));
  frozen = true;
  await clock.advance(30_000);
  await clock.advance(15_000);
  for (const error of await Promise.all(next)) {
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: 'idle', afterMs: 15_000 });
  }
  expect(transport.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
});

test('closing ends what is under way, also what still waits for the connection', async () => {
  const server = await serve(() => {});
  const transport = transportTo(server);
  const early = failure(get(transport));
  transport.close();
  expect(await early).toBeInstanceOf(ClosedError);
  const second = transportTo(server);
  const late = failure(get(second));
  await expect.poll(() => server.seen.length).toBe(1);
  second.close();
  expect(await late).toBeInstanceOf(ClosedError);
  await expect.poll(() => server.sessions.size).toBe(0);
});
