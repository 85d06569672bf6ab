import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectionFrom, createClient } from '@kubecast/client';
import type { KubernetesClient } from '@kubecast/client';
import { createInformer } from '@kubecast/informer';
import type { Informer } from '@kubecast/informer';
import { afterEach, expect, test } from 'vitest';
import { noteType, until } from './world.ts';
import type { Note } from './world.ts';

type Answer = (response: ServerResponse, version: string) => void;

const note = (name: string, version: string): Note => ({
  apiVersion: 'example.com/v1',
  kind: 'Note',
  metadata: { name, namespace: 'one', uid: `uid-${name}`, resourceVersion: version },
  spec: { text: name },
});

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: string): string =>
  line('BOOKMARK', { apiVersion: 'example.com/v1', kind: 'Note', metadata: { resourceVersion: version } });
const status = (code: number, reason: string) => ({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message: reason });
const answered =
  (code: number, body = '', headers: Record<string, string> = { 'content-type': 'application/json' }): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
const streamed =
  (text: (version: string) => string, end: 'end' | 'reset'): Answer =>
  (response, version) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(text(version), () => (end === 'end' ? response.end() : response.destroy()));
  };

/** How a server on a real socket can answer every watch. */
const ways: readonly (readonly [string, Answer])[] = [
  ['200 and nothing', answered(200)],
  ['200 and blank lines', answered(200, '\n\n  \n')],
  ['204', answered(204)],
  ['301 to somewhere else', answered(301, '', { location: 'http://127.0.0.1:1/' })],
  ['307 to itself', answered(307, '', { location: '/apis/example.com/v1/notes?watch=true' })],
  ['400', answered(400, JSON.stringify(status(400, 'BadRequest')))],
  ['401 without a body', answered(401)],
  ['403 as a line of text', answered(403, 'forbidden', { 'content-type': 'text/plain' })],
  ['404 as a line of text', answered(404, '404 page not found\n', { 'content-type': 'text/plain' })],
  ['405', answered(405, JSON.stringify(status(405, 'MethodNotAllowed')))],
  ['410', answered(410, JSON.stringify(status(410, 'Expired')))],
  ['410 without a body', answered(410)],
  ['500 without a body', answered(500)],
  ['503 as an HTML page', answered(503, '<html>busy</html>', { 'content-type': 'text/html' })],
  ['an HTML page with 200', answered(200, '<!doctype html>\n<html><body>Sign in</body></html>\n', { 'content-type': 'text/html' })],
  [
    'the list instead of a watch',
    answered(200, JSON.stringify({ kind: 'NoteList', apiVersion: 'example.com/v1', metadata: {}, items: [] })),
  ],
  ['a Status with 200', answered(200, JSON.stringify(status(410, 'Expired')))],
  ['a reset before the answer', (response) => response.destroy()],
  ['a reset after the head', (response) => void response.writeHead(200).write('', () => response.destroy())],
  ['a reset amid a line', streamed(() => '{"type":"ADDED","object":{"kind":"No', 'reset')],
  ['a reset after a line', streamed((version) => bookmark(version), 'reset')],
  ['an end amid a line', streamed(() => '{"type":"ADDED","object":{"kind":"No', 'end')],
  ['an end after a bookmark that moves nothing', streamed((version) => bookmark(version), 'end')],
  ['an event of an unknown type', streamed(() => line('SYNCED', {}), 'end')],
  ['an event without an object', streamed(() => '{"type":"ADDED"}\n', 'end')],
  ['an ERROR event that is null', streamed(() => line('ERROR', null), 'end')],
  ['an ERROR event without a word', streamed(() => line('ERROR', {}), 'end')],
  ['an ERROR event with the code as a text', streamed(() => line('ERROR', { code: '410' }), 'end')],
  [
    'an ERROR event in the words of etcd',
    streamed(() => line('ERROR', { message: 'etcdserver: mvcc: required revision has been compacted' }), 'end'),
  ],
  ['an event below the version', streamed(() => line('ADDED', note('old', '1')), 'end')],
];

/** A server with one kind: its lists work, its streamed lists are refused, and each watch is answered as the test says. */
class BrokenWatches {
  version = 10;
  names: readonly string[] = ['a', 'b'];
  watches = 0;
  lists = 0;
  /** How a list says that it holds nothing. */
  nothing: { readonly items?: null | readonly [] } = { items: [] };
  answer: Answer;
  readonly #server: Server;

  constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const { searchParams, pathname } = new URL(url, 'http://server');
    if (pathname !== '/apis/example.com/v1/notes') return answered(404)(response, '');
    if (searchParams.get('sendInitialEvents') === 'true') return answered(422, JSON.stringify(status(422, 'Invalid')))(response, '');
    if (searchParams.get('watch') === 'true') {
      this.watches += 1;
      return this.answer(response, searchParams.get('resourceVersion') ?? '');
    }
    const nobody = searchParams.has('fieldSelector');
    if (!nobody) this.lists += 1;
    const items = nobody ? [] : this.names.map((name) => note(name, String(this.version)));
    const list = { kind: 'NoteList', apiVersion: 'example.com/v1', metadata: { resourceVersion: String(this.version) } };
    answered(200, JSON.stringify({ ...list, ...(items.length === 0 ? this.nothing : { items }) }))(response, '');
  }
}

const opened: { readonly server: BrokenWatches; readonly client: KubernetesClient; readonly informer: Informer<Note> }[] = [];

afterEach(async () => {
  for (const { server, client, informer } of opened.splice(0)) {
    await informer.stop();
    client.close();
    await server.stop();
  }
});

async function follow(answer: Answer): Promise<(typeof opened)[number]> {
  const server = new BrokenWatches(answer);
  const client = createClient(connectionFrom({ server: await server.start() }));
  const informer = createInformer<Note>({
    type: noteType,
    client,
    limits: {
      backoffBaseMs: 2,
      backoffMaxMs: 10,
      serverErrorsMs: 30,
      fruitlessMaxMs: 50,
    },
  });
  const world = { server, client, informer };
  opened.push(world);
  informer.start();
  await informer.whenSynced();
  return world;
}

const names = (informer: Informer<Note>): string => [...informer.view.select()].map((entry) => entry.key.name).join();

test.each(ways)('where every watch is answered by %s, lists keep the view, and it goes on once watches work', async (_way, answer) => {
  const { server, informer } = await follow(answer);
  expect(names(informer)).toBe('a,b');
  server.version = 5000;
  server.names = ['b', 'c'];
  await until(informer, () => names(informer) === 'b,c');
  expect(informer.scopes()[0]).toMatchObject({ synced: true, epoch: 1 });
  const { lists } = server;
  server.answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(line('ADDED', note('d', '6000')));
  };
  await until(informer, () => names(informer) === 'b,c,d');
  // A list may have been under way.
  expect(server.lists).toBeLessThanOrEqual(lists + 1);
});

test.each([
  ['has an empty array of items', { items: [] }],
  ['has null for its items', { items: null }],
  ['has no items', {}],
] as const)('a list that %s is an empty one, and the objects leave as deleted', async (_what, nothing) => {
  const { server, informer } = await follow(answered(200));
  const causes: unknown[] = [];
  informer.handle((delta) => void (delta.type === 'deleted' && causes.push(delta.cause)));
  server.version = 5000;
  server.names = [];
  server.nothing = nothing;
  await until(informer, () => causes.length === 2);
  expect(causes).toEqual(['deleted', 'deleted']);
  expect(names(informer)).toBe('');
});

test('a client that is closed under the informer is a final state, and the server is asked nothing more', async () => {
  let came = (): void => undefined;
  const watched = new Promise<void>((resolve) => (came = resolve));
  const { server, client, informer } = await follow((response) => {
    response.writeHead(200).write('\n');
    came();
  });
  await watched;
  client.close();
  await until(informer, () => informer.scopes()[0]?.state === 'Failed');
  expect(informer.scopes()[0]?.reason).toContain('the client was closed under the informer');
  expect(names(informer)).toBe('a,b');
  const { lists, watches } = server;
  await informer.stop();
  expect([server.lists, server.watches]).toEqual([lists, watches]);
});

test('a token with a line break is credentials that cannot be sent, and the state says so without showing it', async () => {
  const server = new BrokenWatches(answered(200));
  const client = createClient(connectionFrom({ server: await server.start(), credentialsWithoutTls: true, token: 'hunter2\nb' }));
  const informer = createInformer<Note>({ type: noteType, client, limits: { backoffBaseMs: 2, backoffMaxMs: 10 } });
  opened.push({ server, client, informer });
  informer.start();
  await until(informer, () => informer.scopes()[0]?.state === 'BackingOff');
  expect(informer.scopes()[0]?.reason).toContain('credentials: ');
  expect(informer.scopes()[0]?.reason).not.toContain('hunter2');
  expect(server.lists).toBe(0);
});
