import { inspect } from 'node:util';
import { configMapType } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import type { ConnectionInit } from '../connection/connection.ts';
import { redact } from '../redact.ts';
import { pem, startServer } from '../testing/test-server.ts';

const everything = (value: unknown): string =>
  `${inspect(value, { depth: 20, showHidden: true, getters: true })} ${JSON.stringify(value) ?? ''}`;

test('neither a connection nor a client shows a secret to who prints it', () => {
  const connection = connectionFrom({
    server: 'https://h',
    token: 's3cret-token',
    cert: pem.clientCert,
    key: pem.clientKey,
    proxyUrl: 'http://ann:s3cret-pw@proxy:3128',
  });
  const client = createClient({ ...connection });
  for (const thing of [connection, { ...connection }, client]) {
    expect(everything(thing)).not.toMatch(/s3cret|PRIVATE KEY/);
    expect(everything(thing)).toContain('http://proxy:3128');
  }
  client.close();
});

test('no error of a wrong address shows the password in it, nor does its cause', () => {
  const wrong: ConnectionInit[] = [
    { server: 'https://ann:s3cret@bad host' },
    { server: 'https://ann:s3cret@h' },
    { server: 'https://h', proxyUrl: 'http://ann:s3cret@bad host' },
    { server: 'https://h', proxyUrl: 'gopher://ann:s3cret@h' },
    { server: 'https://h', proxyUrl: 'http://ann:s3cret%zz@h' },
    { server: 'https://h', proxyUrl: `socks5://ann:${'s3cret'.repeat(50)}@h` },
  ];
  for (const init of wrong) {
    let error: unknown;
    try {
      connectionFrom(init);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'CLIENT_CONFIG' });
    expect(everything(error)).not.toContain('s3cret');
  }
});

test('no error of a request shows the token, the password or the proxy password, wherever one looks', async () => {
  const inits: ConnectionInit[] = [
    { server: 'https://127.0.0.1:1', token: 's3cret-t' },
    { server: 'https://127.0.0.1:1', token: 's3cret\nt' },
    { server: 'https://127.0.0.1:1', username: 'ann', password: 's3cret' },
    { server: 'https://127.0.0.1:1', token: 's3cret-t', proxyUrl: 'http://ann:s3cret@127.0.0.1:1' },
    { server: 'https://127.0.0.1:1', cert: 's3cret', key: 's3cret' },
  ];
  const basic = Buffer.from('ann:s3cret').toString('base64');
  for (const init of inits)
    for (const http of [1, 2] as const) {
      const client = createClient(connectionFrom(init), { http });
      const error: unknown = await client.version().catch((caught: unknown) => caught);
      // Over HTTP/2 the connection comes first, and there is none.
      const unsendable = http === 1 && init.token?.includes('\n') === true;
      expect(error).toMatchObject({ code: unsendable ? 'CLIENT_CREDENTIALS' : expect.stringMatching(/^CLIENT_/) });
      expect(everything(error)).not.toMatch(/s3cret/);
      expect(everything(error)).not.toContain(basic);
      client.close();
    }
});

test('a page that shows the headers of the request, with 200 or as a refusal, is quoted without the credentials', async () => {
  const page = 'Bearer s3cret-token';
  const asked: string[] = [];
  await using server = await startServer(({ path, headers }, response) => {
    asked.push(String(headers.authorization));
    response
      .writeHead(path.includes('refused') ? 502 : 200, { 'content-type': path.includes('text') ? 'text/plain' : 'text/html' })
      .end(page);
  });
  const client = createClient(connectionFrom({ server: server.url, ca: pem.ca, token: 's3cret-token' }));
  const maps = client.resource(configMapType, { namespace: 'a' });
  for (const call of [
    (): Promise<unknown> => maps.get('page'),
    (): Promise<unknown> => maps.get('text'),
    (): Promise<unknown> => maps.get('refused'),
    (): Promise<unknown> => maps.get('refused-text'),
    (): Promise<unknown> => maps.list().next(),
    (): Promise<unknown> => maps.watch().next(),
  ]) {
    const error: unknown = await call().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: expect.stringMatching(/^CLIENT_(?:PROTOCOL|STATUS)$/), message: expect.stringContaining('***') });
    expect(everything(error)).not.toContain('s3c');
  }
  expect(new Set(asked)).toEqual(new Set(['Bearer s3cret-token']));
  client.close();
});

test('a Status, a warning and an ERROR event that repeat the credentials are shown without them', async () => {
  const warned: string[] = [];
  for (const [init, sent] of [
    [{ token: 's3cret"\\töken' }, 's3cret"\\töken'],
    [{ username: 'ann', password: 's3cret-pw' }, 's3cret-pw'],
    [{ username: 'ann', password: 's3cret-pw' }, Buffer.from('ann:s3cret-pw').toString('base64')],
  ] as const) {
    const said = `no ${sent} here, nor "Bearer ${sent}", nor ${Buffer.from(sent, 'utf8').toString('latin1')}`;
    const status = {
      kind: 'Status',
      code: 403,
      reason: said,
      message: said,
      details: { name: said, group: said, kind: said, uid: said, causes: [{ reason: said, message: said, field: said }] },
    };
    await using server = await startServer(({ path }, response) => {
      if (path.includes('watch=true'))
        response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      else if (path.includes('redirect')) response.writeHead(302, { location: `https://h/${encodeURIComponent('x')}/s3cret-pw` }).end();
      else
        response
          .writeHead(403, { 'content-type': 'application/json', ...(sent === 's3cret-pw' ? { warning: '299 - "old, s3cret-pw"' } : {}) })
          .end(JSON.stringify(status));
    });
    const client = createClient(connectionFrom({ server: server.url, ca: pem.ca, ...init }), {
      onWarning: (text) => void warned.push(text),
    });
    const maps = client.resource(configMapType, { namespace: 'a' });
    const raw = async (): Promise<void> => {
      for await (const frames of maps.watchFrames()) for (const { object } of frames) throw new Error(new TextDecoder().decode(object));
    };
    const asked: (() => Promise<unknown>)[] = [() => maps.get('a'), () => maps.list().next(), () => maps.watch().next(), raw];
    if (sent === 's3cret-pw') asked.push(() => maps.get('redirect'));
    for (const call of asked) {
      const error: unknown = await call().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      if (!String(error).includes('HTTP 302')) expect(String(error)).toContain('no *** here');
      expect(everything(error)).not.toContain('s3cret');
      expect(everything(error)).not.toContain(sent);
    }
    client.close();
  }
  expect(warned).toContain('old, ***');
});

test('what has the shape of a secret is not shown, and words are', () => {
  expect(redact('Authorization: Bearer abc.def, next')).not.toContain('abc');
  expect(redact('{"access_token": "abc", "expires_in": 3}')).toBe('{"access_token": ***, "expires_in": 3}');
  expect(redact('-----BEGIN KEY-----\nabc\n-----END KEY----- after')).toBe('*** after');
  expect(redact('abcd abcdef', ['abcd', 'abcdef'])).toBe('*** ***');
  expect(redact('cannot reach kubernetes.default.svc: connection refused')).toBe('cannot reach kubernetes.default.svc: connection refused');
});
