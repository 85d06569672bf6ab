// Types only: importing node:http as a module touches its lazy WebSocket and so loads all of undici, 6 MB. node:https does not.
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { systemClock } from '@kubecast/store/clock';
import type { Connection, Credentials } from './connection.ts';
import { ClosedError, ConnectionError, ProtocolError, TimeoutError } from './errors.ts';
import { networkError } from './network-error.ts';
import { requestHeaders } from './request-headers.ts';
import {
  type Answer,
  defaultLimits,
  type Transport,
  type TransportLimits,
  type TransportOptions,
  type TransportRequest,
} from './transport-options.ts';
import { parseWarnings } from './warnings.ts';

interface Counters {
  requests: number;
  failures: number;
  repeats: number;
  connections: number;
  bytesRead: number;
  openRequests: number;
  openStreams: number;
}

/** A stream that was silent for this long as it was given up makes the kept connections suspect: they may be half-open like its own. */
const suspectMs = 20_000;

/** One request under way: how it is ended from outside, by whichever comes first. */
interface Call {
  readonly what: string;
  failure: unknown;
  request: ClientRequest | undefined;
  /** Whether it went over a connection that an earlier request had used. */
  kept: boolean;
  end(reason: unknown): void;
}

/** HTTP/1.1 on node:https, one pool of kept connections. The same on Node, Bun and Deno. Nothing is opened before the first request. */
export class HttpsTransport implements Transport {
  readonly limits: TransportLimits;
  readonly clock: NonNullable<TransportOptions['clock']>;
  readonly #connection: Connection;
  readonly #userAgent: string;
  readonly #counters: Counters = { requests: 0, failures: 0, repeats: 0, connections: 0, bytesRead: 0, openRequests: 0, openStreams: 0 };
  readonly #calls = new Set<Call>();
  #agent: Agent | undefined;
  // A pool belongs to one client certificate: a connection made with the old one must not carry requests of the new.
  #agentCert: string | undefined;
  #closed = false;

  constructor(connection: Connection, options: TransportOptions = {}) {
    this.#connection = connection;
    this.clock = options.clock ?? systemClock;
    this.#userAgent = options.userAgent ?? 'kubecast';
    this.limits = { ...defaultLimits, ...options.limits };
  }

  get counters(): Readonly<Counters> {
    return { ...this.#counters };
  }

  async open(request: TransportRequest): Promise<Answer> {
    if (this.#closed) throw new ClosedError();
    const source = this.#connection.credentials;
    const signal = request.signal === undefined ? {} : { signal: request.signal };
    request.signal?.throwIfAborted();
    let credentials = await source.get({ fresh: false, ...signal });
    let answer = await this.#openOnce(request, credentials, false);
    if (answer.statusCode === 401 && (credentials.token !== undefined || credentials.cert !== undefined)) {
      // The token may have been rotated since it was read. One more try, only if there is another one.
      const fresh = await source.get({ fresh: true, ...signal });
      if (fresh.token !== credentials.token || fresh.cert !== credentials.cert) {
        answer.cancel();
        credentials = fresh;
        this.#counters.repeats++;
        answer = await this.#openOnce(request, credentials, false);
      }
    }
    return answer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#calls) call.end(new ClosedError());
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #openOnce(request: TransportRequest, credentials: Credentials, again: boolean): Promise<Answer> {
    if (this.#closed) throw new ClosedError();
    request.signal?.throwIfAborted();
    const what = `${request.method} ${this.#connection.server}${request.path.split('?', 1)[0] ?? ''}`;
    const counters = this.#counters;
    const timers = new AbortController();
    const onAbort = (): void => {
      call.end(request.signal?.reason);
    };
    let ended = false;
    const done = (): void => {
      if (ended) return;
      ended = true;
      timers.abort();
      request.signal?.removeEventListener('abort', onAbort);
      this.#calls.delete(call);
      counters.openRequests--;
      if (request.stream === true) counters.openStreams--;
    };
    const call: Call = {
      what,
      failure: undefined,
      request: undefined,
      kept: false,
      end: (reason) => {
        call.failure ??= reason;
        stopWaiting.abort(reason);
        call.request?.destroy();
      },
    };
    const stopWaiting = new AbortController();
    this.#calls.add(call);
    counters.requests++;
    counters.openRequests++;
    if (request.stream === true) counters.openStreams++;
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const deadlineMs = request.requestMs ?? this.limits.requestMs;
    const headersTimer = request.stream === true ? new AbortController() : timers;
    if (deadlineMs > 0) {
      timers.signal.addEventListener(
        'abort',
        () => {
          headersTimer.abort();
        },
        { once: true },
      );
      this.clock.sleep(deadlineMs, headersTimer.signal).then(
        () => {
          this.#dropKept();
          call.end(
            new TimeoutError(
              'request',
              deadlineMs,
              `${what}: no ${request.stream === true ? '' : 'complete '}answer within ${deadlineMs} ms`,
            ),
          );
        },
        () => {},
      );
    }
    try {
      const options = await this.#options(request, credentials, stopWaiting.signal);
      if (call.failure !== undefined) throw call.failure;
      const response = await send(call, options, request.body, counters, stopWaiting.signal);
      if (request.stream === true) headersTimer.abort();
      const chunks = this.#body(call, response, request, timers.signal, done);
      return {
        statusCode: response.statusCode ?? 0,
        headers: response.headers as Record<string, string | undefined>,
        warnings: parseWarnings(response.headers['warning'] as string | undefined),
        chunks,
        cancel: () => {
          call.end(new ConnectionError(`${what}: cancelled`));
          done();
        },
      };
    } catch (error) {
      done();
      counters.failures++;
      if (call.failure !== undefined) throw call.failure;
      const typed = networkError(error, what);
      // RFC 9112 9.3.1: a kept connection may be closed by the server at any time; what changes nothing may be sent again.
      if (!again && call.kept && (request.method === 'GET' || request.method === 'HEAD') && typed instanceof ConnectionError) {
        counters.repeats++;
        return this.#openOnce(request, credentials, true);
      }
      throw typed;
    }
  }

  async *#body(
    call: Call,
    response: IncomingMessage,
    request: TransportRequest,
    signal: AbortSignal,
    done: () => void,
  ): AsyncGenerator<Uint8Array, void> {
    const { limits, clock } = this;
    let waitingSince = 0;
    let waiting = false;
    const idleMs = request.idleMs ?? limits.idleMs;
    if (request.stream === true && idleMs > 0) {
      const watch = async (): Promise<void> => {
        let wait = idleMs;
        for (;;) {
          await clock.sleep(wait, signal);
          // While the consumer is busy nobody reads the socket, and silence proves nothing.
          const quiet = waiting ? clock.now() - waitingSince : 0;
          if (quiet >= idleMs) return call.end(new TimeoutError('idle', idleMs, `${call.what}: nothing came for ${idleMs} ms`));
          wait = idleMs - quiet;
        }
      };
      watch().catch(() => {});
    }
    let complete = false;
    try {
      const source = response.headers['content-encoding'] === 'gzip' ? await gunzip(response) : response;
      const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      for (;;) {
        waitingSince = clock.now();
        waiting = true;
        const next = await chunks.next();
        waiting = false;
        if (call.failure !== undefined) throw call.failure;
        if (next.done === true) break;
        this.#counters.bytesRead += next.value.length;
        yield next.value;
      }
      if (!response.complete) throw new ConnectionError(`${call.what}: the connection ended inside the answer`);
      complete = true;
    } catch (error) {
      if (call.failure !== undefined) throw call.failure;
      throw isZlibError(error)
        ? new ProtocolError(`${call.what}: the compressed answer is damaged`, { cause: error })
        : networkError(error, call.what);
    } finally {
      if (!complete) {
        if (request.stream === true && waiting && clock.now() - waitingSince >= suspectMs) this.#dropKept();
        call.failure ??= new ConnectionError(`${call.what}: cancelled`);
        call.request?.destroy();
      }
      done();
    }
  }

  async #options(request: TransportRequest, credentials: Credentials, signal: AbortSignal): Promise<RequestOptions & https.RequestOptions> {
    const connection = this.#connection;
    const url = new URL(connection.server);
    const secure = url.protocol === 'https:';
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port) || (secure ? 443 : 80);
    const tlsOptions = secure
      ? {
          ...(connection.ca === undefined ? {} : { ca: connection.ca }),
          ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
          ...(credentials.key === undefined ? {} : { key: credentials.key }),
          ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
          rejectUnauthorized: connection.insecure !== true,
        }
      : {};
    const base = {
      method: request.method,
      path: `${url.pathname === '/' ? '' : url.pathname}${request.path}`,
      headers: requestHeaders(request, credentials, connection, this.#userAgent),
      hostname,
      port,
      ...tlsOptions,
    };
    if (connection.proxyUrl !== undefined) {
      const { openTunnel } = await import('./proxy-tunnel.ts');
      const raw = await openTunnel(connection.proxyUrl, hostname, port, signal);
      const socket: Socket = secure ? await startTls(raw, { ...tlsOptions, host: hostname }, signal) : raw;
      this.#counters.connections++;
      return { ...base, agent: false, createConnection: () => socket };
    }
    const http = secure ? https : await plainHttp();
    return { ...base, agent: this.#pool(http, credentials.cert) };
  }

  /** Closes the connections that are kept and not in use. */
  #dropKept(): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {})) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }

  #pool(http: Http, cert: string | undefined): Agent {
    if (this.#agent !== undefined && this.#agentCert !== cert) {
      // Those in use end by themselves: an agent that is destroyed would take running watches with it.
      this.#dropKept();
      this.#agent = undefined;
    }
    this.#agentCert = cert;
    // Long watches hold a connection each, so their number is not bounded here; the request budget bounds the rest.
    const options = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 16, scheduling: 'lifo' as const };
    this.#agent ??= new http.Agent(options);
    return this.#agent;
  }
}

type Http = Pick<typeof https, 'request'> & { readonly Agent: new (options: https.AgentOptions) => Agent };

// Servers without TLS: `kubectl proxy`, tests.
async function plainHttp(): Promise<Http> {
  return (await import('node:http')).default;
}

async function send(
  call: Call,
  options: https.RequestOptions,
  body: string | Uint8Array | undefined,
  counters: Counters,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const http: Http = options.rejectUnauthorized === undefined ? await plainHttp() : https;
  if (call.failure !== undefined) throw call.failure;
  return new Promise((resolve, reject) => {
    const request = http.request(options);
    call.request = request;
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('response', (response) => {
      signal.removeEventListener('abort', onAbort);
      // Whoever reads the body sees its error; nobody reading must not be an uncaught one.
      response.on('error', () => {});
      resolve(response);
    });
    request.once('socket', () => {
      call.kept = request.reusedSocket;
      // Deno sends any request again whose kept connection ends before the answer, a write too, and even one that was destroyed by its
      // sender; where this says that the connection is new it does not. What may be sent again is decided here.
      request.reusedSocket = false;
      if (!call.kept && options.agent !== false) counters.connections++;
    });
    request.on('error', (error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    });
    request.once('close', () => {
      reject(new ConnectionError(`${call.what}: the connection was closed without an answer`));
    });
    request.end(body);
  });
}

async function startTls(
  raw: Socket,
  options: { host: string; servername?: string; rejectUnauthorized?: boolean },
  signal: AbortSignal,
): Promise<Socket> {
  const tls = await import('node:tls');
  const net = await import('node:net');
  return new Promise((resolve, reject) => {
    const servername = options.servername ?? (net.isIP(options.host) === 0 ? options.host : '');
    const socket = tls.connect({
      ...options,
      socket: raw,
      servername,
      checkServerIdentity: (_name, cert) => tls.checkServerIdentity(options.servername ?? options.host, cert),
    });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function gunzip(response: IncomingMessage): Promise<AsyncIterable<Uint8Array>> {
  const { createGunzip } = await import('node:zlib');
  const { pipeline } = await import('node:stream');
  const plain = createGunzip();
  pipeline(response, plain, () => {});
  return plain as AsyncIterable<Uint8Array>;
}

function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}
