import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createVirtualClock, type VirtualClock } from '@kubecast/clock/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type KubernetesClient } from '../client.ts';
import { connectionFromKubeconfig } from '../connect/connection-from-kubeconfig.ts';
import { connectionInCluster } from '../connect/connection-in-cluster.ts';
import { oneUserKubeconfig } from '../testing/one-user-kubeconfig.ts';
import { pem } from '../testing/test-server.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-certificates-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A server that speaks both versions of HTTP and tells who asks: the common name of the client's certificate. */
async function startMirror(): Promise<
  { readonly url: string; readonly open: Set<Socket>; refused: string; released: () => void } & AsyncDisposable
> {
  const data = join(import.meta.dirname, '../../testdata');
  const open = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const mirror = { refused: 'nobody', released: (): void => waiting.splice(0).forEach((go) => go()) };
  const server = http2.createSecureServer(
    {
      allowHTTP1: true,
      cert: readFileSync(join(data, 'server.crt')),
      key: readFileSync(join(data, 'server.key')),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const name = String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? '');
      response.writeHead(name === mirror.refused ? 401 : 200, { 'content-type': 'application/json' });
      const body = JSON.stringify({ gitVersion: name });
      if (request.url !== '/wait') response.end(body);
      else {
        response.write(' ');
        waiting.push(() => response.end(body));
      }
    },
  );
  server.on('secureConnection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(mirror, {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const closed = (sockets: Iterable<Socket>): Promise<unknown> =>
  Promise.all([...sockets].map((socket) => (socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve)))));

interface Started {
  readonly client: KubernetesClient;
  readonly clock: VirtualClock;
  readonly warnings: string[];
  readonly who: () => Promise<string>;
}
async function start(server: string, http: 1 | 2, user: object, cluster: object = {}): Promise<Started> {
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const inline = { 'certificate-authority-data': Buffer.from(pem.ca).toString('base64') };
  const path = oneUserKubeconfig(folder, 'config', user, { server, ...('certificate-authority' in cluster ? cluster : inline) });
  const connection = await connectionFromKubeconfig({ path, env: {}, clock, onWarning: (text) => warnings.push(text) });
  const client = createClient(connection, { http });
  return { client, clock, warnings, who: async () => (await client.version()).gitVersion };
}

for (const http of [1, 2] as const) {
  test(`a client certificate that is replaced serves the next request, and what the old one was used on is closed (HTTP/${http})`, async () => {
    await using mirror = await startMirror();
    put('a.crt', pem.clientCert);
    put('a.key', pem.clientKey);
    const { client, clock, warnings, who } = await start(mirror.url, http, { 'client-certificate': 'a.crt', 'client-key': 'a.key' });
    expect(await who()).toBe('ann');
    const { credentials } = client.connection;
    const idle = [...mirror.open];

    // Half of the pair is there: the old pair goes on, and each look at it is counted.
    put('a.crt', pem.otherClientCert);
    await clock.advance(1000);
    expect([await who(), await who()]).toEqual(['ann', 'ann']);
    expect(credentials.counters).toMatchObject({ reloads: 0, notReloaded: 1 });
    expect(credentials.problem).toMatch(/user "u": the client key is not that of the client certificate$/);
    put('a.key', 'cut');
    await clock.advance(1000);
    expect(await who()).toBe('ann');
    rmSync(join(folder, 'a.key'));
    await clock.advance(1000);
    expect(await who()).toBe('ann');
    await clock.advance(1000);
    expect(await who()).toBe('ann');
    expect(credentials.counters).toMatchObject({ reloads: 0, notReloaded: 4 });
    expect(warnings.map((text) => text.replace(/^.*user "u": /, ''))).toEqual([
      'the client key is not that of the client certificate. The last good ones stay in use',
      'the client key is no PEM. The last good ones stay in use',
      expect.stringMatching(/^the client key cannot be read: ENOENT/),
    ]);

    // A request that is under way as the pair is replaced ends as it began; its connection is closed after that.
    const stream = await client.raw({ method: 'GET', path: '/wait', stream: true });
    const busy = [...mirror.open];
    put('a.key', pem.otherClientKey);
    await clock.advance(1000);
    expect(await who()).toBe('other-client');
    expect(credentials.counters).toMatchObject({ reloads: 1, notReloaded: 4 });
    expect(credentials.problem).toBeUndefined();
    mirror.released();
    const parts: Uint8Array[] = [];
    for await (const chunk of stream.chunks) parts.push(Uint8Array.from(chunk));
    expect(Buffer.concat(parts).toString()).toContain('"ann"');
    await closed([...idle, ...busy]);
    expect(await who()).toBe('other-client');
    expect(mirror.open.size).toBe(1);
    client.close();
  });

  test(`a certificate authority that is replaced is trusted from the next request on, and the old one no more (HTTP/${http})`, async () => {
    await using mirror = await startMirror();
    put('ca.crt', pem.ca);
    const { client, clock, warnings, who } = await start(mirror.url, http, {}, { 'certificate-authority': 'ca.crt' });
    expect(await who()).toBe('');
    for (const text of ['', 'cut', pem.ca.slice(0, 100)]) {
      put('ca.crt', text);
      await clock.advance(1000);
      expect(await who()).toBe('');
    }
    const { trust } = client.connection;
    expect(trust?.counters).toEqual({ reloads: 0, notReloaded: 3 });
    expect(trust?.problem).toMatch(/cluster "c": the certificate authority holds no certificate in PEM/);
    expect(warnings).toHaveLength(1);
    // The kept connection was opened with the old authority: it must not serve on.
    put('ca.crt', pem.otherCa);
    await clock.advance(1000);
    await expect(who()).rejects.toMatchObject({ code: 'CLIENT_TLS' });
    put('ca.crt', `${pem.otherCa}${pem.ca}`);
    await clock.advance(1000);
    expect(await who()).toBe('');
    expect(trust?.counters).toEqual({ reloads: 2, notReloaded: 3 });
    client.close();
  });
}

test('a certificate that the server refuses is read anew at once, and the request is sent again', async () => {
  await using mirror = await startMirror();
  put('a.crt', pem.clientCert);
  put('a.key', pem.clientKey);
  const { client, who } = await start(mirror.url, 1, { 'client-certificate': 'a.crt', 'client-key': 'a.key' });
  expect(await who()).toBe('ann');
  mirror.refused = 'ann';
  put('a.crt', pem.otherClientCert);
  put('a.key', pem.otherClientKey);
  expect(await who()).toBe('other-client');
  client.close();
});

test('a thousand requests at once look at the files once', async () => {
  put('a.crt', pem.clientCert);
  put('a.key', pem.clientKey);
  const { client, clock } = await start('https://127.0.0.1:1', 1, { 'client-certificate': 'a.crt', 'client-key': 'a.key' });
  put('a.key', 'cut');
  await clock.advance(1000);
  await Promise.all(Array.from({ length: 1000 }, () => client.connection.credentials.get({ fresh: false })));
  expect(client.connection.credentials.counters?.notReloaded).toBe(1);
  client.close();
});

test("a pod's certificate authority is read again as well, and a folder with the token alone is enough", async () => {
  await using mirror = await startMirror();
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const { port } = new URL(mirror.url);
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port };
  put('token', 'tok');
  const alone = await connectionInCluster({ folder, env, clock, onWarning: (text) => warnings.push(text) });
  rmSync(join(folder, 'ca.crt'), { force: true });
  const bare = await connectionInCluster({ folder, env, clock, onWarning: (text) => warnings.push(text) });
  expect([bare.namespace, bare.ca, bare.trust]).toEqual(['default', undefined, undefined]);
  expect(warnings.at(-1)).toMatch(/service account.* cannot be read.*the authorities of the runtime are trusted instead/);
  expect(alone.server).toBe(mirror.url);
  put('ca.crt', pem.otherCa);
  const client = createClient(await connectionInCluster({ folder, env, clock }));
  await expect(client.version()).rejects.toMatchObject({ code: 'CLIENT_TLS' });
  put('ca.crt', pem.ca);
  await clock.advance(1000);
  expect(await client.version()).toEqual({ gitVersion: '' });
  client.close();
});
