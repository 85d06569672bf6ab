import { systemClock } from '@kubecast/clock';
import { orAborted } from '../sockets/abort.ts';
import type { Connection } from '../connection/connection.ts';
import { type Identity, identityOf } from '../connection/identity.ts';
import { CallSlots } from './call-slots.ts';
import { hiderOf } from '../redact.ts';
import { decodeBody, isZlibError } from './decode-body.ts';
import { ClosedError, ConnectionError, ProtocolError, TimeoutError } from '../errors.ts';
import { networkError } from '../sockets/network-error.ts';
import {
  type Answer,
  limitsOf,
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

/** Who has an answer: whether somebody waits for more of it, and since when that is so. */
interface Reading {
  waiting: boolean;
  since: number;
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
  readonly #slots: CallSlots;
  #closed = false;

  constructor(connection: Connection, options: TransportOptions, wire: (parts: WireParts) => Wire) {
    this.#connection = connection;
    this.clock = options.clock ?? systemClock;
    this.limits = limitsOf(options);
    this.#slots = new CallSlots(this.limits.atOnce);
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
    const { clock } = this;
    request.signal?.throwIfAborted();
    const signal = request.signal === undefined ? {} : { signal: request.signal };
    const begun = clock.now();
    let credentials = await this.#asked(identityOf(this.#connection, { fresh: false, ...signal }), request);
    // One deadline for all that follows, and for what the credentials took where the request says so.
    const deadlineMs = request.requestMs ?? this.limits.requestMs;
    const endsAt = deadlineMs > 0 ? (request.credentialsMs === undefined ? clock.now() : begun) + deadlineMs : Number.POSITIVE_INFINITY;
    let answer = await this.#openOnce(request, credentials, endsAt, false);
    if (answer.statusCode === 401 && (credentials.token !== undefined || credentials.cert !== undefined)) {
      const fresh = await this.#asked(this.#anew(credentials, signal), request).catch((error: unknown) => {
        answer.cancel();
        throw error;
      });
      if (fresh.token !== credentials.token || fresh.cert !== credentials.cert) {
        answer.cancel();
        credentials = fresh;
        this.#counters.repeats++;
        answer = await this.#openOnce(request, credentials, endsAt, false);
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

  /** What a source of credentials gives, unless the request is given up or its time for credentials passes: a plugin that hangs must not hold it. */
  async #asked(credentials: Promise<Identity>, { signal, credentialsMs, method, path }: TransportRequest): Promise<Identity> {
    const asked = orAborted(orAborted(credentials, this.#closing.signal), signal ?? this.#closing.signal);
    if (credentialsMs === undefined || credentialsMs <= 0) return asked;
    const timer = new AbortController();
    const late = this.clock.sleep(credentialsMs, timer.signal).then(() => {
      const what = `${method} ${this.#connection.server}${path.split('?', 1)[0] ?? ''}`;
      throw new TimeoutError('credentials', credentialsMs, `${what}: the credentials did not come within ${Math.round(credentialsMs)} ms`);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      timer.abort();
      late.catch(() => {});
      asked.catch(() => {});
    }
  }

  /** Identity after these were refused: they may have been rotated since they were read. */
  async #anew(refused: Identity, signal: { readonly signal?: AbortSignal }): Promise<Identity> {
    // Another request may have found that out before this one: a thousand at once do not each ask the plugin.
    const known = await identityOf(this.#connection, { fresh: false, ...signal });
    if (known.token !== refused.token || known.cert !== refused.cert) return known;
    return identityOf(this.#connection, { fresh: true, ...signal });
  }

  async #openOnce(request: TransportRequest, credentials: Identity, endsAt: number, again: boolean): Promise<Answer> {
    if (this.#closed) throw new ClosedError();
    request.signal?.throwIfAborted();
    const what = `${request.method} ${this.#connection.server}${request.path.split('?', 1)[0] ?? ''}`;
    const counters = this.#counters;
    const timers = new AbortController();
    const onAbort = (): void => {
      call.end(request.signal?.reason);
    };
    let ended = false;
    let giveBack: (() => void) | undefined;
    const done = (): void => {
      if (ended) return;
      ended = true;
      giveBack?.();
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
        // Nobody may be reading the answer: what it holds is let go of here, not where it would be read.
        done();
      },
    };
    this.#calls.add(call);
    counters.requests++;
    counters.openRequests++;
    if (request.stream === true) counters.openStreams++;
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const deadlineMs = request.requestMs ?? this.limits.requestMs;
    const leftMs = Math.max(1, endsAt - this.clock.now());
    const headersTimer = request.stream === true ? new AbortController() : timers;
    if (endsAt !== Number.POSITIVE_INFINITY) {
      timers.signal.addEventListener(
        'abort',
        () => {
          headersTimer.abort();
        },
        { once: true },
      );
      this.clock.sleep(leftMs, headersTimer.signal).then(
        () => {
          this.#wire.dropKept();
          call.end(
            new TimeoutError(
              'request',
              deadlineMs,
              `${what}: no ${request.stream === true ? '' : 'complete '}answer within ${Math.round(deadlineMs)} ms`,
            ),
          );
        },
        () => {},
      );
    }
    try {
      if (request.stream !== true) {
        giveBack = await this.#slots.take(call.signal);
        if (call.failure !== undefined) throw call.failure;
      }
      const response = await this.#wire.send(call, request, credentials);
      // Given up while the answer was on its way: what would read it is not there.
      if (call.failure !== undefined) throw call.failure;
      const success = response.statusCode >= 200 && response.statusCode < 300;
      // A refusal is no stream: what it says comes within the deadline too.
      if (request.stream === true && success) headersTimer.abort();
      const reading: Reading = { waiting: false, since: this.clock.now() };
      if ((request.stream === true && success) || endsAt === Number.POSITIVE_INFINITY)
        this.#guard(call, request, reading, timers.signal).catch(() => {});
      const chunks = this.#body(call, response, request, reading, done);
      const hide = hiderOf(credentials);
      const warnings = parseWarnings(response.headers['warning']);
      return {
        statusCode: response.statusCode,
        headers: response.headers,
        warnings: hide === undefined || warnings.length === 0 ? warnings : warnings.map(hide),
        hide,
        chunks,
        cancel: () => {
          call.end(new ConnectionError(`${what}: cancelled`));
        },
      };
    } catch (error) {
      done();
      giveBack?.();
      counters.failures++;
      if (call.failure !== undefined) throw call.failure;
      const typed = networkError(error, what);
      // RFC 9112 9.3.1: a kept connection may be closed by the server at any time; what changes nothing may be sent again.
      const harmless = call.kept && (request.method === 'GET' || request.method === 'HEAD') && typed instanceof ConnectionError;
      if (!again && (harmless || call.refused)) {
        counters.repeats++;
        return this.#openOnce(request, credentials, endsAt, true);
      }
      throw typed;
    }
  }

  /** Ends an answer that is silent while somebody waits for more of it, and one that nobody reads. */
  async #guard(call: Call, request: TransportRequest, reading: Reading, over: AbortSignal): Promise<void> {
    const { clock, limits } = this;
    const idleMs = request.stream === true ? (request.idleMs ?? limits.idleMs) : 0;
    for (let wait = Math.min(idleMs || Infinity, limits.unreadMs || Infinity); wait !== Infinity;) {
      await clock.sleep(wait, over);
      const passed = clock.now() - reading.since;
      // While the consumer is busy nobody reads the socket, and silence proves nothing.
      const limit = (reading.waiting ? idleMs : limits.unreadMs) || Infinity;
      if (passed >= limit)
        return call.end(
          new TimeoutError(
            'idle',
            limit,
            `${call.what}: ${reading.waiting ? 'nothing came' : 'nobody read the answer, or cancelled it,'} for ${limit} ms`,
          ),
        );
      // The other of the two limits may begin to run as soon as this sleep does.
      wait = Math.min(limit - passed, (reading.waiting ? limits.unreadMs : idleMs) || Infinity);
    }
  }

  async *#body(
    call: Call,
    response: WireAnswer,
    request: TransportRequest,
    reading: Reading,
    done: () => void,
  ): AsyncGenerator<Uint8Array, void> {
    const { clock } = this;
    const turn = (waiting: boolean): void => {
      reading.waiting = waiting;
      reading.since = clock.now();
    };
    let complete = false;
    try {
      turn(true);
      const source = await decodeBody(response.body, response.headers['content-encoding'], call.what);
      const chunks = source[Symbol.asyncIterator]();
      for (;;) {
        turn(true);
        const next = await chunks.next();
        turn(false);
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
        : networkError(response.failure?.() ?? error, call.what);
    } finally {
      if (!complete) {
        if (request.stream === true && reading.waiting && clock.now() - reading.since >= suspectMs) this.#wire.dropKept();
        call.failure ??= new ConnectionError(`${call.what}: cancelled`);
        call.destroy?.();
      }
      done();
    }
  }
}
