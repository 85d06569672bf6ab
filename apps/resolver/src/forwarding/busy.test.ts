import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { agent, backend, errorCode, get, rawBackend, resolver } from '../testing/test-resolver.ts';

const path = '/v1/namespaces/n/models/m/call/x';

/** Opens a call and gives its answer as soon as its head is there. */
async function open(url: string, headers: Record<string, string> = {}): Promise<{ answer: IncomingMessage; close: () => void }> {
  const request = httpRequest(url + path, { agent, headers });
  request.on('error', () => {});
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => {}).resume();
  return { answer, close: () => void request.destroy() };
}

test('600 event streams to one endpoint hold up no other call', async () => {
  const port = await backend((request, response) => {
    if (request.headers.accept === 'text/event-stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    } else response.end('called');
  });
  const { url, forwarder } = await resolver({ ports: [port], limits: { endpoint: 4 } });
  const streams: { close: () => void }[] = [];
  for (let i = 0; i < 600; i += 1) streams.push(await open(url, { accept: 'text/event-stream' }));
  expect(forwarder.counters).toMatchObject({ inFlight: 0, streams: 600 });
  for (let i = 0; i < 20; i += 1) expect((await get(url + path)).text).toBe('called');
  for (const { close } of streams) close();
  while (forwarder.counters.streams > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(forwarder.counters).toMatchObject({ inFlight: 0, streams: 0, failures: 0, ejected: 0 });
});

test('calls beyond a limit get 503 with Retry-After at once, and those in flight are answered', async () => {
  for (const [limits, cause] of [
    [{ process: 3 }, 'process'],
    [{ app: 3 }, 'app'],
    [{ endpoint: 3 }, 'endpoint'],
  ] as const) {
    const held: ServerResponse[] = [];
    const arrived = Promise.withResolvers<void>();
    const port = await backend((_request, response) => {
      held.push(response);
      if (held.length === 3) arrived.resolve();
    });
    const { url, forwarder } = await resolver({ ports: [port], limits });
    const calls = [1, 2, 3].map(() => get(url + path));
    await arrived.promise;
    const refused = await get(url + path, { method: 'POST', body: Buffer.alloc(300_000) });
    expect([refused.status, errorCode(refused), refused.headers['retry-after']]).toEqual([503, 'TooManyCalls', '1']);
    expect(forwarder.counters.shed).toEqual({ process: 0, app: 0, endpoint: 0, [cause]: 1 });
    for (const response of held) response.end('held');
    expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(['held', 'held', 'held']);
    expect(forwarder.counters.inFlight).toBe(0);
  }
});

test('an upload that takes longer than the call timeout goes through; the timeout counts from its end', async () => {
  const port = await backend((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      if (bytes === 8) response.end(String(bytes));
    });
  });
  const { url, forwarder } = await resolver({ ports: [port], callTimeoutMs: 300 });
  const upload = async (pieces: number): Promise<{ status: number; ms: number }> => {
    const request = httpRequest(url + path, { method: 'POST', agent });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    for (let i = 0; i < pieces; i += 1) {
      request.write('x');
      // The test's subject is time on a real socket: the client alone takes four times the timeout, and once longer than it between two pieces.
      await new Promise((resolve) => setTimeout(resolve, i === 3 ? 700 : 75));
    }
    const begun = performance.now();
    request.end();
    const [answer] = await answered;
    answer.resume();
    return { status: answer.statusCode ?? 0, ms: performance.now() - begun };
  };
  expect((await upload(8)).status).toBe(200);
  const late = await upload(9);
  expect(late.status).toBe(504);
  expect(late.ms).toBeGreaterThan(250);
  expect(forwarder.counters.failures).toBe(1);
});

test('a backend that does not take the body is given up after the call timeout', async () => {
  const port = await rawBackend((socket) => void socket.pause());
  const { url } = await resolver({ ports: [port], callTimeoutMs: 200 });
  const got = await get(url + path, { method: 'POST', body: Buffer.alloc(64 << 20) });
  expect([got.status, errorCode(got)]).toEqual([504, 'BackendTimeout']);
});

test.each([
  ['and closes', true],
  ['and reads on', false],
])('an early answer of a backend that refuses a body %s passes, and the endpoint is not marked as failed', async (_what, closes) => {
  const port = await rawBackend((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlarge');
      if (closes) socket.destroySoon();
      else socket.resume();
    });
  });
  const { url, forwarder } = await resolver({ ports: [port] });
  for (let i = 0; i < 20; i += 1) {
    const got = await get(url + path, { method: 'PUT', body: Buffer.alloc(500_000, 'x') });
    expect([got.status, got.text]).toEqual([413, 'large']);
  }
  expect(forwarder.counters).toMatchObject({ failures: 0, retries: 0, ejected: 0, inFlight: 0 });
});

test('after an early answer the connection goes on once the rest of the body came', async () => {
  const port = await backend((_request, response) => response.end('early'));
  const { url } = await resolver({ ports: [port] });
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  let text = '';
  const seen = async (count: number): Promise<void> => {
    while (text.split('early').length <= count) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      text += chunk.toString();
    }
  };
  socket.write(`PUT ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: 6\r\n\r\nhal`);
  await seen(1);
  socket.write(`f..GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`);
  await seen(2);
  expect(text.match(/HTTP\/1\.1 200 OK/gu)).toHaveLength(2);
  socket.destroy();
});

test('a body that trickles is ended with 408, the connection closed, and no endpoint blamed; one that is only slow goes through', async () => {
  const port = await backend((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(`took ${bytes}`));
  });
  const { url, forwarder } = await resolver({ ports: [port], bodyPace: { graceMs: 200, bytesPerSecond: 500 } });
  const send = async (piece: string): Promise<string> => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    let text = '';
    const over = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('took')) resolve();
      });
      socket.once('end', resolve).once('close', resolve);
    });
    socket.write(`POST ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: 2000\r\n\r\n`);
    let sent = 0;
    // The test's subject is time on a real socket: the short body takes 400 ms, twice the grace.
    const pace = setInterval(() => {
      if (sent < 2_000) socket.write(piece);
      sent += piece.length;
    }, 20);
    await over;
    clearInterval(pace);
    socket.destroy();
    return text;
  };
  expect(await send('x')).toMatch(/^HTTP\/1\.1 408 .*connection: close.*"RequestTooSlow"/isu);
  expect(forwarder.counters).toMatchObject({ slowBodies: 1, inFlight: 0, ejected: 0, retries: 0 });
  expect(await send('x'.repeat(100))).toContain('took 2000');
});
