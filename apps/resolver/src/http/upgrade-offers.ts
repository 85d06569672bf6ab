import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/**
 * Keeps a connection in step after an Upgrade offer that is ignored. Node's parser stops at the end of such a request and drops what came
 * in the same packet behind it: a request that a client pipelined would be lost, or be read from its middle. So the connection goes on
 * only if the bytes received are exactly those of the request; otherwise it is closed after the answer, and nothing more is read from it.
 */
export class UpgradeOffers {
  /** Where the last request of a connection ended, in bytes received; only known while every request is an offer. */
  readonly #ends = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly at: number }>();
  readonly #closing = new WeakSet<Duplex>();

  /** Whether the connection is out of step: a request on it must not be answered. */
  isClosing(socket: Duplex): boolean {
    return this.#closing.has(socket);
  }

  /** To be called for each request with an Upgrade header. `previous`: the request before it on the same connection. */
  ignore(request: IncomingMessage, response: ServerResponse, previous: IncomingMessage | undefined): void {
    const { socket } = request;
    const end = this.#ends.get(socket);
    const start = previous === undefined ? 0 : end !== undefined && end.request === previous ? end.at : Number.NaN;
    const whole = start + sizeOf(request);
    if (!(whole >= socket.bytesRead)) return this.#close(socket, response);
    this.#ends.set(socket, { request, at: whole });
    if (whole > socket.bytesRead) {
      request.once('end', () => {
        if (socket.bytesRead !== whole) this.#close(socket, response);
      });
    }
  }

  #close(socket: Socket, response: ServerResponse): void {
    this.#closing.add(socket);
    if (!response.headersSent) response.setHeader('connection', 'close');
    response.once('close', () => socket.destroySoon());
  }
}

/** Bytes of a request as a client ordinarily writes it; NaN where only the bytes themselves would tell: a chunked body. */
function sizeOf({ method, url, rawHeaders, headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.NaN;
  let bytes = `${method} ${url} HTTP/1.1\r\n\r\n`.length + Number(headers['content-length'] ?? 0);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) bytes += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`.length;
  return bytes;
}
