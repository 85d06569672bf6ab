import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { orAborted } from '../sockets/abort.ts';
import { type Identity, sameTls } from '../connection/identity.ts';
import { ConnectionError, ProtocolError, RequestError, TimeoutError } from '../errors.ts';
import { networkError } from '../sockets/network-error.ts';
import { addressOf, openTls, tlsOptions } from '../sockets/open-tls.ts';
import { requestHeaders } from './request-headers.ts';
import type { TransportRequest } from './transport-options.ts';
import { withDeadline } from '../sockets/with-deadline.ts';
import type { Call, Wire, WireAnswer, WireParts } from './wire.ts';

/** What a stream that nobody reads may hold. */
const streamWindow = 512 * 1024;
/** Streams on one connection: what kube-apiserver allows, and what RFC 9113 (5.1.2) asks a server to allow at least. */
const maxStreams = 100;
/** All of them, each with a full window, and some: a stream that nobody reads must not hold up the others on its connection. */
const sessionWindow = 64 * 1024 * 1024;
const CANCEL = 8;
const REFUSED_STREAM = 7;

interface Session {
  readonly session: ClientHttp2Session;
  readonly identity: Identity;
  /** Why the connection ended. */
  error: unknown;
  open: number;
  /** Ends the pings of the time in which something is open. */
  busy: AbortController;
  used: boolean;
  /** Nothing new is sent over it. */
  retired: boolean;
}

/**
 * HTTP/2 on node:http2: up to a hundred requests and streams share a connection. While any is open the connection is pinged, so that one
 * that is half-open is found out even where a quiet watch is all there is on it.
 */
export class Http2Wire implements Wire {
  readonly #parts: WireParts;
  readonly #sessions = new Set<Session>();
  readonly #closing = new AbortController();
  #connecting: Promise<Session> | undefined;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  async send(call: Call, request: TransportRequest, identity: Identity): Promise<WireAnswer> {
    for (;;) {
      const session = this.#free(identity) ?? (await this.#connected(call, identity));
      if (call.failure !== undefined) throw call.failure;
      // While this one waited others may have taken all of its streams.
      if (session.retired || session.open >= maxStreams || !sameTls(session.identity, identity)) continue;
      return this.#send(call, session, request, identity);
    }
  }

  dropKept(): void {
    for (const session of this.#sessions) this.#retire(session);
  }

  close(): void {
    this.#closing.abort(new ConnectionError('the client was closed'));
    for (const { session } of this.#sessions) session.destroy();
  }

  #free(identity: Identity): Session | undefined {
    for (const session of this.#sessions) {
      if (session.session.closed || session.session.destroyed) this.#retire(session);
      // A connection belongs to one client certificate and its authorities: one made with the old must not carry requests of the new.
      else if (!sameTls(session.identity, identity)) this.#retire(session);
      else if (!session.retired && session.open < maxStreams) return session;
    }
    return undefined;
  }

  #retire(session: Session): void {
    session.retired = true;
    if (session.open === 0) session.session.destroy();
  }

  /** A new connection, one for all who wait; who gives up waiting does not end it for the others. */
  #connected(call: Call, identity: Identity): Promise<Session> {
    this.#connecting ??= this.#connect(identity).finally(() => {
      this.#connecting = undefined;
    });
    return orAborted(this.#connecting, call.signal);
  }

  async #connect(identity: Identity): Promise<Session> {
    const { connection, clock, limits } = this.#parts;
    const { host, port } = addressOf(connection.server);
    // Nobody may be left who waits for it, so that it needs a deadline of its own.
    const { signal, done } = withDeadline(clock, limits.requestMs, this.#closing.signal, `a connection to ${connection.server}`);
    try {
      const over =
        connection.proxyUrl === undefined
          ? undefined
          : await (await import('../sockets/proxy-tunnel.ts')).openTunnel(connection, host, port, signal);
      // With both offered a server that speaks no HTTP/2 says so; with one it breaks the handshake off.
      const to = { host, port, alpn: ['h2', 'http/1.1'], ...(over === undefined ? {} : { over }) };
      const socket = await openTls(to, tlsOptions(connection, identity), signal);
      if (socket.alpnProtocol !== 'h2') {
        socket.destroy();
        throw new ProtocolError(`${connection.server} does not speak HTTP/2; leave the option http at 1`);
      }
      this.#parts.opened();
      return this.#session(
        http2.connect(connection.server, {
          createConnection: () => socket,
          settings: { enablePush: false, initialWindowSize: streamWindow },
        }),
        identity,
      );
    } finally {
      done();
    }
  }

  #session(http: ClientHttp2Session, identity: Identity): Session {
    const session: Session = {
      session: http,
      identity,
      error: undefined,
      open: 0,
      busy: new AbortController(),
      used: false,
      retired: false,
    };
    this.#sessions.add(session);
    http.once('connect', () => {
      // Bun would take it for the window of each stream too, and never ask for more on any: its own handling of the connection's suffices.
      if (!('Bun' in globalThis)) http.setLocalWindowSize(sessionWindow);
    });
    http.on('error', (error) => {
      session.error ??= error;
    });
    http.on('goaway', () => {
      session.retired = true;
    });
    http.once('close', () => {
      session.retired = true;
      session.busy.abort();
      this.#sessions.delete(session);
    });
    // It keeps the process alive only while something is under way on it.
    http.unref();
    return session;
  }

  #send(call: Call, session: Session, request: TransportRequest, identity: Identity): Promise<WireAnswer> {
    const { connection, userAgent } = this.#parts;
    call.kept = session.used;
    session.used = true;
    const { prefix } = addressOf(connection.server);
    const { signal } = call;
    return new Promise((resolve, reject) => {
      const headers = requestHeaders(request, identity, connection, userAgent);
      let stream: ClientHttp2Stream;
      try {
        stream = session.session.request(
          { ':method': request.method, ':path': prefix + request.path, ...headers },
          { endStream: request.body === undefined },
        );
      } catch (error) {
        // The connection ended since it was looked at; nothing was sent. An error of the request itself would come again.
        if (!(networkError(error, call.what) instanceof RequestError)) {
          session.retired = true;
          call.refused = true;
        }
        throw error;
      }
      this.#took(session);
      call.destroy = () => {
        stream.close(CANCEL);
        stream.destroy();
      };
      const onAbort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      stream.once('response', (headers) => {
        signal.removeEventListener('abort', onAbort);
        const body = new Body(stream, session, headers['content-length']);
        resolve({ statusCode: headers[':status'] ?? 0, headers: plainHeaders(headers), body, complete: () => body.complete });
      });
      const failed = (error: unknown): void => {
        signal.removeEventListener('abort', onAbort);
        // RFC 9113 6.8 and 8.7: what came after the server said that it goes away was not looked at.
        call.refused = stream.rstCode === REFUSED_STREAM || (error as { code?: unknown } | null)?.code === 'ERR_HTTP2_GOAWAY_SESSION';
        reject(session.error ?? error);
      };
      stream.on('error', failed);
      stream.once('close', () => {
        failed(new ConnectionError(`${call.what}: the connection was closed without an answer`));
        this.#gave(session);
      });
      if (request.body !== undefined) stream.end(request.body);
    });
  }

  #took(session: Session): void {
    if (session.open++ > 0) return;
    session.session.ref();
    session.busy = new AbortController();
    this.#ping(session, session.busy.signal).catch(() => {});
  }

  #gave(session: Session): void {
    if (--session.open > 0) return;
    session.busy.abort();
    session.session.unref();
    if (session.retired) session.session.destroy();
  }

  /** Pings until `over`. Ends the connection, and all that is open on it, when no answer comes in time. */
  async #ping(session: Session, over: AbortSignal): Promise<void> {
    const { clock, limits, connection } = this.#parts;
    if (limits.pingMs <= 0) return;
    for (;;) {
      await clock.sleep(limits.pingMs, over);
      const answered = new AbortController();
      session.session.ping(() => {
        answered.abort();
      });
      const late = await clock.sleep(limits.pingTimeoutMs, AbortSignal.any([answered.signal, over])).then(
        () => true,
        () => false,
      );
      // This process may have been busy, with the answer waiting.
      if (late) await clock.yield();
      if (!late || answered.signal.aborted || over.aborted) continue;
      const { pingTimeoutMs } = limits;
      session.error = new TimeoutError('idle', pingTimeoutMs, `${connection.server}: no answer to a ping within ${pingTimeoutMs} ms`);
      session.session.destroy(session.error as Error);
      return;
    }
  }
}

/** An answer's body. A connection that ended under it is an error, with what is known of it, not an end. */
class Body implements AsyncIterable<Uint8Array> {
  readonly #stream: ClientHttp2Stream;
  readonly #session: Session;
  readonly #size: number;
  #read = 0;
  #left: Uint8Array | null = null;
  #ended = false;
  #aborted = false;

  constructor(stream: ClientHttp2Stream, session: Session, size: string | undefined) {
    this.#stream = stream;
    this.#session = session;
    this.#size = size === undefined ? -1 : Number(size);
    stream.once('end', () => (this.#ended = true));
    stream.once('aborted', () => (this.#aborted = true));
    // A server that refuses a token ends the connection after its answer; Deno then closes a stream with what nobody has read yet in it.
    stream.once('close', () => {
      if (!this.#ended && stream.readableLength > 0) this.#left = stream.read() as Uint8Array | null;
    });
  }

  get complete(): boolean {
    return this.#whole || (this.#ended && !this.#aborted && this.#stream.rstCode === 0 && this.#session.error === undefined);
  }

  get #whole(): boolean {
    return this.#read === this.#size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let failure: unknown;
    try {
      for await (const chunk of this.#stream as AsyncIterable<Uint8Array>) {
        this.#read += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure = this.#session.error ?? error;
    }
    if (this.#left !== null) {
      this.#read += this.#left.length;
      yield this.#left;
    }
    if (failure !== undefined && !this.#whole) throw failure;
  }
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const plain: Record<string, string | undefined> = Object.create(null) as Record<string, string | undefined>;
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':')) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  return plain;
}
