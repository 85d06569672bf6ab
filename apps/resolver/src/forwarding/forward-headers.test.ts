import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { backend, errorCode, get, json, rawBackend, resolver, sendRaw } from '../testing/test-resolver.ts';
import { isLoop } from './forward-headers.ts';
import { TrustedProxies } from './trusted-proxies.ts';

const path = '/v1/namespaces/n/models/m/call/x';

const echoing = (): Promise<number> =>
  backend((request, response) => response.end(JSON.stringify({ headers: request.headers, raw: request.rawHeaders })));

const said = {
  'x-forwarded-for': '6.6.6.6',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil',
  'x-forwarded-port': '1',
  'x-forwarded-prefix': '/evil',
  forwarded: 'for=6.6.6.6;proto=https',
  'x-real-ip': '6.6.6.6',
};

test('who sent a call is told anew, whatever the client says', async () => {
  const { url } = await resolver({ ports: [await echoing()] });
  for (const headers of [{}, said, Object.fromEntries(Object.entries(said).map(([name, value]) => [name.toUpperCase(), value]))]) {
    const seen = json(await get(url + path, { headers: { host: 'front:81', ...headers } })) as {
      headers: IncomingHttpHeaders;
      raw: string[];
    };
    expect(seen.headers).toMatchObject({
      host: '192.0.2.1:80',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'front:81',
      forwarded: 'for=127.0.0.1;host="front:81";proto=http',
      'x-real-ip': '127.0.0.1',
    });
    expect(JSON.stringify(seen.raw)).not.toMatch(/6\.6\.6\.6|evil|https/u);
    expect(seen.headers).not.toHaveProperty('x-forwarded-port');
  }
});

test('a trusted proxy is believed, and added to the lists', async () => {
  for (const trustedProxies of [['127.0.0.0/8'], ['10.0.0.1', '127.0.0.1'], ['::1/128', '127.0.0.1/32']]) {
    const { url } = await resolver({ ports: [await echoing()], trustedProxies });
    const seen = json(await get(url + path, { headers: { host: 'front', ...said } })) as { headers: IncomingHttpHeaders };
    expect(seen.headers).toMatchObject({
      ...said,
      'x-forwarded-for': '6.6.6.6, 127.0.0.1',
      forwarded: 'for=6.6.6.6;proto=https, for=127.0.0.1;host="front";proto=http',
    });
    // What it leaves out is filled in.
    const bare = json(await get(url + path, { headers: { host: 'front', 'x-forwarded-for': '7.7.7.7' } })) as {
      headers: IncomingHttpHeaders;
    };
    expect(bare.headers).toMatchObject({
      'x-forwarded-for': '7.7.7.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'front',
      'x-real-ip': '127.0.0.1',
    });
  }
  const { url } = await resolver({ ports: [await echoing()], trustedProxies: ['10.0.0.0/8', '::1'] });
  expect((await get(url + path, { headers: said })).text).not.toContain('6.6.6.6');
});

test('ranges of proxies are of IPv4 and IPv6', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', 'fd00::/16', '192.0.2.7']);
  const trusted = ['10.255.0.1', 'fd00:0:1::5', '192.0.2.7'];
  const strangers = ['11.0.0.1', 'fd01::1', '192.0.2.8', undefined];
  expect([...trusted, ...strangers].map((address) => proxies.trusts(address))).toEqual([true, true, true, false, false, false, false]);
  for (const range of ['10.0.0.0/33', 'fd00::/129', 'name', '10.0.0.0/', '10.0.0.0/-1', 'fe80::1%eth0', '']) {
    expect(() => new TrustedProxies([range])).toThrow(JSON.stringify(range));
  }
});

test('an app whose endpoint is the resolver itself is 508 after one round, and a chain of eight resolvers is one too', async () => {
  let asked = 0;
  const front = await backend((request, response) => {
    asked += 1;
    // What an endpoint does that is the resolver: it sends the request there again, with what it was given.
    void get(`${url}${path}`, { headers: { via: request.headers.via ?? '' } }).then((got) => response.writeHead(got.status).end(got.text));
  });
  const { url, forwarder } = await resolver({ ports: [front] });
  const got = await get(url + path);
  expect([got.status, errorCode(got), asked]).toEqual([508, 'LoopDetected', 1]);
  expect(forwarder.counters).toMatchObject({ calls: 2, loops: 1, retries: 0, ejected: 0 });
  const others = (count: number): string =>
    Array.from({ length: count }, (_, i) => `1.1 kubecast-${String(i).padStart(16, '0')}`).join(', ');
  expect(isLoop(others(7), 'kubecast-ffffffffffffffff')).toBe(false);
  expect(isLoop(others(8), 'kubecast-ffffffffffffffff')).toBe(true);
  expect(isLoop('1.0 fred, 1.1 kubecast-ffffffffffffffff (x)', 'kubecast-ffffffffffffffff')).toBe(true);
  expect(isLoop('1.1 not-kubecast-ffffffffffffffff', 'kubecast-ffffffffffffffff')).toBe(false);
});

test('Via names the resolver behind those before it', async () => {
  const { url } = await resolver({ ports: [await echoing()] });
  const { headers } = json(await get(url + path, { headers: { via: '1.0 fred' } })) as { headers: IncomingHttpHeaders };
  expect(headers.via).toMatch(/^1\.0 fred, 1\.1 kubecast-[0-9a-f]{16}$/u);
});

test('each of 3,000 headers passes; none is dropped without a word', async () => {
  let seen = '';
  const port = await rawBackend((socket) => {
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (seen.includes('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  const { url } = await resolver({ ports: [port] });
  const got = await sendRaw(url, `GET ${path} HTTP/1.1\r\nhost: h\r\n${'a:\r\n'.repeat(3_000)}x-last: yes\r\nconnection: close\r\n\r\n`);
  expect(got).toMatch(/^HTTP\/1\.1 200 /u);
  expect(seen.match(/^a:/gmu)).toHaveLength(3_000);
  expect(seen).toContain('x-last: yes');
});
