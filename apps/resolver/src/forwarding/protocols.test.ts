import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { agent, backend, errorCode, get, json, listen, rawBackend, resolver, sendRaw } from '../testing/test-resolver.ts';
import { protocolOf } from './backend-protocol.ts';

const path = '/v1/namespaces/n/models/m/call/x';
/** Of an authority made for these tests, for the Service a of the namespace n, valid to 2119. */
const pem = (name: string): string => readFileSync(join(import.meta.dirname, '../../testdata', name), 'utf8');

async function httpsBackend(): Promise<number> {
  const server = createHttpsServer({ key: pem('pod.key'), cert: pem('pod.crt') }, (request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () =>
      response.end(JSON.stringify({ bytes, proto: request.headers['x-forwarded-proto'], host: request.headers.host })),
    );
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

test('an appProtocol of https is called over TLS, with the Service’s name and the given authority', async () => {
  const port = await httpsBackend();
  const { url } = await resolver({ ports: [port], appProtocol: 'https', backendCa: pem('ca.crt') });
  for (let i = 0; i < 2; i += 1) {
    const got = await get(url + path, { method: 'POST', body: Buffer.alloc(300_000) });
    expect(json(got)).toEqual({ bytes: 300_000, proto: 'http', host: '192.0.2.1:80' });
  }
});

test('a pod whose certificate is not of the authority, or of another Service, is never sent a request', async () => {
  const port = await httpsBackend();
  const untrusted = await resolver({ ports: [port], appProtocol: 'https' });
  const got = await get(untrusted.url + path);
  expect([got.status, errorCode(got)]).toEqual([502, 'BackendUnreachable']);
  expect(got.text).toContain('--backend-ca');
  const { url, core } = await resolver({ ports: [port], backendCa: pem('ca.crt') });
  core.setAppModel({ namespace: 'n', name: 'b', uid: 'b', created: 1 }, { spec: { app: 'B', models: [{ name: 'other', version: '1' }] } });
  core.setService('n', 'b', [{ name: 'http', port: 80, appProtocol: 'https' }]);
  core.setSlice('n', 'sb', {
    service: 'b',
    parts: [
      {
        ports: [{ name: 'http', port: 80 }],
        candidates: [{ address: '192.0.2.1', ready: true, serving: true, terminating: false, zone: null, forZones: [] }],
      },
    ],
  });
  const other = await get(`${url}/v1/namespaces/n/models/other/call/x`);
  expect([other.status, other.text]).toEqual([502, expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID')]);
});

async function h2cBackend(onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void): Promise<number> {
  const server = createHttp2Server();
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', onStream);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

test('an appProtocol of h2c is called by HTTP/2, with bodies, many at once, and with the trailers of gRPC', async () => {
  const seen: Record<string, unknown>[] = [];
  const port = await h2cBackend((stream, headers) => {
    seen.push(headers);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    stream.on('error', () => {});
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '5', 'grpc-message': 'not found' }));
      stream.end(`took ${bytes}`);
    });
  });
  const { url, forwarder } = await resolver({ ports: [port], appProtocol: 'kubernetes.io/h2c' });
  const call = async (): Promise<IncomingMessage & { text: string }> => {
    const request = httpRequest(url + path, { method: 'POST', agent, headers: { te: 'trailers', 'content-type': 'application/grpc' } });
    request.end(Buffer.alloc(100_000));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(answer, 'end');
    return Object.assign(answer, { text });
  };
  const answers = await Promise.all(Array.from({ length: 150 }, call));
  for (const { statusCode, statusMessage, headers, text, trailers } of answers) {
    expect([statusCode, statusMessage, text]).toEqual([200, 'OK', 'took 100000']);
    expect(headers['content-type']).toBe('application/grpc');
    expect(trailers).toEqual({ 'grpc-status': '5', 'grpc-message': 'not found' });
  }
  expect(seen[0]).toMatchObject({ ':authority': '192.0.2.1:80', ':path': '/x', te: 'trailers', 'x-forwarded-proto': 'http' });
  expect(forwarder.counters).toMatchObject({ failures: 0, inFlight: 0 });
});

test('an h2c endpoint that resets a stream, or is none, is a 502', async () => {
  const port = await h2cBackend((stream) => {
    stream.on('error', () => {});
    stream.close(2);
  });
  const reset = await resolver({ ports: [port], appProtocol: 'grpc' });
  expect((await get(reset.url + path, { method: 'POST', body: 'x' })).status).toBe(502);
  const plain = await backend((_request, response) => response.end());
  const none = await resolver({ ports: [plain], appProtocol: 'grpc', callTimeoutMs: 2_000 });
  expect((await get(none.url + path, { method: 'POST', body: 'x' })).status).toBe(502);
});

test('trailers of an HTTP/1.1 endpoint pass too, but those that belong into the head', async () => {
  const port = await rawBackend((socket) => {
    socket.on('data', () =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=1\r\n\r\n'),
    );
  });
  const { url } = await resolver({ ports: [port] });
  const got = await sendRaw(url, `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`);
  expect(got).toMatch(/0\r\nX-Sum: 1\r\n\r\n$/u);
  expect(got).not.toMatch(/set-cookie/iu);
});

test.each([
  [undefined, false, false, false],
  ['http', false, false, false],
  ['HTTPS', true, false, false],
  ['kubernetes.io/h2c', false, true, false],
  ['kubernetes.io/ws', false, false, true],
  ['kubernetes.io/wss', true, false, true],
  ['example.com/of-its-own', false, false, false],
])('the appProtocol %s', (text, tls, h2c, webSocket) => {
  expect(protocolOf(text)).toEqual({ tls, h2c, webSocket });
});

const offer = `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\nx-forwarded-for: 6.6.6.6\r\n\r\n`;

/** An endpoint that takes each offer and sends back what comes, in capitals. */
async function webSocketBackend(): Promise<{ port: number; heads: string[]; sockets: Socket[] }> {
  const heads: string[] = [];
  const sockets: Socket[] = [];
  const port = await rawBackend((socket) => {
    sockets.push(socket);
    let text = '';
    let taken = false;
    socket.on('data', (chunk: Buffer) => {
      if (taken) return void socket.write(chunk.toString().toUpperCase());
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      taken = true;
      heads.push(text.slice(0, end));
      const key = /sec-websocket-key: (.*)/iu.exec(text)?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nhello`,
      );
      if (text.length > end + 4) socket.write(text.slice(end + 4).toUpperCase());
    });
  });
  return { port, heads, sockets };
}

async function opened(
  url: string,
  bytes: string,
): Promise<{ socket: Socket; seen: (part: string) => Promise<string>; closed: Promise<unknown> }> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  let text = '';
  let told = Promise.withResolvers<void>();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    told.resolve();
  });
  const closed = once(socket, 'close');
  void closed.then(() => told.resolve());
  socket.write(bytes);
  return {
    socket,
    closed,
    async seen(part) {
      while (!text.includes(part)) {
        if (socket.destroyed) throw new Error(`closed after ${text}`);
        await told.promise;
        told = Promise.withResolvers();
      }
      return text;
    },
  };
}

test('WebSocket passes in both directions where the appProtocol says so, as a stream, and ends with either side', async () => {
  const { port, heads, sockets } = await webSocketBackend();
  const { url, forwarder } = await resolver({ ports: [port], appProtocol: 'kubernetes.io/ws', limits: { endpoint: 1 } });
  for (const side of ['client', 'backend'] as const) {
    const { socket, seen, closed } = await opened(url, `${offer}early`);
    const text = await seen('EARLY');
    expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/u);
    expect(text).toContain('hello');
    socket.write('ping');
    await seen('PING');
    expect(forwarder.counters).toMatchObject({ inFlight: 0, streams: 1 });
    const backendSide = sockets.at(-1) as Socket;
    const backendClosed = once(backendSide, 'close');
    if (side === 'client') socket.resetAndDestroy();
    else backendSide.destroy();
    await Promise.all([closed, backendClosed]);
    while (forwarder.counters.streams > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(heads[0]).toContain('connection: Upgrade\r\nupgrade: websocket');
  expect(heads[0]).toContain('x-forwarded-for: 127.0.0.1');
  expect(heads[0]).not.toContain('6.6.6.6');
});

test('an endpoint’s refusal of a WebSocket passes; what is no endpoint, late or full is told as for other calls', async () => {
  const refusing = await rawBackend((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 403 No\r\ncontent-length: 6\r\n\r\nno way'));
  });
  const ws = { appProtocol: 'kubernetes.io/ws' };
  const refused = await sendRaw((await resolver({ ports: [refusing], ...ws })).url, offer);
  expect(refused).toMatch(/^HTTP\/1\.1 403 No\r\n.*no way$/su);
  const gone = await rawBackend((socket) => void socket.once('data', () => socket.destroy()));
  expect(await sendRaw((await resolver({ ports: [gone], ...ws })).url, offer)).toMatch(/^HTTP\/1\.1 502 .*"BackendFailed"/su);
  const silent = await rawBackend((socket) => void socket.resume());
  expect(await sendRaw((await resolver({ ports: [silent], ...ws, callTimeoutMs: 100 })).url, offer)).toMatch(
    /^HTTP\/1\.1 504 .*"BackendTimeout"/su,
  );
  const full = await resolver({ ports: [silent], ...ws, limits: { process: 1 } });
  const first = await opened(full.url, offer);
  while (full.forwarder.counters.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await sendRaw(full.url, offer)).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1.*"TooManyCalls"/su);
  first.socket.end();
  while (full.forwarder.counters.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('an offer to an app of another protocol is ignored, and h2c offers are everywhere', async () => {
  const port = await backend((request, response) => response.end(`as ${request.httpVersion}`));
  const plain = await resolver({ ports: [port] });
  const closing = offer.replace('connection: Upgrade', 'connection: Upgrade, close');
  expect(await sendRaw(plain.url, closing)).toMatch(/^HTTP\/1\.1 200 .*as 1\.1$/su);
  const ws = await resolver({ ports: [port], appProtocol: 'kubernetes.io/ws' });
  expect(await sendRaw(ws.url, closing.replace('upgrade: websocket', 'upgrade: h2c'))).toMatch(/^HTTP\/1\.1 200 .*as 1\.1$/su);
  expect(await sendRaw(ws.url, closing.replace('/call/x', ''))).toMatch(/^HTTP\/1\.1 200 .*"app":"A"/su);
});

test('a stop breaks off WebSockets at its deadline', async () => {
  const { port } = await webSocketBackend();
  const { url, server, forwarder } = await resolver({ ports: [port], appProtocol: 'kubernetes.io/ws' });
  const { seen, closed } = await opened(url, offer);
  await seen('hello');
  expect(await server.stop({ graceMs: 0, deadlineMs: 50 })).toBe(1);
  await closed;
  expect(forwarder.counters.streams).toBe(0);
});
