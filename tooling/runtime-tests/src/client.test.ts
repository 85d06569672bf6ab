import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  connectionFrom,
  connectionFromKubeconfig,
  type ConnectionInit,
  createClient,
  isNotFound,
  type KubernetesClient,
  TlsError,
} from '@kubecast/client';
import { createVirtualClock } from '@kubecast/clock/testing';
import { appModel, isValidationError } from '@kubecast/crd';

const pem = (name: string): string => readFileSync(new URL(`../../../packages/client/testdata/${name}`, import.meta.url), 'utf8');
const model = { metadata: { name: 'iiot' }, spec: { app: 'iiot', version: '1', models: [{ name: 'a', version: '1' }] } };

interface Running {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

async function serve(listener: RequestListener, more: object = {}): Promise<Running> {
  const server = createServer({ cert: pem('server.crt'), key: pem('server.key'), ...more }, listener);
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      resolve();
    }),
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}

const clientOf = (server: Running, more: Partial<ConnectionInit> = {}): KubernetesClient =>
  createClient(connectionFrom({ server: server.url, ca: pem('ca.crt'), ...more }));

test('client: a private CA is trusted, a bearer token sent, another CA refused as TlsError', async () => {
  const server = await serve((request, response) => {
    response.end(JSON.stringify({ metadata: { name: request.headers.authorization ?? '' } }));
  });
  const client = clientOf(server, { token: 'tok' });
  assert.equal((await client.resource(appModel).get('x')).metadata.name, 'Bearer tok');
  const other = clientOf(server, { ca: pem('other-ca.crt') });
  await assert.rejects(other.resource(appModel).get('x'), (error) => error instanceof TlsError && error.code === 'CLIENT_TLS');
  client.close();
  other.close();
  await server.close();
});

test('client: a client certificate is presented', async () => {
  const server = await serve(
    (_, response) => {
      response.end('{"metadata":{"name":"known"}}');
    },
    { ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true },
  );
  const client = clientOf(server, { cert: pem('client.crt'), key: pem('client.key') });
  assert.equal((await client.resource(appModel).get('x')).metadata.name, 'known');
  const nobody = clientOf(server);
  await assert.rejects(nobody.resource(appModel).get('x'));
  client.close();
  nobody.close();
  await server.close();
});

test('client: client certificate, key and CA in files are read again as they are replaced, and half a pair is not taken', async () => {
  const server = await serve(
    (_, response) => {
      response.end('{"metadata":{"name":"known"}}');
    },
    { ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true },
  );
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-certificates-'));
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  const text = {
    'current-context': 'dev',
    contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [{ name: 'u', user: { 'client-certificate': join(folder, 'a.crt'), 'client-key': join(folder, 'a.key') } }],
  };
  put('ca.crt', pem('ca.crt'));
  put('a.crt', pem('client.crt'));
  put('a.key', pem('client.key'));
  const clock = createVirtualClock();
  const client = createClient(await connectionFromKubeconfig({ text: JSON.stringify(text), env: {}, clock }));
  const get = async (): Promise<string | undefined> => {
    await clock.advance(1000);
    return (await client.resource(appModel).get('x')).metadata.name;
  };
  assert.equal(await get(), 'known');
  put('a.crt', pem('other-client.crt'));
  assert.equal(await get(), 'known');
  assert.equal(client.connection.credentials.counters?.notReloaded, 1);
  put('a.key', pem('other-client.key'));
  // Of nobody whom the server knows: that it is refused proves that a new connection was made with it.
  await assert.rejects(get());
  put('a.crt', pem('client.crt'));
  put('a.key', pem('client.key'));
  assert.equal(await get(), 'known');
  put('ca.crt', 'cut');
  assert.equal(await get(), 'known');
  put('ca.crt', pem('other-ca.crt'));
  await assert.rejects(get(), (error) => error instanceof TlsError);
  put('ca.crt', pem('ca.crt'));
  assert.equal(await get(), 'known');
  client.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('client: without TLS no token is sent, and names to impersonate go as UTF-8', async () => {
  let seen = Buffer.alloc(0);
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      if (seen.includes('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const impersonate = { user: 'jürgen', groups: ['größe', 'b'], extra: { 'a/b': ['日本'] } };
  const secure = connectionFrom({ server: `https://${address}`, token: 's3cret', impersonate });
  const client = createClient({ ...secure, server: `http://${address}` });
  await client.version();
  const head = seen.toString('utf8').toLowerCase();
  assert.match(head, /impersonate-user: jürgen\r\n/);
  assert.match(head, /impersonate-group: größe\r\nimpersonate-group: b\r\n/);
  assert.match(head, /impersonate-extra-a%2fb: 日本\r\n/);
  assert.doesNotMatch(head, /authorization|s3cret/);
  client.close();
  server.close();
});

test('client: twenty requests one after the other use one connection', async () => {
  const ports = new Set<number | undefined>();
  const server = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('{"metadata":{}}');
  });
  const client = clientOf(server);
  for (let i = 0; i < 20; i++) await client.resource(appModel).get('x');
  assert.equal(ports.size, 1);
  client.close();
  await server.close();
});

test('client: a token that was rotated is read again after a 401', async () => {
  const server = await serve((request, response) => {
    response.statusCode = request.headers.authorization === 'Bearer new' ? 200 : 401;
    response.end('{"metadata":{}}');
  });
  const client = clientOf(server, { credentials: { get: ({ fresh }) => Promise.resolve({ token: fresh ? 'new' : 'old' }) } });
  await client.resource(appModel).get('x');
  client.close();
  await server.close();
});

test('client: an OIDC token that expired is made anew by the issuer, once for all requests that wait', async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (exp: number, n: number): string => `${part({ alg: 'RS256' })}.${part({ exp, n })}.c2ln`;
  const now = Math.floor(Date.now() / 1000);
  const fresh = token(now + 3600, 1);
  let refreshes = 0;
  // The issuer and the API server, which are told apart by their paths.
  const server = await serve((request, response) => {
    const answer = (code: number, body: object): void => {
      response.statusCode = code;
      response.end(JSON.stringify(body));
    };
    request.resume();
    if (request.url === '/.well-known/openid-configuration') answer(200, { issuer: server.url, token_endpoint: `${server.url}/token` });
    else if (request.url === '/token') {
      refreshes++;
      answer(200, { id_token: fresh });
    } else answer(request.headers.authorization === `Bearer ${fresh}` ? 200 : 401, { metadata: { name: 'known' } });
  });
  const ca = Buffer.from(pem('ca.crt')).toString('base64');
  const config = {
    'client-id': 'kubernetes',
    'id-token': token(now - 60, 0),
    'refresh-token': 'r',
    'idp-issuer-url': server.url,
    'idp-certificate-authority-data': ca,
  };
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-oidc-'));
  const path = join(folder, 'kubeconfig');
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': 'dev',
      contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { 'auth-provider': { name: 'oidc', config } } }],
    }),
  );
  const client = createClient(await connectionFromKubeconfig({ path, env: {} }));
  const models = await Promise.all(Array.from({ length: 20 }, () => client.resource(appModel).get('x')));
  assert.ok(models.every((found) => found.metadata.name === 'known'));
  assert.equal(refreshes, 1);
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

test('client: a list in gzip is cut into its items', async () => {
  const items = Array.from({ length: 300 }, (_, i) => ({ metadata: { name: `m${i}` }, spec: { text: 'ü"\\'.repeat(50) } }));
  const server = await serve((request, response) => {
    assert.equal(request.headers['accept-encoding'], 'gzip');
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(JSON.stringify({ items, metadata: { resourceVersion: '5' } })));
  });
  const client = clientOf(server);
  const names: (string | undefined)[] = [];
  for await (const item of client.resource(appModel).list()) names.push(item.metadata.name);
  assert.deepEqual(
    names,
    items.map((item) => item.metadata.name),
  );
  client.close();
  await server.close();
});

test('client: a watch gives events as they come, whatever the cuts, and abort ends it', async () => {
  const server = await serve((_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}\n{"type":"MODI');
    setImmediate(() => response.write('FIED","object":{"metadata":{"name":"b","resourceVersion":"2"}}}\n'));
  });
  const client = clientOf(server);
  const abort = new AbortController();
  const reason = new Error('enough');
  const seen: string[] = [];
  await assert.rejects(
    async () => {
      for await (const event of client.resource(appModel).watch({ signal: abort.signal })) {
        seen.push(`${event.type} ${event.resourceVersion}`);
        if (seen.length === 2) abort.abort(reason);
      }
    },
    (error) => error === reason,
  );
  assert.deepEqual(seen, ['ADDED 1', 'MODIFIED 2']);
  assert.equal(client.counters.openStreams, 0);
  client.close();
  await server.close();
});

test('client: a silent stream ends by its idle limit', async () => {
  const server = await serve((_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{}}}\n');
  });
  const client = createClient(connectionFrom({ server: server.url, ca: pem('ca.crt') }), { limits: { idleMs: 50 } });
  await assert.rejects(
    async () => {
      for await (const _ of client.resource(appModel).watch());
    },
    { code: 'CLIENT_TIMEOUT', phase: 'idle' },
  );
  client.close();
  await server.close();
});

test('client: no answer within the deadline is a timeout', async () => {
  const server = await serve(() => {});
  const client = clientOf(server);
  await assert.rejects(client.resource(appModel).get('x', { deadlineMs: 50 }), { code: 'CLIENT_TIMEOUT', phase: 'request' });
  assert.equal(client.counters.openRequests, 0);
  client.close();
  await server.close();
});

test('client: a refusal is a StatusError, a bad object a validation error that is not sent', async () => {
  let requests = 0;
  const server = await serve((_, response) => {
    requests++;
    response.statusCode = 404;
    response.end('{"kind":"Status","reason":"NotFound","message":"no such thing","code":404}');
  });
  const client = clientOf(server);
  await assert.rejects(client.resource(appModel).get('x'), (error) => isNotFound(error) && error.reason === 'NotFound');
  await assert.rejects(client.resource(appModel).create({ ...model, spec: { models: ['x'] } } as never), (error) =>
    isValidationError(error),
  );
  assert.equal(requests, 1);
  client.close();
  await server.close();
});

test('client: an answer that is cut off is an error', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"metadata"');
    setImmediate(() => response.socket?.destroy());
  });
  const client = clientOf(server);
  await assert.rejects(client.resource(appModel).get('x'), { code: 'CLIENT_CONNECTION' });
  client.close();
  await server.close();
});

test('client: a write on a kept connection is sent once, whether it is given up or the connection breaks', async () => {
  const writes: string[] = [];
  let broken = 0;
  const server = await serve((request, response) => {
    if (request.method === 'GET') return void response.end('{"metadata":{}}');
    writes.push(request.url ?? '');
    // The first is left without an answer; under the others the connection breaks.
    if (writes.length > 1) {
      broken++;
      request.socket.destroy();
    }
  });
  const client = clientOf(server);
  const models = client.resource(appModel, { namespace: 'n' });
  await models.get('x');
  await assert.rejects(models.patch('given-up', {}, { deadlineMs: 100 }), { code: 'CLIENT_TIMEOUT', phase: 'request' });
  await models.get('x');
  await assert.rejects(models.patch('broken', {}), { code: 'CLIENT_CONNECTION' });
  await models.get('x');
  // Requests that come later than anything that was sent again before them.
  await assert.rejects(models.patch('last', {}), { code: 'CLIENT_CONNECTION' });
  assert.deepEqual(
    writes.map((path) => path.split('/').at(-1)),
    ['given-up', 'broken', 'last'],
  );
  assert.equal(broken, 2);
  client.close();
  await server.close();
});

test('client: nobody listens: a connection error that names the server', async () => {
  const client = createClient(connectionFrom({ server: 'https://127.0.0.1:1' }));
  await assert.rejects(client.resource(appModel).get('x'), { code: 'CLIENT_CONNECTION', message: /https:\/\/127\.0\.0\.1:1/ });
  client.close();
});

test('client: through an HTTP proxy, TLS goes to the server itself', async () => {
  const server = await serve((_, response) => {
    response.end('{"metadata":{"name":"through"}}');
  });
  const asked: string[] = [];
  const proxy = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      asked.push(String(data).split('\r\n', 1)[0] ?? '');
      const target = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(target);
        target.pipe(socket);
      });
      target.on('error', () => {});
    });
  });
  await new Promise<void>((resolve) =>
    proxy.listen(0, '127.0.0.1', () => {
      resolve();
    }),
  );
  const client = clientOf(server, { proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  assert.equal((await client.resource(appModel).get('x')).metadata.name, 'through');
  assert.deepEqual(asked, [`CONNECT 127.0.0.1:${server.port} HTTP/1.1`]);
  client.close();
  await server.close();
  proxy.close();
});
