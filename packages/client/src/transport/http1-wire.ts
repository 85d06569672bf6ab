// Types only: importing node:http as a module touches its lazy WebSocket and so loads all of undici, 6 MB. node:https does not.
import type { Agent, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type Identity, sameTls } from '../connection/identity.ts';
import { ConnectionError, ProtocolError } from '../errors.ts';
import { addressOf, openTls, tlsOptions } from '../sockets/open-tls.ts';
import { requestHeaders } from './request-headers.ts';
import type { TransportRequest } from './transport-options.ts';
import type { Call, Wire, WireAnswer, WireParts } from './wire.ts';

type Http = Pick<typeof https, 'request'> & { readonly Agent: new (options: https.AgentOptions) => Agent };

/** HTTP/1.1 on node:https: one pool of kept connections, one request at a time on each. */
export class Http1Wire implements Wire {
  readonly #parts: WireParts;
  readonly #closing = new AbortController();
  #agent: Agent | undefined;
  // A pool belongs to one client certificate and its authorities: a connection made with the old ones must not carry requests of the new.
  #agentIdentity: Identity = {};

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  async send(call: Call, request: TransportRequest, identity: Identity): Promise<WireAnswer> {
    const { connection, userAgent } = this.#parts;
    const { secure, host, port, prefix } = addressOf(connection.server);
    const tls = secure ? tlsOptions(connection, identity) : {};
    const http: Http = secure ? https : await plainHttp();
    const options = {
      method: request.method,
      path: prefix + request.path,
      headers: requestHeaders(request, identity, connection, userAgent),
      hostname: host,
      port,
      ...tls,
      agent: this.#pool(http, identity),
      // Twice what the API server may send; Node's own limit, 16 KB, is less than some proxies add.
      maxHeaderSize: 256 * 1024,
    };
    return this.#send(call, http, options, request);
  }

  dropKept(): void {
    for (const sockets of Object.values(this.#agent?.freeSockets ?? {})) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }

  close(): void {
    this.#closing.abort(new ConnectionError('the client was closed'));
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #pool(http: Http, identity: Identity): Agent {
    if (this.#agent !== undefined && !sameTls(this.#agentIdentity, identity)) {
      // Those in use are closed when what they carry has ended: an agent that is destroyed would take running watches with it.
      this.dropKept();
      Object.assign(this.#agent, { keepAlive: false, maxFreeSockets: 0 });
      this.#agent = undefined;
    }
    this.#agentIdentity = identity;
    // Streams hold a connection each, and their number is not bounded; the transport bounds the other requests. As many as these use at once are kept.
    const maxFreeSockets = Math.max(1, this.#parts.limits.atOnce);
    const options = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets, scheduling: 'lifo' as const };
    this.#agent ??= this.#parts.connection.proxyUrl === undefined ? new http.Agent(options) : this.#tunnels(http, options, identity);
    return this.#agent;
  }

  /** A pool whose connections are tunnels through the proxy. */
  #tunnels(http: Http, options: https.AgentOptions, identity: Identity): Agent {
    const agent = new http.Agent(options);
    agent.createConnection = (_options, done) => {
      if (done !== undefined) void this.#tunnelFor(identity, done);
      return undefined;
    };
    return agent;
  }

  async #tunnelFor(identity: Identity, done: (error: Error | null, socket: Socket) => void): Promise<void> {
    let socket: Socket;
    try {
      socket = await this.#tunnel(identity);
    } catch (error) {
      return done(error as Error, undefined as never);
    }
    done(null, socket);
  }

  /** One tunnel, with TLS on it where the server speaks it. Who asked for it may have given up: it has a deadline of its own. */
  async #tunnel(identity: Identity): Promise<Socket> {
    const { connection, clock, limits } = this.#parts;
    const { secure, host, port } = addressOf(connection.server);
    const [{ openTunnel }, { withDeadline }] = await Promise.all([
      import('../sockets/proxy-tunnel.ts'),
      import('../sockets/with-deadline.ts'),
    ]);
    const { signal, done } = withDeadline(
      clock,
      limits.requestMs,
      this.#closing.signal,
      `a tunnel through the proxy to ${connection.server}`,
    );
    try {
      const raw = await openTunnel(connection, host, port, signal);
      return secure ? await openTls({ host, port, over: raw }, tlsOptions(connection, identity), signal) : raw;
    } finally {
      done();
    }
  }

  #send(call: Call, http: Http, options: https.RequestOptions, { body }: TransportRequest): Promise<WireAnswer> {
    if (call.failure !== undefined) throw call.failure;
    const { signal } = call;
    return new Promise((resolve, reject) => {
      const request = http.request(options);
      let broken: unknown;
      call.destroy = () => {
        request.destroy();
      };
      const onAbort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      request.once('response', (response) => {
        signal.removeEventListener('abort', onAbort);
        // Whoever reads the body sees its error; nobody reading must not be an uncaught one.
        response.on('error', () => {});
        resolve(answerOf(response, () => broken));
      });
      // A 101 that nobody asked for.
      request.once('upgrade', (response, socket) => {
        signal.removeEventListener('abort', onAbort);
        socket.destroy();
        reject(new ProtocolError(`${call.what}: the server switched to another protocol (HTTP ${response.statusCode ?? 0})`));
      });
      request.once('socket', () => {
        call.kept = request.reusedSocket;
        // Deno sends any request again whose kept connection ends before the answer, a write too, and even one that was destroyed by its
        // sender; where this says that the connection is new it does not. What may be sent again is not decided there.
        request.reusedSocket = false;
        if (!call.kept) this.#parts.opened();
      });
      request.on('error', (error) => {
        broken ??= error;
        signal.removeEventListener('abort', onAbort);
        reject(error);
      });
      request.once('close', () => {
        reject(new ConnectionError(`${call.what}: the connection was closed without an answer`));
      });
      request.end(body);
    });
  }
}

function answerOf(response: IncomingMessage, failure: () => unknown): WireAnswer {
  return {
    statusCode: response.statusCode ?? 0,
    headers: response.headers as Record<string, string | undefined>,
    body: response as AsyncIterable<Uint8Array>,
    complete: () => response.complete,
    // What the parser found wrong is the request's error; the body only tells that it was aborted.
    failure,
  };
}

// Servers without TLS: `kubectl proxy`, tests.
async function plainHttp(): Promise<Http> {
  return (await import('node:http')).default;
}
