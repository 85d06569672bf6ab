import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import { backend, closedPort, errorCode, get, rawBackend, resolver } from '../testing/test-resolver.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';

const path = '/v1/namespaces/n/models/m/call/x';

/** Ends its part as soon as it received bytes; `reached` counts the backends that a byte came to. */
type Death = (socket: Socket, received: string) => void;

const afterHead =
  (die: (socket: Socket) => void): Death =>
  (socket, received) => {
    if (received.includes('\r\n\r\n')) die(socket);
  };
const reset = (socket: Socket): void => void socket.resetAndDestroy();
const answerThen =
  (bytes: string, die: (socket: Socket) => void): Death =>
  (socket, received) => {
    if (received.includes('\r\n\r\n') && !socket.writableEnded) socket.write(bytes, () => setImmediate(() => die(socket)));
  };

async function dyingPods(count: number, death: Death): Promise<{ ports: number[]; reached: () => number }> {
  let reached = 0;
  const ports = await Promise.all(
    Array.from({ length: count }, () =>
      rawBackend((socket) => {
        let received = '';
        socket.on('data', (chunk: Buffer) => {
          if (received === '') reached += 1;
          received += chunk.toString('latin1');
          death(socket, received);
        });
      }),
    ),
  );
  return { ports, reached: () => reached };
}

test.each<[string, Death, number, number, string]>([
  ['resets at the first byte', reset, 2, 1, 'BackendFailed'],
  ['closes at the first byte', (socket) => void socket.destroy(), 2, 1, 'BackendFailed'],
  ['closes its side at the first byte', (socket) => void socket.end(), 2, 1, 'BackendFailed'],
  ['resets after the head', afterHead(reset), 2, 1, 'BackendFailed'],
  ['closes after the head', afterHead((socket) => void socket.end()), 2, 1, 'BackendFailed'],
  ['resets after one byte of an answer', answerThen('H', reset), 1, 1, 'BackendFailed'],
  ['closes in the status line', answerThen('HTTP/1.1 20', (socket) => void socket.end()), 1, 1, 'BackendFailed'],
  ['closes in a header', answerThen('HTTP/1.1 200 OK\r\ncontent-le', (socket) => void socket.end()), 1, 1, 'BackendFailed'],
  ['resets after an interim answer', answerThen('HTTP/1.1 103 Early Hints\r\n\r\n', reset), 1, 1, 'BackendFailed'],
  ['answers what is no HTTP', answerThen('SSH-2.0-x\r\n', () => {}), 1, 1, 'BackendMalformed'],
  [
    'answers 101 to no offer',
    answerThen('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', () => {}),
    1,
    1,
    'BackendFailed',
  ],
])(
  'a request whose backend %s reaches at most two of ten, one where that is not safe',
  async (_what, death, idempotentReach, otherReach, code) => {
    for (const [method, body, most] of [
      ['GET', undefined, idempotentReach],
      ['PUT', 'body', idempotentReach],
      ['DELETE', undefined, idempotentReach],
      ['POST', 'body', otherReach],
      ['POST', undefined, otherReach],
      ['PATCH', 'body', otherReach],
    ] as const) {
      const { ports, reached } = await dyingPods(10, death);
      const { url, forwarder } = await resolver({ ports });
      const got = await get(url + path, { method, ...(body === undefined ? {} : { body }) });
      expect([method, body, got.status, errorCode(got), reached()]).toEqual([method, body, 502, code, most]);
      expect(forwarder.counters).toMatchObject({ retries: most - 1, failures: 1, retriesRefused: 0 });
    }
  },
);

test('a body that is longer than what is kept is sent once', async () => {
  const { ports, reached } = await dyingPods(10, (socket, received) => {
    if (received.length > 300_000) socket.resetAndDestroy();
  });
  const { url } = await resolver({ ports });
  expect(errorCode(await get(url + path, { method: 'PUT', body: Buffer.alloc(600_000, 'x') }))).toBe('BackendFailed');
  expect(reached()).toBe(1);
});

test('where nothing was sent any method is tried at one more endpoint, and no third', async () => {
  const alive = await backend((request, response) => void request.resume().on('end', () => response.end('alive')));
  for (const method of ['GET', 'POST', 'PATCH']) {
    const { url } = await resolver({ ports: [await closedPort(), alive] });
    for (let i = 0; i < 3; i += 1) expect((await get(url + path, method === 'GET' ? {} : { method, body: 'x' })).text).toBe('alive');
  }
  const { url, forwarder } = await resolver({ ports: [await closedPort(), await closedPort(), await closedPort()] });
  const got = await get(url + path, { method: 'POST', body: 'x' });
  expect([got.status, errorCode(got), forwarder.counters.retries]).toEqual([502, 'BackendUnreachable', 1]);
});

test('an idempotent call to the only endpoint is tried there again; what cannot be reached is not', async () => {
  let connections = 0;
  const port = await rawBackend((socket) => {
    connections += 1;
    const first = connections === 1;
    socket.once('data', () => {
      if (first) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
  const { url } = await resolver({ ports: [port] });
  expect((await get(url + path)).text).toBe('ok');
  const dead = await resolver({ ports: [await closedPort()] });
  expect(errorCode(await get(dead.url + path))).toBe('BackendUnreachable');
  expect(dead.forwarder.counters.retries).toBe(0);
});

test('a client that breaks off its request blames no backend and is sent to no other', async () => {
  const got = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { ports, reached } = await dyingPods(2, (socket) => {
    socket.once('close', () => closed.resolve());
    got.resolve();
  });
  const { url, forwarder } = await resolver({ ports });
  const client = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  client.on('error', () => {});
  client.write(`PUT ${path} HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf`);
  await got.promise;
  client.resetAndDestroy();
  await closed.promise;
  expect(reached()).toBe(1);
  expect(forwarder.counters).toMatchObject({ retries: 0, failures: 0, inFlight: 0 });
});

test('retries are at most a fifth of the calls, beyond a reserve of ten', async () => {
  const { ports } = await dyingPods(3, reset);
  const { url, forwarder } = await resolver({ ports, clock: createVirtualClock() });
  for (let i = 0; i < 200; i += 1) await get(url + path);
  const { calls, retries, retriesRefused } = forwarder.counters;
  expect([calls, retries + retriesRefused]).toEqual([200, 200]);
  expect(retries).toBeGreaterThan(40);
  expect(retries).toBeLessThanOrEqual(10 + 200 / 5);
});

test('the reserve of a budget comes back, one a second, and each app has its own', async () => {
  const clock = createVirtualClock();
  const budget = new RetryBudget(clock);
  const taken = (owner: string): number => {
    let count = 0;
    while (budget.take(owner)) count += 1;
    return count;
  };
  expect(taken('a')).toBe(10);
  expect(taken('a')).toBe(0);
  expect(taken('b')).toBe(10);
  await clock.advance(3_000);
  expect(taken('a')).toBe(3);
  for (let i = 0; i < 5; i += 1) budget.called('a');
  expect(taken('a')).toBe(1);
  await clock.advance(3_600_000);
  expect(taken('a')).toBe(10);
});
