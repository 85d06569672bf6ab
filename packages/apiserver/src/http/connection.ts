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
 * Discards the rest of a refused body on HTTP/2: other requests use the connection, so it is not closed as with HTTP/1.1. (The real server resets the
 * stream; Node's own client does not report a reset without an error.)
 */
export function throwBodyAway(request: IncomingMessage): void {
  const { stream } = request as { stream?: Http2Stream };
  // The reader of the body has paused the stream.
  stream?.on('finish', () =>
    stream
      .removeAllListeners('data')
      .on('data', () => undefined)
      .resume(),
  );
}

/**
 * Stops reading from an HTTP/2 connection, so that Node does not answer its pings. Node has no public API for that on a socket that a session
 * owns.
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
