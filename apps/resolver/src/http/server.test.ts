import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from '@kubecast/clock';
import { Forwarder } from '../forwarding/forwarder.ts';
import { createResolverServer } from './server.ts';
import { agent, backend, closedPort, errorCode, get, heldIndex, json, resolver, sendRaw } from '../testing/test-resolver.ts';

test('a model is answered in the documented shape, a hostile name too', async () => {
  const { url } = await resolver({ ports: [1] });
  const got = await get(`${url}/v1/namespaces/n/models/m`);
  expect(got.status).toBe(200);
  expect(got.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(json(got)).toEqual({
    namespace: 'n',
    app: 'A',
    appVersion: '1',
    model: 'm',
    version: 'v',
    state: 'current',
    staleForMs: 0,
    metadata: { title: 'held' },
    endpoints: [{ address: '192.0.2.1', port: 80, ready: true, zone: null }],
    freshness: { resourceVersion: '42', ageMs: 7 },
  });
  expect((await get(`${url}/v1/namespaces/n/models/__proto__`)).status).toBe(200);
  expect(json(await get(`${url}/v1/namespaces/n/apps/A`))).toMatchObject({
    app: 'A',
    models: [{ model: 'm', version: 'v' }, { model: '__proto__' }],
  });
  expect((json(await get(`${url}/v1/namespaces/n/models`))['models'] as unknown[]).length).toBe(2);
  expect((json(await get(`${url}/v1/namespaces/n/apps`))['apps'] as unknown[]).length).toBe(1);
  expect(json(await get(`${url}/v1/namespaces`))).toEqual({ namespaces: ['n'] });
  expect(json(await get(`${url}/v1/problems`))).toEqual({ problems: [] });
});

test('a long list is answered whole, in steps, with others served in between', async () => {
  const { url, core } = await resolver();
  const models = Array.from({ length: 5_000 }, (_, i) => ({ name: `model-${String(i).padStart(4, '0')}`, version: '1' }));
  core.setAppModel({ namespace: 'n', name: 'long', uid: 'l', created: 2 }, { spec: { app: 'long', models } });
  const listed = get(`${url}/v1/namespaces/n/models`);
  expect((await get(`${url}/v1/namespaces/n/models/model-4999`)).status).toBe(200);
  const answer = json(await listed) as { namespace: string; models: { model: string }[] };
  expect(answer.namespace).toBe('n');
  expect(answer.models.map((model) => model.model)).toEqual(['__proto__', 'm', ...models.map((model) => model.name)]);
  expect(json(await get(`${url}/v1/namespaces/none/models`))).toEqual({ namespace: 'none', models: [] });
});

test('what is not there, not served or not readable is told apart', async () => {
  const { url } = await resolver();
  const cases: [string, number, string, string?][] = [
    ['/v1/namespaces/n/models/constructor', 404, 'ModelNotFound'],
    ['/v1/namespaces/n/apps/toString', 404, 'AppNotFound'],
    ['/nope', 404, 'NotFound'],
    ['/v1/namespaces/n/models/%zz', 400, 'BadRequest'],
    ['/v1/namespaces/n/models/m', 405, 'MethodNotAllowed', 'POST'],
    ['/v1/namespaces/n/models/x/call/', 404, 'ModelNotFound', 'POST'],
    ['/v1/namespaces/n/models/m/call/', 502, 'NoEndpoints'],
  ];
  for (const [path, status, code, method] of cases) {
    const got = await get(url + path, method === undefined ? {} : { method, body: 'x' });
    expect([path, got.status, errorCode(got)]).toEqual([path, status, code]);
  }
  expect((await get(`${url}/v1/namespaces/other/models/m`)).text).toContain('does not watch (--namespace n)');
});

test('until it is synced it answers 503, is not ready, and says why', async () => {
  const { url, state } = await resolver();
  state.synced = false;
  state.routes = false;
  for (const path of ['/v1/namespaces/n/models/m', '/v1/namespaces/n/models/m/call/x', '/v1/namespaces'])
    expect((await get(url + path)).status).toBe(503);
  const ready = await get(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(ready.text).toContain('AppModel in n: BackingOff, connection refused');
  expect(ready.text).toContain('[-]redis: connection refused');
  expect((await get(`${url}/livez`)).status).toBe(200);
  state.synced = true;
  expect((await get(`${url}/readyz`)).status).toBe(200);
});

test('calls are forwarded as soon as the routes are known, while metadata is still waited for', async () => {
  const port = await backend((_request, response) => response.end('called'));
  const { url, state } = await resolver({ ports: [port] });
  state.synced = false;
  expect((await get(`${url}/v1/namespaces/n/models/m/call/x`)).text).toBe('called');
  expect(errorCode(await get(`${url}/v1/namespaces/n/models/m`))).toBe('NotSynced');
  expect((await get(`${url}/readyz`)).text).toContain('[-]metadata: not everything that was found at the start is loaded yet');
});

test('the page escapes what it shows', async () => {
  const { url, core } = await resolver();
  core.setAppModel(
    { namespace: 'n', name: 'x', uid: 'x', created: 2 },
    { spec: { app: '<script>', models: [{ name: '"><img>', version: '&' }] } },
  );
  const got = await get(`${url}/`);
  expect(got.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(got.text).toContain('&lt;script&gt;');
  expect(got.text).not.toContain('<script>');
  expect(got.text).not.toContain('<img>');
});

test('a call goes with method, path, query, body and headers, and connection headers stay behind', async () => {
  const port = await backend((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('x-mine', 'yes');
      response.writeHead(201, 'Made');
      response.end(
        JSON.stringify({ method: request.method, url: request.url, headers: request.headers, bytes: Buffer.concat(chunks).length }),
      );
    });
  });
  const { url } = await resolver({ ports: [port] });
  const got = await get(`${url}/v1/namespaces/n/models/m/call/a%2Fb?c=%20`, {
    method: 'PUT',
    body: Buffer.alloc(300_000, 'x'),
    headers: { connection: 'close, x-secret', 'x-secret': 'hop', 'x-other': 'end', te: 'trailers' },
  });
  expect(got.status).toBe(201);
  expect(got.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  const seen = json(got) as { method: string; url: string; bytes: number; headers: Record<string, string> };
  expect(seen).toMatchObject({ method: 'PUT', url: '/a%2Fb?c=%20', bytes: 300_000 });
  expect(seen.headers).toMatchObject({ host: '192.0.2.1:80', 'x-other': 'end', 'x-forwarded-for': '127.0.0.1' });
  expect(seen.headers['x-secret']).toBeUndefined();
  expect(seen.headers['te']).toBeUndefined();
});

test('calls are spread over the endpoints, and one that cannot be reached is passed over, with its body', async () => {
  const ports = await Promise.all(
    [1, 2].map((number) =>
      backend((request, response) => {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        request.on('end', () => response.end(`${number} ${bytes}`));
      }),
    ),
  );
  const both = await resolver({ ports });
  const seen = new Set<string>();
  for (let i = 0; i < 4; i += 1) seen.add((await get(`${both.url}/v1/namespaces/n/models/m/call/x`)).text);
  expect([...seen].sort()).toEqual(['1 0', '2 0']);

  const dead = await closedPort();
  const half = await resolver({ ports: [dead, ports[1] as number] });
  for (let i = 0; i < 4; i += 1) {
    expect((await get(`${half.url}/v1/namespaces/n/models/m/call/x`, { method: 'POST', body: 'body' })).text).toBe('2 4');
  }
  expect(half.forwarder.counters.retries).toBeGreaterThan(0);
});

test('a PUT whose endpoint breaks off amid the body is sent whole to the next one; a POST and a long body are not', async () => {
  const breaking = await backend((request) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > Number(request.headers['content-length']) / 4) request.socket.destroy();
    });
  });
  const whole = await backend((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.end(`${request.method} ${bytes}`));
  });
  const send = async (method: string, bytes: number): Promise<string> => {
    const { url } = await resolver({ ports: [breaking, whole] });
    const answers = [];
    // One of two calls begins at the endpoint that breaks off.
    for (let i = 0; i < 2; i += 1)
      answers.push((await get(`${url}/v1/namespaces/n/models/m/call/x`, { method, body: Buffer.alloc(bytes, 'x') })).text);
    return answers
      .map((text) => (text.includes('BackendFailed') ? 'BackendFailed' : text))
      .sort()
      .join(', ');
  };
  expect(await send('PUT', 200_000)).toBe('PUT 200000, PUT 200000');
  expect(await send('POST', 2_000)).toBe('BackendFailed, POST 2000');
  // A mebibyte is more than what is kept for another try.
  expect(await send('PUT', 4 << 20)).toBe(`BackendFailed, PUT ${4 << 20}`);
});

test('what belongs to the backend’s connection stays behind', async () => {
  const port = await backend((_request, response) => {
    response.writeHead(200, {
      connection: 'keep-alive, x-hop',
      'x-hop': 'no',
      'proxy-authenticate': 'no',
      'x-end': 'yes',
      constructor: 'yes',
    });
    response.end('ok');
  });
  const { url } = await resolver({ ports: [port] });
  const { headers } = await get(`${url}/v1/namespaces/n/models/m/call/x`);
  expect([headers['x-hop'], headers['proxy-authenticate'], headers['x-end'], headers['constructor']]).toEqual([
    undefined,
    undefined,
    'yes',
    'yes',
  ]);
});

test('what the next reader could take for another request is not forwarded: two Hosts, a Host that is none, TRACE', async () => {
  let asked = 0;
  const port = await backend((_request, response) => {
    asked += 1;
    response.end();
  });
  const { url } = await resolver({ ports: [port] });
  const send = (line: string, headers: string): Promise<string> =>
    sendRaw(url, `${line} /v1/namespaces/n/models/m/call/x HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
  expect(await send('GET', 'host: a\r\nHOST: b\r\n')).toMatch(/^HTTP\/1\.1 400 .*several Host headers/su);
  expect(await send('GET', 'host: a/b@c\r\n')).toMatch(/^HTTP\/1\.1 400 /u);
  expect(await send('TRACE', 'host: a\r\ncookie: secret\r\n')).toMatch(/^HTTP\/1\.1 405 /u);
  expect(asked).toBe(0);
  expect(await send('GET', 'host: [fd00::1]:8080\r\n')).toMatch(/^HTTP\/1\.1 200 /u);
});

test('a backend that cannot be reached, breaks off or is late is 502, 502 and 504', async () => {
  const dead = await closedPort();
  const unreachable = await get(`${(await resolver({ ports: [dead] })).url}/v1/namespaces/n/models/m/call/x`);
  expect([unreachable.status, errorCode(unreachable)]).toEqual([502, 'BackendUnreachable']);

  const breaking = await backend((request) => request.socket.destroy());
  const broken = await get(`${(await resolver({ ports: [breaking] })).url}/v1/namespaces/n/models/m/call/x`, { method: 'POST', body: 'x' });
  expect([broken.status, errorCode(broken)]).toEqual([502, 'BackendFailed']);

  const silent = await backend(() => {});
  const late = await get(`${(await resolver({ ports: [silent], callTimeoutMs: 50 })).url}/v1/namespaces/n/models/m/call/x`);
  expect([late.status, errorCode(late)]).toEqual([504, 'BackendTimeout']);
});

test('an answer that breaks off in the middle breaks off for the client too', async () => {
  const port = await backend((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
  });
  const { url } = await resolver({ ports: [port] });
  await expect(get(`${url}/v1/namespaces/n/models/m/call/x`)).rejects.toThrow(/aborted|hang up/u);
});

test('a client that goes away ends the call at the backend', async () => {
  const gone = Promise.withResolvers<boolean>();
  const port = await backend((_request, response) => {
    response.write('first');
    response.on('close', () => gone.resolve(response.writableFinished));
  });
  const { url } = await resolver({ ports: [port] });
  const request = httpRequest(`${url}/v1/namespaces/n/models/m/call/x`, { agent });
  request.on('error', () => {});
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  await once(answer, 'data');
  answer.on('error', () => {});
  request.destroy();
  expect(await gone.promise).toBe(false);
});

test('an answer is streamed: its first part arrives while the backend still works', async () => {
  const go = Promise.withResolvers<void>();
  const port = await backend((_request, response) => {
    response.write('first');
    void go.promise.then(() => response.end('last'));
  });
  const { url } = await resolver({ ports: [port] });
  const request = httpRequest(`${url}/v1/namespaces/n/models/m/call/x`, { agent });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const [first] = (await once(answer, 'data')) as [Buffer];
  expect(first.toString()).toBe('first');
  go.resolve();
  const [last] = (await once(answer, 'data')) as [Buffer];
  expect(last.toString()).toBe('last');
});

test('a large answer to a slow reader is held back at the backend, not in the resolver', async () => {
  const chunk = Buffer.alloc(1 << 20, 'x');
  let written = 0;
  let stuck = false;
  const port = await backend((_request, response) => {
    const write = (): void => {
      while (written < 200) {
        written += 1;
        if (!response.write(chunk)) {
          stuck = true;
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  });
  const { url } = await resolver({ ports: [port] });
  const request = httpRequest(`${url}/v1/namespaces/n/models/m/call/x`, { agent });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.pause();
  // 200 MiB fit no socket buffer: once the backend stands still for many turns it is held back.
  let last = -1;
  for (let still = 0; still < 200; still = written === last ? still + 1 : 0) {
    last = written;
    await systemClock.yield();
  }
  expect(stuck).toBe(true);
  expect(written).toBeLessThan(200);
  let bytes = 0;
  answer.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  answer.resume();
  await once(answer, 'end');
  expect(bytes).toBe(200 * (1 << 20));
});

test('a busy port is named with the way out', async () => {
  const { url } = await resolver();
  const port = Number(/:(\d+)$/u.exec(url)?.[1]);
  const { index } = heldIndex();
  const server = createResolverServer({
    index,
    forwarder: new Forwarder(),
    namespace: '',
    dependencies: () => [],
    renderMetrics: () => Promise.resolve({ contentType: '', text: '' }),
  });
  await expect(server.listen('127.0.0.1', port)).rejects.toThrow(`the port 127.0.0.1:${port} is in use; choose another by --port`);
});
