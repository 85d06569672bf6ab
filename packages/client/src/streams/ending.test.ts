import { configMapType } from '@kubecast/crd';
import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type KubernetesClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { pem, startServer, type TestServer } from '../testing/test-server.ts';
import { ending } from './ending.ts';

let server: TestServer;
let client: KubernetesClient;
const closed: string[] = [];
beforeAll(async () => {
  // Watches and lists begin, and then nothing comes for ever.
  server = await startServer((request, response) => {
    response.on('close', () => closed.push(request.path));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(request.path.includes('watch=true') ? '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n' : '{"items":[');
  });
  client = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { budget: { perSecond: 0 } });
});
afterAll(async () => {
  client.close();
  await server.close();
});

type Make = (signal: AbortSignal | undefined) => AsyncIterable<unknown>;
const given = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal });
const makes: Readonly<Record<string, Make>> = {
  watch: (signal) => client.resource(configMapType).watch(given(signal)),
  watchFrames: (signal) => client.resource(configMapType).watchFrames({}, signal),
  'watch of metadata': (signal) => client.resource(configMapType).asMetadata().watch(given(signal)),
  list: (signal) => client.resource(configMapType).list(given(signal)),
  pages: (signal) => client.resource(configMapType).pages(given(signal)),
  listPages: (signal) => client.resource(configMapType).listPages({}, signal),
  'list of metadata': (signal) => client.resource(configMapType).asMetadata().list(given(signal)),
  'pages of a table': (signal) => client.resource(configMapType).asTable().pages(given(signal)),
  "a source's watch": (signal) =>
    client
      .resource(configMapType)
      .source()
      .watchFrames({}, signal ?? new AbortController().signal),
  "a source's list": (signal) =>
    client
      .resource(configMapType)
      .source()
      .listPages({}, signal ?? new AbortController().signal),
};

const ways: Readonly<Record<string, (iterator: AsyncGenerator<unknown>) => Promise<unknown>>> = {
  'return()': (iterator) => iterator.return(undefined),
  'throw()': (iterator) => iterator.throw(new Error('mine')).catch((error: unknown) => error),
  'await using': async (iterator) => iterator[Symbol.asyncDispose](),
};

for (const [name, make] of Object.entries(makes)) {
  test.each(Object.entries(ways))(`${name}: %s ends it at once while a next() is pending, and lets go of all it holds`, async (_, end) => {
    const outer = new AbortController();
    const iterator = make(outer.signal)[Symbol.asyncIterator]() as AsyncGenerator<unknown>;
    const isWatch = name.includes('watch');
    if (isWatch) await iterator.next();
    const before = server.seen.length;
    const next = iterator.next();
    if (!isWatch) while (server.seen.length === before) await new Promise((resolve) => setImmediate(resolve));
    const gone = closed.length;
    await end(iterator);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0, budget: { waiting: 0 } });
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
    while (closed.length === gone) await new Promise((resolve) => setImmediate(resolve));
  });
}

test('an aborted signal rejects the pending next() with its reason, and a broken loop leaves nothing', async () => {
  const outer = new AbortController();
  const iterator = client.resource(configMapType).watch({ signal: outer.signal });
  await iterator.next();
  const next = iterator.next();
  outer.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  for await (const event of client.resource(configMapType).watch()) if (event.type === 'ADDED') break;
  expect(client.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
});

test('ended before it began, it begins nothing; what the work throws is thrown once', async () => {
  let begun = 0;
  const never = ending<number>(undefined, async function* () {
    begun++;
    yield await Promise.resolve(1);
  });
  await never.return(undefined);
  expect([await never.next(), begun]).toEqual([{ done: true, value: undefined }, 0]);
  const failing = ending<number>(undefined, async function* () {
    yield await Promise.resolve(1);
    throw new Error('mine');
  });
  expect(await failing.next()).toEqual({ done: false, value: 1 });
  await expect(failing.next()).rejects.toThrow('mine');
  expect(await failing.next()).toEqual({ done: true, value: undefined });
});
