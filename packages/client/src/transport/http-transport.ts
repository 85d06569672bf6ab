import { systemClock } from '@kubecast/clock';
import { orAborted } from '../sockets/abort.ts';
import type { Connection } from '../connection/connection.ts';
import { type Identity, identityOf } from '../connection/identity.ts';
import { ClosedError, ConnectionError, ProtocolError, TimeoutError } from '../errors.ts';
import { networkError } from '../sockets/network-error.ts';
import {
  type Answer,
  defaultLimits,
  type Transport,
  type TransportLimits,
  type TransportOptions,
  type TransportRequest,
} from './transport-options.ts';
import { parseWarnings } from './warnings.ts';
import type { Call, Wire, WireAnswer, WireParts } from './wire.ts';

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

/**
 * Requests with their deadlines, credentials, limits and counters, over a wire that speaks HTTP. The same on Node, Bun and Deno. Nothing is
 * opened before the first request.
 */
export class HttpTransport implements Transport {
  readonly limits: TransportLimits;
  readonly clock: NonNullable<TransportOptions['clock']>;
  readonly #connection: Connection;
  readonly #wire: Wire;
  readonly #counters: Counters = { requests: 0, failures: 0, repeats: 0, connections: 0, bytesRead: 0, openRequests: 0, openStreams: 0 };
  readonly #calls = new Set<Call>();
  readonly #closing = new AbortController();
  #closed = false;

  constructor(connection: Connection, options: TransportOptions, wire: (parts: WireParts) => Wire) {
    this.#connection = connection;
    this.clock = options.clock ?? systemClock;
    this.limits = { ...defaultLimits, ...options.limits };
    this.#wire = wire({
      connection,
      limits: this.limits,
      clock: this.clock,
      userAgent: options.userAgent ?? 'kubecast',
      opened: () => {
        this.#counters.connections++;
      },
    });
  }

  get counters(): Readonly<Counters> {
    return { ...this.#counters };
  }

  async open(request: TransportRequest): Promise<Answer> {
    if (this.#closed) throw new ClosedError();
    const signal = request.signal === undefined ? {} : { signal: request.signal };
    request.signal?.throwIfAborted();
    let credentials = await this.#asked(identityOf(this.#connection, { fresh: false, ...signal }), request.signal);
    let answer = await this.#openOnce(request, credentials, false);
    if (answer.statusCode === 401 && (credentials.token !== undefined || credentials.cert !== undefined)) {
      const fresh = await this.#asked(this.#anew(credentials, signal), request.signal).catch((error: unknown) => {
        answer.cancel();
        throw error;
      });
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
    this.#closing.abort(new ClosedError());
    for (const call of this.#calls) call.end(new ClosedError());
    this.#wire.close();
  }

  /** What a source of credentials gives, unless the request is given up before; a plugin that hangs must not hold it. */
  #asked(credentials: Promise<Identity>, signal: AbortSignal | undefined): Promise<Identity> {
    return orAborted(orAborted(credentials, this.#closing.signal), signal ?? this.#closing.signal);
  }

  /** Identity after these were refused: they may have been rotated since they were read. */
  async #anew(refused: Identity, signal: { readonly signal?: AbortSignal }): Promise<Identity> {
    // Another request may have found that out before this one: a thousand at once do not each ask the plugin.
    const known = await identityOf(this.#connection, { fresh: false, ...signal });
    if (known.token !== refused.token || known.cert !== refused.cert) return known;
    return identityOf(this.#connection, { fresh: true, ...signal });
  }

  async #openOnce(request: TransportRequest, credentials: Identity, again: boolean): Promise<Answer> {
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
    const stopWaiting = new AbortController();
    const call: Call = {
      what,
      signal: stopWaiting.signal,
      failure: undefined,
      kept: false,
      refused: false,
      destroy: undefined,
      end: (reason) => {
        call.failure ??= reason;
        stopWaiting.abort(reason);
        call.destroy?.();
      },
    };
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
          this.#wire.dropKept();
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
      const response = await this.#wire.send(call, request, credentials);
      // Given up while the answer was on its way: what would read it is not there.
      if (call.failure !== undefined) throw call.failure;
      if (request.stream === true) headersTimer.abort();
      const chunks = this.#body(call, response, request, timers.signal, done);
      return {
        statusCode: response.statusCode,
        headers: response.headers,
        warnings: parseWarnings(response.headers['warning']),
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
      const harmless = call.kept && (request.method === 'GET' || request.method === 'HEAD') && typed instanceof ConnectionError;
      if (!again && (harmless || call.refused)) {
        counters.repeats++;
        return this.#openOnce(request, credentials, true);
      }
      throw typed;
    }
  }

  async *#body(
    call: Call,
    response: WireAnswer,
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
      const source = response.headers['content-encoding'] === 'gzip' ? await gunzip(response.body) : response.body;
      const chunks = source[Symbol.asyncIterator]();
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
      if (!response.complete()) throw new ConnectionError(`${call.what}: the connection ended inside the answer`);
      complete = true;
    } catch (error) {
      if (call.failure !== undefined) throw call.failure;
      throw isZlibError(error)
        ? new ProtocolError(`${call.what}: the compressed answer is damaged`, { cause: error })
        : networkError(error, call.what);
    } finally {
      if (!complete) {
        if (request.stream === true && waiting && clock.now() - waitingSince >= suspectMs) this.#wire.dropKept();
        call.failure ??= new ConnectionError(`${call.what}: cancelled`);
        call.destroy?.();
      }
      done();
    }
  }
}

async function gunzip(body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const { createGunzip } = await import('node:zlib');
  const { pipeline } = await import('node:stream');
  const plain = createGunzip();
  pipeline(body, plain, () => {});
  return plain as AsyncIterable<Uint8Array>;
}

function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}
