import { Agent, createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { ModelCore, readSlice, type ModelIndex, type PayloadSource, type SourceStatus } from '@kubecast/model-index';
import { Forwarder, type ForwarderOptions, type IllegalAnswer } from '../forwarding/forwarder.ts';
import { createResolverServer, type ResolverServer } from '../http/server.ts';

/** An index that holds what a test puts into its core. */
export function heldIndex(payloads?: PayloadSource): { index: ModelIndex; core: ModelCore; state: { synced: boolean; routes: boolean } } {
  const state = { synced: true, routes: true };
  const core = new ModelCore({
    payloads: payloads ?? {
      want: () => {},
      forget: () => {},
      resync: () => {},
      settled: () => Promise.resolve(),
      onChange: () => ({ [Symbol.dispose]: () => {} }),
      get: () => ({ state: 'current', payload: { title: 'held' }, staleForMs: 0 }),
    },
    freshness: () => ({ resourceVersion: '42', ageMs: 7 }),
  });
  const source = {
    kind: 'AppModel',
    namespace: 'n',
    state: 'BackingOff',
    reason: 'connection refused',
    synced: false,
    resourceVersion: '',
    ageMs: Infinity,
  } as unknown as SourceStatus;
  const index = {
    resolve: core.resolve.bind(core),
    load: core.load.bind(core),
    get revision() {
      return core.revision;
    },
    app: core.app.bind(core),
    models: core.models.bind(core),
    apps: core.apps.bind(core),
    modelNames: core.modelNames.bind(core),
    appNames: core.appNames.bind(core),
    namespaces: core.namespaces.bind(core),
    problems: core.problems.bind(core),
    freshness: () => ({ resourceVersion: '42', ageMs: 7 }),
    sources: () => [source],
    get hasSynced() {
      return state.synced;
    },
    get hasRoutes() {
      return state.routes;
    },
    get modelCount() {
      return core.modelCount;
    },
    get appCount() {
      return core.appCount;
    },
  } as unknown as ModelIndex;
  return { index, core, state };
}

export async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function backend(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** A backend of bytes: what it does with each connection is the test's. */
export async function rawBackend(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

/** A port that refuses connections. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** Sends bytes to a resolver and gives all that comes back until it closes, one character for each byte. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const over = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  socket.write(bytes, 'latin1');
  await over;
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

export async function resolver(
  options: { ports?: readonly number[]; appProtocol?: string; payloads?: PayloadSource } & Omit<
    ForwarderOptions,
    'dial' | 'onIllegalAnswer'
  > = {},
): Promise<{
  url: string;
  core: ModelCore;
  state: { synced: boolean; routes: boolean };
  forwarder: Forwarder;
  illegal: IllegalAnswer[];
  server: ResolverServer;
}> {
  const { index, core, state } = heldIndex(options.payloads);
  core.setAppModel(
    { namespace: 'n', name: 'a', uid: 'u', created: 1 },
    {
      spec: {
        app: 'A',
        version: '1',
        models: [
          { name: 'm', version: 'v' },
          { name: '__proto__', version: 'v' },
        ],
      },
    },
  );
  core.setService('n', 'a', [{ name: 'http', port: 80, appProtocol: options.appProtocol }]);
  const dial = new Map<string, { host: string; port: number }>();
  for (const [i, port] of (options.ports ?? []).entries()) dial.set(`192.0.2.${i + 1}:80`, { host: '127.0.0.1', port });
  core.setSlice(
    'n',
    's',
    readSlice(
      { 'kubernetes.io/service-name': 'a' },
      { endpoints: [...dial.keys()].map((place) => ({ addresses: [place.slice(0, -3)] })), ports: [{ name: 'http', port: 80 }] },
    ),
  );
  const illegal: IllegalAnswer[] = [];
  const forwarder = new Forwarder({
    dial,
    onIllegalAnswer: (report) => void illegal.push(report),
    ...options,
  });
  const server = createResolverServer({
    index,
    forwarder,
    namespace: 'n',
    dependencies: () => [{ name: 'redis', ok: false, reason: 'connection refused' }],
    renderMetrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'x 1\n' }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const url = await server.listen('127.0.0.1', 0);
  onTestFinished(() => void server.stop({ graceMs: 0, deadlineMs: 100 }));
  return { url, core, state, forwarder, illegal, server };
}

export interface Got {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

export const agent: Agent = new Agent({ keepAlive: false });

export function get(
  url: string,
  options: { method?: string; body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const match = /^http:\/\/([^:/]+):(\d+)(.*)$/u.exec(url) as RegExpExecArray;
    const request = httpRequest(
      {
        host: match[1],
        port: Number(match[2]),
        path: match[3] as string,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: answer.headers }),
        );
        answer.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

export const json = (got: Got): Record<string, unknown> => JSON.parse(got.text) as Record<string, unknown>;
export const errorCode = (got: Got): unknown => (json(got)['error'] as { code: string }).code;
