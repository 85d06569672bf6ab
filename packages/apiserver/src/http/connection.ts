import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Sockets by the HTTP/2 session that speaks over them: a request of one shows no socket of its own that could be cut or told from others. */
const sockets = new WeakMap<object, Socket>();

export function rememberSession(session: object, socket: Socket): void {
  sockets.set(session, socket);
}

/** The connection that a request came on; requests of one HTTP/2 connection have the same. */
export function connectionOf(request: IncomingMessage): Socket {
  const { stream } = request as { stream?: { session?: object } };
  return (stream?.session === undefined ? undefined : sockets.get(stream.session)) ?? request.socket;
}

interface Http2Stream {
  removeAllListeners(event: 'data'): this;
  on(event: 'data' | 'finish', listener: () => void): this;
  resume(): void;
}

/**
 * Throws away what an HTTP/2 client still sends of a body that was refused: its connection is used by others and is not ended, as it is with
 * HTTP/1.1. (To reset the stream would do on the real server; Node tells its own clients nothing of a reset without an error.)
 */
export function throwBodyAway(request: IncomingMessage): void {
  const { stream } = request as { stream?: Http2Stream };
  // Whoever read the body has stopped, and holds the stream back.
  stream?.on('finish', () =>
    stream
      .removeAllListeners('data')
      .on('data', () => undefined)
      .resume(),
  );
}

/**
 * Nothing more is read from a connection of HTTP/2, whose pings would be answered without our doing. Node's public parts cannot do that to a
 * socket that a session has taken over.
 */
export function stopReading(socket: Socket): void {
  const { alpnProtocol, _handle: handle } = socket as { alpnProtocol?: string | false | null; _handle?: { readStop?(): void } | null };
  if (alpnProtocol === 'h2') handle?.readStop?.();
}

/** Cuts the connection that an answer goes over, with all that is under way on it. */
export function cutConnection(response: ServerResponse): void {
  if (response.req.httpVersionMajor === 1) response.destroy();
  else connectionOf(response.req).destroy();
}
