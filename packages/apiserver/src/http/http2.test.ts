import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { get } from 'node:https';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createApiServer } from '../api-server.ts';
import { appModel, collection, startCluster, type Cluster } from '../testing/cluster.ts';

// The faults are the embedded server's own; that the real one speaks HTTP/2 in the same way is seen by the client's suites on both.
const skip = (process.env['KUBECAST_TEST_REAL'] ?? '') !== '';

let cluster: Cluster;
let session: ClientHttp2Session;
beforeAll(async () => {
  if (skip) return;
  cluster = await startCluster({ bookmarkMs: 60_000 });
  for (const name of ['a', 'b', 'c']) await cluster.probe.post(collection, appModel(name));
});
afterAll(() => cluster?.close());
afterEach(() => {
  cluster?.server.faults.clear();
  session?.destroy();
});

/** A new connection, by the administrator's token or by a certificate. */
function open(more: { cert?: string; key?: string } = {}): ClientHttp2Session {
  session = connect(cluster.server.url, { ca: cluster.server.ca, ...more });
  session.on('error', () => undefined);
  return session;
}

interface Answer {
  /** Undefined: there was none. */
  status: number | undefined;
  text: string;
  how: 'end' | 'cut';
}

/** Asks, and gives the answer when its stream is over. `onText` sees what has come so far. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  body?: string,
  onText: (text: string) => void = () => undefined,
): Promise<Answer> {
  const stream: ClientHttp2Stream = session.request(
    { ':path': path, ':method': body === undefined ? 'GET' : 'POST', authorization: `Bearer ${cluster.server.token()}`, ...headers },
    { endStream: body === undefined },
  );
  const answer: Answer = { status: undefined, text: '', how: 'cut' };
  stream.setEncoding('utf8');
  stream.on('response', (got) => {
    answer.status = got[':status'];
  });
  stream.on('data', (text: string) => {
    answer.text += text;
    onText(answer.text);
  });
  stream.on('end', () => {
    answer.how = stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR ? 'cut' : 'end';
  });
  stream.on('error', () => undefined);
  if (body !== undefined) stream.end(body);
  return new Promise((resolve) => {
    stream.on('close', () => {
      if (stream.aborted || session.destroyed) answer.how = 'cut';
      resolve(answer);
    });
  });
}

const closed = (): Promise<void> => new Promise((resolve) => (session.destroyed ? resolve() : void session.once('close', resolve)));
const lines = (text: string): number => text.split('\n').length - 1;
const watch = `${collection}?watch=1`;

test.skipIf(skip)('many requests go over one connection, beside a watch, and HTTP/1.1 is spoken with who asks for that', async () => {
  open();
  let seen: () => void = () => undefined;
  const three = new Promise<void>((resolve) => (seen = resolve));
  const watching = ask(watch, {}, undefined, (text) => lines(text) === 3 && seen());
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(`${collection}/${'abc'[index % 3]}`)));
  expect(answers.every((one) => one.status === 200 && one.how === 'end' && one.text.endsWith('\n'))).toBe(true);
  await three;
  cluster.server.faults.endWatches('appmodels');
  expect(await watching).toMatchObject({ status: 200, how: 'end' });
  expect(session.remoteSettings.maxConcurrentStreams).toBe(100);
  expect((await ask('/api')).text).toContain(`"serverAddress":"${new URL(cluster.server.url).host}"`);
  expect((await cluster.probe.get(`${collection}/a`)).status).toBe(200);
});

test.skipIf(skip)('a client certificate says who it is', async () => {
  const { certificate, key } = await cluster.server.clientCertificate('somebody', ['system:masters']);
  open({ cert: certificate, key });
  const answer = await ask(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { authorization: '', 'content-type': 'application/json' },
    '{}',
  );
  expect(JSON.parse(answer.text).status.userInfo).toMatchObject({ username: 'somebody' });
});

test.skipIf(skip)('drop cuts the whole connection, a watch after its events', async () => {
  open();
  cluster.server.faults.add({ type: 'drop' }, { verb: 'get', name: 'a', times: 1 });
  expect(await ask(`${collection}/a`)).toMatchObject({ status: undefined, how: 'cut' });
  await closed();
  open();
  cluster.server.faults.add({ type: 'drop', afterEvents: 2 }, { verb: 'watch' });
  const watched = await ask(watch);
  expect([watched.how, lines(watched.text)]).toEqual(['cut', 2]);
  await closed();
});

test.skipIf(skip)('stall leaves one stream without an answer, and the others of its connection alone', async () => {
  open();
  const fault = cluster.server.faults.add({ type: 'stall' }, { verb: 'get', name: 'a' });
  let over = false;
  const stalled = ask(`${collection}/a`).then(() => {
    over = true;
  });
  while (fault.hits === 0) expect((await ask(`${collection}/b`)).status).toBe(200);
  expect(over).toBe(false);
  session.destroy();
  await stalled;
});

test.skipIf(skip)('truncate cuts a list and a watch in the middle', async () => {
  open();
  cluster.server.faults.add({ type: 'truncate' }, { verb: 'list', times: 1 });
  const list = await ask(collection);
  expect([list.status, list.how]).toEqual([200, 'cut']);
  expect(list.text.length).toBeGreaterThan(100);
  expect(() => JSON.parse(list.text) as unknown).toThrow(/JSON/);
  await closed();
  open();
  cluster.server.faults.add({ type: 'truncate', afterEvents: 1 }, { verb: 'watch', times: 1 });
  const watched = await ask(watch);
  expect([watched.how, lines(watched.text)]).toEqual(['cut', 1]);
  expect(watched.text.slice(watched.text.indexOf('\n') + 1)).toMatch(/^\{"type":"ADDED"/);
});

test.skipIf(skip)('end-watch ends the stream cleanly, and its connection goes on', async () => {
  open();
  cluster.server.faults.add({ type: 'end-watch', afterEvents: 1 }, { verb: 'watch', times: 1 });
  const watched = await ask(watch);
  expect([watched.how, lines(watched.text)]).toEqual(['end', 1]);
  expect((await ask(`${collection}/a`)).status).toBe(200);
});

test.skipIf(skip)('a frozen connection answers nothing more, pings neither, and is not closed; new ones work', async () => {
  const frozen = open();
  expect((await ask(`${collection}/a`)).status).toBe(200);
  expect(cluster.server.faults.freezeConnections()).toBeGreaterThan(0);
  let heard = false;
  frozen.ping(() => {
    heard = !frozen.destroyed;
  });
  const unanswered = ask(`${collection}/b`);
  void unanswered.then((answer) => (heard ||= answer.status !== undefined));
  open();
  for (let count = 0; count < 20; count++) expect((await ask(`${collection}/c`)).status).toBe(200);
  expect([heard, frozen.destroyed]).toEqual([false, false]);
  frozen.destroy();
});

test.skipIf(skip)('dropped connections end all that is on them', async () => {
  open();
  const watching = ask(watch);
  while (cluster.server.counters.openWatches === 0) await ask(`${collection}/a`);
  expect(cluster.server.faults.dropConnections()).toBeGreaterThan(0);
  expect((await watching).how).toBe('cut');
  await closed();
});

test.skipIf(skip)('a body that is refused unread ends its stream alone', async () => {
  open();
  const refused = await ask(collection, { 'content-type': 'application/json' }, 'x'.repeat(4_000_000));
  expect(refused.status).toBe(413);
  expect((await ask(`${collection}/a`)).status).toBe(200);
});

test.skipIf(skip)('a server that is told so speaks HTTP/1.1 alone', async () => {
  const server = createApiServer({ http2: false });
  await server.listen();
  const version = await new Promise<string>((resolve, reject) => {
    get(`${server.url}/version`, { ca: server.ca }, (response) => {
      resolve(response.httpVersion);
      response.resume();
    }).on('error', reject);
  });
  expect(version).toBe('1.1');
  const refused = await new Promise<Error>((resolve) => void connect(server.url, { ca: server.ca }).on('error', resolve));
  expect(refused.message).not.toBe('');
  await server.close();
});
