import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { rememberSession } from './connection.ts';

/** Streams that a client may have open on one connection, as the real server allows. */
const maxStreams = 100;
/** Bytes that the head of a request may have, as on the real server: selectors of many names stand in its path. */
const headLimit = 1 << 20;

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A server of HTTPS: HTTP/2 for clients that ask for it by ALPN, where it is `http2`, else HTTP/1.1. `sockets` has the connections that are open.
 * node:http2 is loaded only for it.
 */
export async function createTlsServer(options: ServerOptions, http2: boolean, sockets: Set<Socket>, handle: Handle): Promise<Server> {
  const server = http2 ? await both(options) : createServer({ ...options, maxHeaderSize: headLimit });
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.on('request', handle);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    handle(request, response);
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  server.on('clientError', (_error: Error, socket: Socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request');
    else socket.destroy();
  });
  return server;
}

/** A server for both protocols. Its requests and responses have the API of HTTP/1.1, except for what `connection.ts` handles. */
async function both(options: ServerOptions): Promise<Server> {
  const { createSecureServer } = await import('node:http2');
  const server = createSecureServer({
    ...options,
    allowHTTP1: true,
    maxHeaderSize: headLimit,
    maxHeaderListPairs: 1_000,
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: headLimit },
  } as Parameters<typeof createSecureServer>[0]);
  // Node 22.19 leaves this undefined for HTTP/1.1 connections of such a server, and then computes with it.
  (server as { keepAliveTimeoutBuffer?: number }).keepAliveTimeoutBuffer ??= 1_000;
  // A session is created during the event of its socket, and does not expose the socket.
  let opening: Socket | undefined;
  server.prependListener('secureConnection', (socket: Socket) => {
    opening = socket;
  });
  server.on('session', (session) => {
    if (opening !== undefined) rememberSession(session, opening);
    // Requests see the error of their connection themselves.
    session.on('error', () => undefined);
  });
  return server as unknown as Server;
}
