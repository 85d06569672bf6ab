import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ListenError, StoppedError } from '../errors.ts';

const MOST_CONNECTIONS = 512;

export interface HttpListenerOptions {
  /** Names the server in errors: `the health server`. */
  readonly what: string;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
  /** Told what an answer throws, and what the socket that listens fails with. */
  readonly onError?: (error: unknown) => void;
}

/**
 * One port, opened once and closed once. Whoever asks may be slow, send anything, or go away at any moment: that costs them their
 * connection and never the process. GET and HEAD are answered; a body is not read.
 */
export class HttpListener {
  readonly #o: HttpListenerOptions;
  readonly #server: Server;
  /** All connections, the oldest first. */
  readonly #sockets = new Set<Socket>();
  #state: 'new' | 'opening' | 'open' | 'stopped' = 'new';
  #stopped: Promise<void> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#o = options;
    this.#server = createServer(
      // Whoever is slower than this is no kubelet and no Prometheus.
      {
        headersTimeout: 10_000,
        requestTimeout: 10_000,
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: 2_000,
        maxHeaderSize: 16_384,
      },
      (request, response) => void this.#answer(request, response),
    );
    // From its first moment to its end: what a socket fails with while no request or parser owns it would end the process.
    this.#server.on('connection', (socket) => {
      socket.on('error', ignore);
      this.#admit(socket);
    });
    this.#server.on('clientError', (_error, socket) => void socket.destroy());
    // There is no 'upgrade' listener: with one, Node hands over the socket instead of the request. Without one for CONNECT, likewise.
    this.#server.on('connect', (_request, socket) => void socket.destroy());
    // Without a listener a failure to accept (no file descriptor is left) would end the process.
    this.#server.on('error', (error) => {
      if (this.#state === 'open') this.#tell(error);
    });
  }

  /** @throws ListenError where the port cannot be opened, or was opened by an earlier call; StoppedError after the stop */
  async listen(host: string, port: number): Promise<string> {
    if (this.#state === 'stopped') throw new StoppedError(this.#o.what);
    if (this.#state !== 'new') throw new ListenError(`${this.#o.what} listens already; a server opens one port`);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new ListenError(`${this.#o.what}: the port must be a whole number from 0 (a free one) to 65535`);
    this.#state = 'opening';
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(port, host, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      if (this.#now() === 'opening') this.#state = 'new';
      throw new ListenError(explain(error as NodeJS.ErrnoException, host, port), { cause: error });
    }
    if (this.#now() === 'stopped') throw new StoppedError(this.#o.what);
    this.#state = 'open';
    const { address, port: open } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${open}`;
  }

  /** Closes the port and all connections. Idempotent; before `listen` too. */
  stop(): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#state = 'stopped';
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#stopped;
  }

  /** Of too many connections the oldest goes: those that are held open without a request must not keep a kubelet away. */
  #admit(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#sockets.size <= MOST_CONNECTIONS) return;
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    this.#sockets.delete(oldest);
    oldest.destroy();
  }

  #now(): string {
    return this.#state;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', ignore); // Who asked went away.
    response.on('error', ignore);
    request.resume();
    // An Upgrade offer (h2c, WebSocket) is ignored, as RFC 9110, section 7.8 allows. The parser drops bytes behind it, so the connection ends here.
    if (request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD');
        sendText(response, 405, 'GET is what is served here\n');
      } else {
        await this.#o.answer(request, response);
      }
    } catch (error) {
      this.#tell(error);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'internal error; the log says more\n');
    }
  }

  #tell(error: unknown): void {
    try {
      this.#o.onError?.(error);
    } catch {
      // Whoever is told must not cost the process.
    }
  }
}

export function sendText(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function ignore(): void {}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `port ${port} of ${host}`;
  if (error.code === 'EADDRINUSE') return `${where} is in use by another process; choose another port, or 0 for a free one`;
  if (error.code === 'EACCES') return `${where} may not be opened by this user; choose a port from 1024 up`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') return `${host} is no address of this machine`;
  return `${where} cannot be opened: ${error.message}`;
}
