import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import { agent, backend, get, resolver } from '../testing/test-resolver.ts';

const path = '/v1/namespaces/n/models/m/call/x';

/** Whether the port takes connections. */
const open = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

test('a stop is unready at once, serves on for the grace, then lets the calls in flight end', async () => {
  const held: ServerResponse[] = [];
  const arrived = Promise.withResolvers<void>();
  const port = await backend((request, response) => {
    if (request.url !== '/slow') return void response.end('called');
    held.push(response);
    arrived.resolve();
  });
  const clock = createVirtualClock();
  const { url, server } = await resolver({ ports: [port], clock });
  expect((await get(`${url}/readyz`)).status).toBe(200);
  const slow = get(`${url}/v1/namespaces/n/models/m/call/slow`);
  await arrived.promise;
  let stopped: number | undefined;
  const stop = server.stop({ graceMs: 5_000, deadlineMs: 10_000 }).then((broken) => (stopped = broken));
  for (let second = 0; second < 4; second += 1) {
    const ready = await get(`${url}/readyz`);
    expect([ready.status, ready.text.split('\n', 1)[0]]).toEqual([503, 'not ready: the resolver is stopping']);
    expect((await get(`${url}/livez`)).status).toBe(200);
    expect((await get(`${url}/v1/namespaces/n/models/m`)).status).toBe(200);
    const called = await get(url + path);
    expect([called.text, called.headers.connection]).toEqual(['called', 'close']);
    await clock.advance(1_000);
  }
  await clock.advance(1_000);
  expect(await open(url)).toBe(false);
  await clock.advance(9_000);
  expect(stopped).toBeUndefined();
  held[0]?.end('slow');
  expect((await slow).text).toBe('slow');
  await stop;
  expect(stopped).toBe(0);
  expect(clock.pending).toBe(0);
});

test('what is left at the deadline is broken off and counted; idle connections are closed before it', async () => {
  const port = await backend((request, response) => {
    if (request.url === '/x') response.end('called');
    else response.write('data');
  });
  const clock = createVirtualClock();
  const { url, server, forwarder } = await resolver({ ports: [port], clock });
  const idle = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  idle.write(`GET ${path} HTTP/1.1\r\nhost: h\r\n\r\n`);
  await once(idle, 'data');
  const stream = httpRequest(`${url}/v1/namespaces/n/models/m/call/stream`, { agent });
  stream.end();
  const [answer] = (await once(stream, 'response')) as [IncomingMessage];
  const broken = once(answer, 'error');
  answer.resume();
  const idleClosed = once(idle, 'close');
  const stop = server.stop({ graceMs: 0, deadlineMs: 10_000 });
  await idleClosed;
  await clock.advance(10_000);
  expect(await stop).toBe(1);
  await broken;
  expect(forwarder.counters).toMatchObject({ inFlight: 0, streams: 0 });
});
