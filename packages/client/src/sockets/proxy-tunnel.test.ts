import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { connectionFrom } from '../connection/connection-from.ts';
import { transportOf } from '../testing/transport-of.ts';
import { readText } from '../transport/read-body.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';

interface Proxy {
  readonly port: number;
  readonly asked: string[];
  close(): void;
}

async function startProxy(serve: (socket: Socket, asked: string[]) => void): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    asked,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function splice(socket: Socket, host: string, port: number, greeting: string | Uint8Array): void {
  const target = connect(port, host, () => {
    socket.write(greeting);
    socket.pipe(target);
    target.pipe(socket);
  });
  target.on('error', () => socket.destroy());
}

const httpProxy = (answer?: string): Promise<Proxy> =>
  startProxy((socket, asked) => {
    socket.once('data', (data) => {
      const head = data.toString('latin1');
      asked.push(head);
      if (answer !== undefined) {
        socket.end(answer);
        return;
      }
      const [, host = '', port = ''] = /^CONNECT ([^:]+):(\d+)/.exec(head) ?? [];
      splice(socket, host, Number(port), 'HTTP/1.1 200 Connection established\r\n\r\n');
    });
  });

async function fetchThrough(proxyUrl: string): Promise<string> {
  const server = await startServer((_, response) => {
    answerJson(response, 200, 'through');
  });
  const transport = transportOf(connectionFrom({ server: server.url, ca: pem.ca, token: 't', proxyUrl }));
  try {
    return await readText(await transport.open({ method: 'GET', path: '/' }), 1000, '/');
  } finally {
    transport.close();
    await server.close();
  }
}

test('an HTTP proxy is asked to CONNECT, TLS goes through it to the server itself, and the token never reaches the proxy', async () => {
  const proxy = await httpProxy();
  expect(await fetchThrough(`http://ann:pw@127.0.0.1:${proxy.port}`)).toBe('"through"');
  expect(proxy.asked[0]).toMatch(/^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1\r\n/);
  expect(proxy.asked[0]).toContain(`Proxy-Authorization: Basic ${btoa('ann:pw')}`);
  expect(proxy.asked[0]).not.toContain('Bearer');
  proxy.close();
});

test('a proxy that refuses is named, with its answer', async () => {
  const proxy = await httpProxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  await expect(fetchThrough(`http://127.0.0.1:${proxy.port}`)).rejects.toThrow(/the proxy http:\/\/127\.0\.0\.1:\d+ opened no way .*407/);
  proxy.close();
});

test('a SOCKS5 proxy is asked by name, with user and password where the address has them', async () => {
  const proxy = await startProxy((socket, asked) => {
    let step = 0;
    socket.on('data', (data: Buffer) => {
      if (step === 0) {
        step = 1;
        asked.push(`methods ${data[2]}`);
        socket.write(Uint8Array.of(5, data[2] ?? 0));
        if (data[2] === 0) step = 2;
      } else if (step === 1) {
        step = 2;
        asked.push(data.subarray(2, 2 + (data[1] ?? 0)).toString());
        socket.write(Uint8Array.of(1, 0));
      } else if (step === 2) {
        step = 3;
        socket.removeAllListeners('data');
        const size = data[4] ?? 0;
        splice(socket, data.subarray(5, 5 + size).toString(), data.readUInt16BE(5 + size), Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      }
    });
  });
  expect(await fetchThrough(`socks5://ann:pw@127.0.0.1:${proxy.port}`)).toBe('"through"');
  expect(await fetchThrough(`socks5://127.0.0.1:${proxy.port}`)).toBe('"through"');
  expect(proxy.asked).toEqual(['methods 2', 'ann', 'methods 0']);
  proxy.close();
});

test('a tunnel is kept and used again; a write never goes over a second one', async () => {
  const proxy = await httpProxy();
  const server = await startServer((_, response) => {
    answerJson(response, 200, {});
  });
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  const transport = transportOf(connectionFrom({ server: server.url, ca: pem.ca, token: 't', proxyUrl }));
  for (let i = 0; i < 5; i++) {
    await readText(await transport.open({ method: 'GET', path: '/' }), 1000, '/');
    await readText(await transport.open({ method: 'POST', path: '/', body: '{}' }), 1000, '/');
  }
  expect(proxy.asked).toHaveLength(1);
  expect(transport.counters).toMatchObject({ requests: 10, connections: 1, repeats: 0 });
  transport.close();
  await server.close();
  proxy.close();
});

test('a proxy that never answers: the request ends by its deadline, and closing the transport ends the connection to the proxy', async () => {
  let open = 0;
  const proxy = await startProxy((socket) => {
    open++;
    socket.once('close', () => open--);
    socket.resume();
  });
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  const transport = transportOf(connectionFrom({ server: 'https://127.0.0.1:1', proxyUrl }));
  await expect(transport.open({ method: 'GET', path: '/', requestMs: 100 })).rejects.toMatchObject({
    code: 'CLIENT_TIMEOUT',
    phase: 'request',
  });
  expect(transport.counters.openRequests).toBe(0);
  expect(open).toBe(1);
  transport.close();
  await expect.poll(() => open).toBe(0);
  const short = transportOf(connectionFrom({ server: 'https://127.0.0.1:1', proxyUrl }), { limits: { requestMs: 100 } });
  await expect(short.open({ method: 'GET', path: '/', requestMs: 0 })).rejects.toMatchObject({ code: 'CLIENT_TIMEOUT' });
  await expect.poll(() => open).toBe(0);
  short.close();
  proxy.close();
});
