import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpDoor, type DoorOptions } from './http-door.ts';

const undo: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

interface Door {
  readonly port: number;
  readonly server: Server;
  /** The targets of the requests that reached the listener. */
  readonly asked: readonly string[];
  /** Answers one after the other on one connection. */
  conversation(): Promise<{ write(bytes: string): void; answer(): Promise<string>; readonly closed: Promise<unknown> }>;
  /** Sends bytes and gives all that comes back until the server closes. */
  send(...parts: readonly (string | Buffer)[]): Promise<string>;
  open(): Promise<Socket>;
}

const answering: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`));
};

async function door(listener: RequestListener = answering, options: DoorOptions = {}): Promise<Door> {
  const asked: string[] = [];
  const server = createHttpDoor((request, response) => {
    asked.push(request.url ?? '');
    listener(request, response);
  }, options);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    undo.push(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return {
    port,
    server,
    open,
    asked,
    async conversation() {
      const socket = await open();
      let text = '';
      let told = Promise.withResolvers<void>();
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        told.resolve();
      });
      return {
        write: (bytes) => void socket.write(bytes, 'latin1'),
        closed: new Promise((resolve) => socket.once('end', resolve).once('close', resolve)),
        async answer() {
          for (;;) {
            const whole = /^.*?\r\n\r\n/su.exec(text)?.[0];
            const length = whole === undefined ? undefined : /content-length: (\d+)/iu.exec(whole)?.[1];
            if (whole !== undefined && length !== undefined && text.length >= whole.length + Number(length)) {
              const answer = text.slice(0, whole.length + Number(length));
              text = text.slice(answer.length);
              return answer;
            }
            await told.promise;
            told = Promise.withResolvers();
          }
        },
      };
    },
    async send(...parts) {
      const socket = await open();
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      for (const part of parts) socket.write(part);
      await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
      socket.destroy();
      return Buffer.concat(chunks).toString('latin1');
    },
  };
}

const close = 'host: h\r\nconnection: close\r\n';

const h2c = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n';

test.each([
  ['an h2c offer on GET, as Java and curl send it', 'GET /x HTTP/1.1', h2c, '', 'kept'],
  ['an h2c offer on POST with a body', 'POST /x HTTP/1.1', `content-length: 4\r\n${h2c}`, 'body', 'kept'],
  [
    'an h2c offer on POST with a chunked body',
    'POST /x HTTP/1.1',
    `transfer-encoding: chunked\r\n${h2c}`,
    '4\r\nbody\r\n0\r\n\r\n',
    'closed',
  ],
  [
    'a WebSocket offer',
    'GET /x HTTP/1.1',
    'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n',
    '',
    'kept',
  ],
  [
    'an offer of several protocols',
    'PUT /x HTTP/1.1',
    'content-length: 4\r\nconnection: upgrade\r\nupgrade: TLS/1.3, h2c\r\n',
    'body',
    'kept',
  ],
  ['an Upgrade header without Connection', 'GET /x HTTP/1.1', 'upgrade: h2c\r\n', '', 'kept'],
])('%s is ignored: %s is answered as HTTP/1.1', async (_what, line, headers, body, connection) => {
  const { conversation } = await door();
  const client = await conversation();
  for (let round = 0; round < (connection === 'kept' ? 3 : 1); round += 1) {
    client.write(`${line}\r\nhost: h\r\n${headers}\r\n`);
    if (body !== '') client.write(body);
    const got = await client.answer();
    expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/u);
    expect(got.endsWith(`${line.split(' ')[0]} /x ${body === '' ? '' : 'body'}`)).toBe(true);
    expect(got).toContain(`onnection: ${connection === 'kept' ? 'keep-alive' : 'close'}`);
  }
  if (connection === 'closed') await client.closed;
});

test.each([
  ['a GET', `GET /x HTTP/1.1\r\nhost: h\r\n${h2c}\r\n`],
  ['a POST with a body', `POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n${h2c}\r\nbody`],
])(
  'what is pipelined behind an upgrade offer on %s is never read from its middle: the connection is closed after the answer',
  async (_what, offer) => {
    const { send, asked } = await door();
    const got = await send(
      `${offer}POST /second HTTP/1.1\r\nhost: h\r\ncontent-length: 40\r\n\r\n`,
      'GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n',
    );
    expect(got.match(/HTTP\/1\.1 200/gu)).toHaveLength(1);
    expect(got).toContain(' /x ');
    expect(asked).toEqual(['/x']);
  },
);

test.each([
  ['CONNECT', 'CONNECT backend:443 HTTP/1.1\r\nhost: backend:443\r\n\r\n', '405'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
  ['HTTP/0.9 in a request line', 'GET / HTTP/0.9\r\nhost: h\r\n\r\n', '505'],
  ['HTTP/0.9 in a request line, without a host', 'GET /v1/healthz HTTP/0.9\r\n\r\n', '505'],
  ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nhost: h\r\n\r\n', '505'],
  ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex'), '400'],
  ['a header line without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n', '400'],
  ['two lengths', 'GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', '400'],
  ['a length and chunks', 'POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
  ['a chunk size that is none', 'POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', '400'],
  ['a header of 40 KB', `GET / HTTP/1.1\r\nhost: h\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, '431'],
])('%s is refused with its status, and the connection is closed', async (_what, bytes, status) => {
  const { send } = await door();
  expect((await send(bytes)).split('\r\n', 1)[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, 'u'));
});

test('garbage behind a request whose answer is under way never gets into that answer', async () => {
  const begun = Promise.withResolvers<void>();
  const { open } = await door((_request, response) => {
    response.writeHead(200, { 'content-length': 1_000 });
    response.write('begun', () => begun.resolve());
  });
  const socket = await open();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n');
  await begun.promise;
  socket.write('\x16\x03garbage\r\n\r\n');
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  const got = Buffer.concat(chunks).toString('latin1');
  expect(got).toMatch(/begun$/u);
  expect(got).not.toContain('400');
});

test('a client that never reads the refusal or never closes its side keeps no connection', async () => {
  const { open, server } = await door();
  for (const bytes of ['garbage\r\n\r\n', 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n']) {
    const socket = await open();
    socket.write(bytes);
  }
  const count = (): Promise<number> => new Promise((resolve) => server.getConnections((_error, number) => resolve(number)));
  while ((await count()) < 2) await new Promise((resolve) => setImmediate(resolve));
  while ((await count()) > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await count()).toBe(0);
});

test('a body that trickles on after its answer ends with the connection, after a while', async () => {
  const { open } = await door(
    (request, response) => {
      request.resume();
      response.end('early');
    },
    { restMs: 200 },
  );
  const socket = await open();
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  socket.write('POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\n');
  const trickle = setInterval(() => socket.write('x'), 20);
  await closed;
  clearInterval(trickle);
  expect(text).toContain('early');
});

test('an offer that is taken waits for no earlier answer: behind one that is not sent yet it is ignored', async () => {
  const taken: string[] = [];
  const held = Promise.withResolvers<void>();
  const { send, asked } = await door(
    (request, response) => {
      if (request.url === '/held') void held.promise.then(() => response.end('held'));
      else response.end('plain');
    },
    {
      upgrades: {
        wants: () => true,
        take: (request, socket) => {
          taken.push(request.url ?? '');
          socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
        },
      },
    },
  );
  const upgrade = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`;
  expect(await send(upgrade('/first'))).toMatch(/^HTTP\/1\.1 101 /u);
  const both = send(`GET /held HTTP/1.1\r\nhost: h\r\n\r\n${upgrade('/second')}`);
  while (asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
  held.resolve();
  const got = await both;
  expect(got).not.toContain('101');
  expect(got).toMatch(/^HTTP\/1\.1 200 .*held/su);
  expect(taken).toEqual(['/first']);
});

/** Numbers that look random and are the same in each run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('3,000 connections that send anything and break off anywhere end nobody but themselves', async () => {
  const { port, send, server } = await door();
  const next = sequence(42);
  const starts: readonly (string | Buffer)[] = [
    'GET / HTTP/1.1\r\nhost: h\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAEA\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n\x81\x05hello',
    'POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\nhalf',
    'POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n5\r\nhello\r\n',
    'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\nthen bytes',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
    Buffer.from('16030100c8010000c40303', 'hex'),
    'GET / HTTP/1.1\r\nhost: h\r\n\r\n\0\xff\xfe garbage \r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\nCONNECT a:1 HTTP/1.1\r\n\r\n',
    'TRACE / HTTP/9.9\r\n\r\n',
    '\r\n\r\n\r\n',
    '',
  ];
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: next(2) === 0 });
        socket.on('error', () => {});
        const closed = new Promise((resolve) => socket.once('close', resolve));
        const start = Buffer.from(starts[next(starts.length)] as string, 'latin1');
        const cut = next(4) === 0 ? start.subarray(0, next(start.length + 1)) : start;
        const bytes = next(3) === 0 ? Buffer.from(cut.map((byte) => (next(40) === 0 ? next(256) : byte))) : cut;
        const pause = async (turns: number): Promise<void> => {
          for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        };
        if (next(10) > 0) await Promise.race([once(socket, 'connect'), closed]);
        socket.write(bytes);
        if (next(2) === 0) socket.resume();
        await pause(next(5));
        const how = next(3);
        if (how === 0) socket.end();
        if (how !== 1) await pause(next(20));
        if (how === 2) socket.destroy();
        else socket.resetAndDestroy();
        await pause(2);
        socket.destroy();
      }),
    );
  }
  expect(await send(`GET /alive HTTP/1.1\r\n${close}\r\n`)).toContain('GET /alive ');
  expect(server.listening).toBe(true);
});
