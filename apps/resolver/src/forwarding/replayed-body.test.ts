import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { agent, backend, get } from '../testing/test-resolver.ts';
import { ReplayedBody, type BodyReader } from './replayed-body.ts';

const nobody: BodyReader = { asks: () => {}, got: () => {}, ended: () => {} };
const pace = { graceMs: 30_000, bytesPerSecond: 500 };

async function bytesOf(read: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of read) bytes += chunk.length;
  return bytes;
}

/** Sends a body and gives what the reader of the request makes of it. */
async function sent(bytes: number, use: (request: IncomingMessage) => Promise<unknown>): Promise<unknown> {
  const port = await backend((request, response) => {
    void use(request).then(
      (result) => response.end(JSON.stringify(result)),
      (error: unknown) => response.end(JSON.stringify(String(error))),
    );
  });
  return JSON.parse((await get(`http://127.0.0.1:${port}/`, { method: 'PUT', body: Buffer.alloc(bytes) })).text) as unknown;
}

test('a second reader gets the whole from the moment that it is made, and the first nothing more', async () => {
  const got = await sent(200_000, async (request) => {
    const body = new ReplayedBody(request, pace);
    const first = body.read(nobody);
    await first.next();
    const second = body.read(nobody);
    const more = await first.next();
    return [more.done, await bytesOf(second)];
  });
  expect(got).toEqual([true, 200_000]);
});

test('a reader that waits for the client ends as soon as there is another, or as the body is dropped', async () => {
  const over = Promise.withResolvers<unknown>();
  const port = await backend((request) => {
    const body = new ReplayedBody(request, pace);
    const waits = async (end: () => void): Promise<boolean | undefined> => {
      const asked = Promise.withResolvers<void>();
      const next = body.read({ ...nobody, asks: () => asked.resolve() }).next();
      await asked.promise;
      end();
      return (await next).done;
    };
    void (async () => [await waits(() => void body.read(nobody)), await waits(() => body.drop())])().then(over.resolve, over.reject);
  });
  // It sends no body and no end.
  const client = httpRequest({ port, host: '127.0.0.1', method: 'PUT', agent });
  client.on('error', () => {});
  client.flushHeaders();
  expect(await over.promise).toEqual([true, true]);
  client.destroy();
});
