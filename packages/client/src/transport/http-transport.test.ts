import { gzipSync } from 'node:zlib';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import type { Connection, CredentialSource } from '../connection/connection.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { ClosedError, ConnectionError, ProtocolError, TimeoutError, TlsError } from '../errors.ts';
import { transportOf } from '../testing/transport-of.ts';
import type { Transport } from './transport-options.ts';
import { readText } from './read-body.ts';
import { answerJson, pem, startServer, type TestServer } from '../testing/test-server.ts';

const to = (server: Pick<TestServer, 'url'>, more: Partial<Parameters<typeof connectionFrom>[0]> = {}): Connection =>
  connectionFrom({ server: server.url, ca: pem.ca, ...more });
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
const get = async (transport: Transport, path = '/x'): Promise<string> =>
  readText(await transport.open({ method: 'GET', path }), 1e6, path);

test('a server whose certificate the given CA signed is trusted, and a bearer token is sent', async () => {
  const server = await startServer((_, response) => {
    answerJson(response, 200, { ok: true });
  });
  const transport = transportOf(to(server, { token: 's3cret' }), { userAgent: 'me/1' });
  expect(await get(transport)).toBe('{"ok":true}');
  expect(server.seen[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'user-agent': 'me/1' });
  transport.close();
  await server.close();
});

test('another CA, another name, or no CA at all is a TlsError; tls-server-name and insecure are the ways out', async () => {
  const named = await startServer(
    (_, response) => {
      answerJson(response, 200, 1);
    },
    { cert: 'named' },
  );
  const trial = async (more: Partial<Parameters<typeof connectionFrom>[0]>): Promise<string> => {
    const transport = transportOf(connectionFrom({ server: named.url, ...more }));
    try {
      return await get(transport);
    } finally {
      transport.close();
    }
  };
  await expect(trial({ ca: pem.otherCa })).rejects.toThrow(TlsError);
  await expect(trial({ ca: pem.ca })).rejects.toThrow(TlsError);
  await expect(trial({})).rejects.toMatchObject({ code: 'CLIENT_TLS' });
  expect(await trial({ ca: pem.ca, serverName: 'kube.test' })).toBe('1');
  expect(await trial({ insecure: true })).toBe('1');
  await named.close();
});

test('a client certificate is presented', async () => {
  const names: string[] = [];
  const server = await startServer(
    (_, response, raw) => {
      const socket = raw.socket as unknown as { authorized: boolean; getPeerCertificate(): { subject: { CN: string } } };
      if (socket.authorized) names.push(socket.getPeerCertificate().subject.CN);
      answerJson(response, 200, 1);
    },
    { clientCa: true },
  );
  const transport = transportOf(to(server, { cert: pem.clientCert, key: pem.clientKey }));
  await get(transport);
  expect(names).toEqual(['ann']);
  transport.close();
  await server.close();
});

test('fifty requests one after the other use one connection', async () => {
  const server = await startServer((_, response) => {
    answerJson(response, 200, 1);
  });
  const transport = transportOf(to(server));
  for (let i = 0; i < 50; i++) await get(transport);
  expect(server.accepted()).toBe(1);
  expect(transport.counters).toMatchObject({ requests: 50, connections: 1, openRequests: 0 });
  transport.close();
  await server.close();
});

test('a 401 reads the credentials anew and asks once more, only if they changed', async () => {
  const server = await startServer((request, response) => {
    answerJson(response, request.headers.authorization === 'Bearer new' ? 200 : 401, {});
  });
  let token = 'old';
  const asked: boolean[] = [];
  const credentials: CredentialSource = {
    get: ({ fresh }) => {
      asked.push(fresh);
      if (fresh) token = 'new';
      return Promise.resolve({ token });
    },
  };
  const transport = transportOf(to(server, { credentials }));
  expect((await transport.open({ method: 'GET', path: '/' })).statusCode).toBe(200);
  // Once more without: another request may have renewed them meanwhile.
  expect(asked).toEqual([false, false, true]);
  expect(transport.counters.repeats).toBe(1);
  const refused = transportOf(to(server, { token: 'wrong' }));
  const answer = await refused.open({ method: 'GET', path: '/' });
  expect(answer.statusCode).toBe(401);
  expect(server.seen).toHaveLength(3);
  answer.cancel();
  refused.close();
  transport.close();
  await server.close();
});

test('nobody listens: ConnectionError; plain HTTP on the port: TlsError; no HTTP at all: ProtocolError or ConnectionError', async () => {
  const server = await startServer(() => {}, { plain: true });
  const wrong = transportOf(connectionFrom({ server: server.url.replace('http:', 'https:'), ca: pem.ca }));
  await expect(get(wrong)).rejects.toThrow(TlsError);
  wrong.close();
  await server.close();
  const nobody = transportOf(to(server));
  await expect(get(nobody)).rejects.toThrow(ConnectionError);
  nobody.close();
  const raw = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('SSH-2.0-OpenSSH\r\n');
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  const ssh = transportOf(connectionFrom({ server: `http://127.0.0.1:${(raw.address() as { port: number }).port}` }));
  await expect(get(ssh)).rejects.toThrow(ProtocolError);
  ssh.close();
  raw.close();
});

test('no answer within the deadline is a TimeoutError, and the connection is given up', async () => {
  const clock = createVirtualClock();
  let arrived: () => void = () => {};
  const came = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await startServer(() => {
    arrived();
  });
  const transport = transportOf(to(server), { clock });
  const result = failure(get(transport));
  await came;
  await clock.advance(30_000);
  expect(await result).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'request', afterMs: 30_000 });
  expect(transport.counters).toMatchObject({ openRequests: 0, failures: 1 });
  expect(clock.pending).toBe(0);
  transport.close();
  await server.close();
});

test('an aborted request ends with the reason of its signal, before the answer and within the body', async () => {
  let arrived: () => void = () => {};
  const came = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await startServer((request, response) => {
    if (request.path === '/body') response.write('part');
    arrived();
  });
  const transport = transportOf(to(server));
  const first = new AbortController();
  const reason = new Error('enough');
  const early = failure(transport.open({ method: 'GET', path: '/', signal: first.signal }));
  await came;
  first.abort(reason);
  expect(await early).toBe(reason);
  const second = new AbortController();
  const answer = await transport.open({ method: 'GET', path: '/body', signal: second.signal, stream: true });
  await expect(
    (async () => {
      for await (const _ of answer.chunks) second.abort(reason);
    })(),
  ).rejects.toBe(reason);
  expect(transport.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  transport.close();
  await server.close();
});

test('a request that is aborted while it connects ends at once and leaves no socket', async () => {
  const sockets = new Set<Socket>();
  const arrived = Promise.withResolvers<void>();
  // It takes connections and never answers the handshake.
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    arrived.resolve();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const transport = transportOf(connectionFrom({ server: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`, ca: pem.ca }));
  const abort = new AbortController();
  const reason = new Error('enough');
  const result = failure(transport.open({ method: 'GET', path: '/', signal: abort.signal }));
  await arrived.promise;
  abort.abort(reason);
  expect(await result).toBe(reason);
  expect(transport.counters).toMatchObject({ openRequests: 0 });
  const [socket] = sockets;
  if (socket !== undefined) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  expect(sockets.size).toBe(0);
  transport.close();
  await new Promise((resolve) => silent.close(resolve));
});

test('a stream that falls silent while somebody waits ends with an idle TimeoutError; a slow reader is not silence', async () => {
  const clock = createVirtualClock();
  const server = await startServer((_, response) => {
    response.write('one');
  });
  const transport = transportOf(to(server), { clock });
  const answer = await transport.open({ method: 'GET', path: '/', stream: true });
  const chunks = answer.chunks[Symbol.asyncIterator]();
  expect((await chunks.next()).done).toBe(false);
  await clock.advance(200_000);
  expect(transport.counters.openStreams).toBe(1);
  const next = failure(chunks.next());
  await clock.advance(180_001);
  expect(await next).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'idle' });
  expect(transport.counters.openStreams).toBe(0);
  expect(clock.pending).toBe(0);
  transport.close();
  await server.close();
});

test('after a stream that was given up in silence, or a request that was never answered, no kept connection is trusted', async () => {
  const clock = createVirtualClock();
  const server = await startServer((request, response) => {
    if (request.path === '/stream') response.write('one');
    else if (request.path !== '/silence') answerJson(response, 200, 1);
  });
  const transport = transportOf(to(server), { clock });
  const streamed = async (quietMs: number): Promise<void> => {
    const stop = new AbortController();
    const answer = await transport.open({ method: 'GET', path: '/stream', stream: true, signal: stop.signal });
    const chunks = answer.chunks[Symbol.asyncIterator]();
    await chunks.next();
    // Kept while the stream is open.
    await get(transport);
    const next = failure(chunks.next());
    await clock.advance(quietMs);
    stop.abort(new Error('given up'));
    await next;
  };
  await streamed(1000);
  const { connections } = transport.counters;
  await get(transport);
  expect(transport.counters.connections).toBe(connections);
  await streamed(75_000);
  const before = transport.counters.connections;
  await get(transport);
  expect(transport.counters.connections).toBe(before + 1);

  const first = transport.open({ method: 'GET', path: '/silence' });
  await get(transport);
  const failed = failure(first);
  await clock.advance(30_000);
  expect(await failed).toMatchObject({ code: 'CLIENT_TIMEOUT', phase: 'request' });
  const then = transport.counters.connections;
  await get(transport);
  expect(transport.counters.connections).toBe(then + 1);
  transport.close();
  await server.close();
});

test('gzip is undone; a damaged one is a ProtocolError', async () => {
  const text = JSON.stringify({ items: 'x'.repeat(100_000) });
  const server = await startServer((request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip');
    const bytes = gzipSync(text);
    response.writeHead(200, { 'content-encoding': 'gzip' });
    if (request.path === '/bad') bytes.fill(7, 20, 60);
    response.end(bytes);
  });
  const transport = transportOf(to(server));
  expect(await readText(await transport.open({ method: 'GET', path: '/', gzip: true }), 1e6, 'x')).toBe(text);
  await expect(transport.open({ method: 'GET', path: '/bad', gzip: true }).then((answer) => readText(answer, 1e6, 'x'))).rejects.toThrow(
    ProtocolError,
  );
  transport.close();
  await server.close();
});

test('an answer that is cut off is an error, never a shorter answer', async () => {
  const server = await startServer((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => response.socket?.destroy());
  });
  const transport = transportOf(to(server));
  await expect(get(transport)).rejects.toThrow(ConnectionError);
  transport.close();
  await server.close();
});

test('an answer over the limit is refused while it is read, and by its announced length before', async () => {
  const server = await startServer((request, response) => {
    if (request.path === '/announced') response.writeHead(200, { 'content-length': '5000' });
    response.end('x'.repeat(5000));
  });
  const transport = transportOf(to(server));
  for (const path of ['/', '/announced']) {
    await expect(transport.open({ method: 'GET', path }).then((answer) => readText(answer, 1000, 'x'))).rejects.toThrow(
      /larger than 1000 bytes/,
    );
  }
  expect(transport.counters.openRequests).toBe(0);
  transport.close();
  await server.close();
});

test('a kept connection that the server closed is no error for a GET; a POST is not sent twice', async () => {
  let drop = false;
  const server = await startServer((_, response) => {
    if (drop) {
      drop = false;
      response.socket?.destroy();
    } else answerJson(response, 200, 1);
  });
  const transport = transportOf(to(server));
  await get(transport);
  drop = true;
  expect(await get(transport)).toBe('1');
  expect(transport.counters.repeats).toBe(1);
  drop = true;
  await expect(transport.open({ method: 'POST', path: '/', body: '{}' })).rejects.toThrow(ConnectionError);
  expect(server.seen.filter((request) => request.method === 'POST')).toHaveLength(1);
  transport.close();
  await server.close();
});

test('while nobody reads, the server is held back: no more than what sockets buffer is taken', async () => {
  let written = 0;
  const chunk = Buffer.alloc(1 << 20, 0x20);
  let full: () => void = () => {};
  const stalled = new Promise<void>((resolve) => {
    full = resolve;
  });
  const server = await startServer((_, response) => {
    const fill = (): void => {
      while (written < 200 && response.write(chunk)) written++;
      if (written < 200) response.once('drain', fill);
    };
    fill();
    full();
  });
  const transport = transportOf(to(server));
  const answer = await transport.open({ method: 'GET', path: '/', stream: true });
  await stalled;
  const iterator = answer.chunks[Symbol.asyncIterator]();
  await iterator.next();
  const before = transport.counters.bytesRead;
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(transport.counters.bytesRead).toBe(before);
  expect(written).toBeLessThan(100);
  await iterator.return?.();
  transport.close();
  await server.close();
});

test('close ends requests and streams with ClosedError and leaves no socket', async () => {
  const server = await startServer((_, response) => {
    response.write('open');
  });
  const transport = transportOf(to(server));
  const answer = await transport.open({ method: 'GET', path: '/', stream: true });
  const chunks = answer.chunks[Symbol.asyncIterator]();
  await chunks.next();
  const ended = failure(chunks.next());
  const socket = [...server.open][0];
  const gone = new Promise((resolve) => socket?.once('close', resolve));
  transport.close();
  expect(await ended).toBeInstanceOf(ClosedError);
  await gone;
  expect(server.open.size).toBe(0);
  await expect(transport.open({ method: 'GET', path: '/' })).rejects.toThrow(ClosedError);
  await server.close();
});

test('no message of an error holds a token, a password or a key', async () => {
  const server = await startServer((_, response) => response.socket?.destroy());
  const secrets = { token: 'tok-3cret', proxyUrl: 'http://ann:pa55word@127.0.0.1:1' };
  for (const more of [{ token: secrets.token }, { token: secrets.token, proxyUrl: secrets.proxyUrl }]) {
    const transport = transportOf(to(server, more));
    const error: unknown = await get(transport).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).not.toMatch(/3cret|pa55word/);
    transport.close();
  }
  expect(TimeoutError.name).toBe('TimeoutError');
  await server.close();
});
