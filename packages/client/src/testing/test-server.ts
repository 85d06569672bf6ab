import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../testdata');

/** Made for these tests, valid on loopback only, to 2120. */
export const pem = {
  ca: readFileSync(join(folder, 'ca.crt'), 'utf8'),
  otherCa: readFileSync(join(folder, 'other-ca.crt'), 'utf8'),
  clientCert: readFileSync(join(folder, 'client.crt'), 'utf8'),
  clientKey: readFileSync(join(folder, 'client.key'), 'utf8'),
  /** Of nobody but itself. */
  otherClientCert: readFileSync(join(folder, 'other-client.crt'), 'utf8'),
  otherClientKey: readFileSync(join(folder, 'other-client.key'), 'utf8'),
};

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Sockets accepted so far, and those open now. */
  readonly accepted: () => number;
  readonly open: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export type Handler = (request: SeenRequest, response: ServerResponse, raw: IncomingMessage) => unknown;

/** A real HTTPS (or HTTP) server on loopback. */
export async function startServer(
  handler: Handler,
  options: {
    readonly plain?: boolean;
    readonly cert?: 'server' | 'named';
    readonly clientCa?: boolean;
    readonly port?: number;
    readonly keepAliveTimeout?: number;
  } = {},
): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const open = new Set<Socket>();
  let accepted = 0;
  const listener = (raw: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    raw.on('data', (part: Buffer) => parts.push(part));
    raw.on('end', () => {
      const request = { method: raw.method ?? '', path: raw.url ?? '', headers: raw.headers, body: Buffer.concat(parts).toString('utf8') };
      seen.push(request);
      void handler(request, response, raw);
    });
    raw.on('error', () => {});
    response.on('error', () => {});
  };
  const name = options.cert ?? 'server';
  const server =
    options.plain === true
      ? http.createServer(listener)
      : https.createServer(
          {
            cert: readFileSync(join(folder, `${name}.crt`)),
            key: readFileSync(join(folder, `${name}.key`)),
            ...(options.clientCa === true ? { ca: pem.ca, requestCert: true, rejectUnauthorized: false } : {}),
          },
          listener,
        );
  if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout;
  server.on('connection', (socket: Socket) => {
    accepted++;
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) =>
      server.close(() => {
        resolve();
      }),
    );
  };
  return {
    url: `${options.plain === true ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    accepted: () => accepted,
    open,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
