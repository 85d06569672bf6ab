import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { BackendAgents } from './backend-agents.ts';
import type { CallTarget } from './call-target.ts';
import { addressOf, IllegalAnswerError, requestHeaders } from './forward-headers.ts';
import { formatPlace } from '../page/format-place.ts';
import { sendError, type ErrorCode } from '../http/json-answer.ts';
import type { TrustedProxies } from './trusted-proxies.ts';
import { ClientGoneError, ReplayedBody, SlowBodyError, type BodyPace } from './replayed-body.ts';
import type { EndpointPicker } from '../balancing/endpoint-picker.ts';
import type { RetryBudget } from '../balancing/retry-budget.ts';
import type { Visit } from '../balancing/visit.ts';

/** What all calls of a forwarder share. */
export interface CallPlace {
  readonly agents: BackendAgents;
  readonly picker: EndpointPicker;
  readonly budget: RetryBudget;
  readonly dial: ReadonlyMap<string, { readonly host: string; readonly port: number }> | undefined;
  readonly callTimeoutMs: number;
  readonly bodyPace: BodyPace;
  readonly trusted: TrustedProxies;
  readonly backendCa: string | undefined;
  /** The name of this process in Via. */
  readonly via: string;
  readonly counters: { retries: number; retriesRefused: number; failures: number; illegalAnswers: number; slowBodies: number };
  readonly onIllegalAnswer: (owner: string, place: string, reason: string) => void;
}

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
/** Errors of the request itself: no endpoint is marked as failed, and the call is not tried again. */
const unsendable = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL', 'ERR_INVALID_ARG_TYPE']);

/** One call, over one endpoint or two. */
export class ForwardedCall implements AttemptOwner {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #target: CallTarget;
  readonly #place: CallPlace;
  readonly #body: ReplayedBody | undefined;
  #attempt: Attempt | undefined;
  #tries = 0;
  #done = false;

  constructor(request: IncomingMessage, response: ServerResponse, target: CallTarget, place: CallPlace) {
    this.#request = request;
    this.#response = response;
    this.#target = target;
    this.#place = place;
    const hasBody = request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
    this.#body = hasBody ? new ReplayedBody(request, place.bodyPace) : undefined;
    // The client went away before the answer was complete.
    response.once('close', () => {
      if (this.#done) return;
      this.#done = true;
      this.#attempt?.abort();
    });
  }

  /** Tries an endpoint, at which the visit holds a place. */
  tryAt(visit: Visit): void {
    this.#tries += 1;
    const { agents, dial, callTimeoutMs, trusted, via } = this.#place;
    const { protocol, serverName, path } = this.#target;
    const client = addressOf(this.#request);
    const { endpoint } = visit;
    const place = formatPlace(endpoint.address, endpoint.port);
    const dialled = dial?.get(place);
    const attempt = new Attempt(this, visit, this.#response, callTimeoutMs, this.#body !== undefined, !protocol.h2c);
    this.#attempt = attempt;
    const asksForStream = this.#request.headers.accept?.includes('text/event-stream') === true;
    const headers = requestHeaders({ raw: this.#request.rawHeaders, host: place, client, trusted: trusted.trusts(client), via });
    // gRPC's servers insist on it; it says that this hop takes trailers.
    if (protocol.h2c) headers.push('te', 'trailers');
    agents.of(protocol, serverName, asksForStream).dispatch(
      {
        origin: `${protocol.tls ? 'https' : 'http'}://${dialled === undefined ? place : formatPlace(dialled.host, dialled.port)}`,
        path,
        method: (this.#request.method ?? 'GET') as Dispatcher.HttpMethod,
        headers,
        // An async iterable is taken as well, which its type does not say.
        body: this.#body === undefined ? null : (this.#body.read(attempt) as unknown as Readable),
      },
      attempt,
    );
  }

  answered(): void {
    this.#body?.settle();
  }

  finished(): void {
    this.#done = true;
    // An early answer: the client may go on sending what nobody reads.
    this.#body?.drop();
  }

  failed(attempt: Attempt, error: unknown): void {
    if (this.#done || attempt !== this.#attempt) return;
    if (attempt.answered || error instanceof ClientGoneError) {
      attempt.visit.end();
      this.#response.destroy();
      return;
    }
    const { endpoint } = attempt.visit;
    const place = formatPlace(endpoint.address, endpoint.port);
    if (error instanceof SlowBodyError) {
      attempt.visit.end();
      this.#place.counters.slowBodies += 1;
      return this.#fail(408, 'RequestTooSlow', `the request came too slowly: ${error.message}`, { connection: 'close' });
    }
    if (attempt.late) {
      const waitedFor = attempt.wasSent || this.#body === undefined ? 'did not answer' : 'could not be sent the request';
      return this.#fail(504, 'BackendTimeout', `${place} ${waitedFor} within ${this.#place.callTimeoutMs} ms`);
    }
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (!attempt.wasSent && unsendable.has(code)) {
      attempt.visit.end();
      return this.#fail(400, 'BadRequest', `the request cannot be forwarded: ${message}`);
    }
    if (error instanceof IllegalAnswerError || isMalformed(error, code)) {
      attempt.visit.end();
      return this.#illegal(place, message);
    }
    attempt.visit.failed();
    if (this.#mayRetry(attempt)) {
      const next = this.#place.picker.pick(this.#target.owner, this.#target.endpoints, attempt.visit);
      if (typeof next !== 'string') {
        this.#place.counters.retries += 1;
        return this.tryAt(next);
      }
    }
    const tried = this.#tries > 1 ? ` (the second of two tries)` : '';
    const untrusted = aboutCertificate.test(code) ? '; --backend-ca names the authorities of HTTPS endpoints' : '';
    const why = `${code === '' || code.startsWith('UND_ERR_') ? message : code}${untrusted}`;
    this.#fail(
      502,
      attempt.wasSent ? 'BackendFailed' : 'BackendUnreachable',
      `${place}${tried} ${attempt.wasSent ? 'broke off the call' : 'could not be reached'}: ${why}`,
    );
  }

  /**
   * One more try at most, and only where it can do no harm: nothing was sent, or the method is idempotent and no byte of an answer came. A request
   * that ends the process of whoever reads it ends two of them, not all.
   */
  #mayRetry(attempt: Attempt): boolean {
    if (this.#tries > 1 || attempt.heard || this.#body?.replayable === false) return false;
    if (attempt.wasSent ? !idempotent.has(this.#request.method ?? '') : this.#target.endpoints.length < 2) return false;
    if (this.#place.budget.take(this.#target.owner)) return true;
    this.#place.counters.retriesRefused += 1;
    return false;
  }

  #illegal(place: string, reason: string): void {
    this.#place.counters.illegalAnswers += 1;
    this.#place.onIllegalAnswer(this.#target.owner, place, reason);
    this.#fail(502, 'BackendMalformed', `the answer of ${place} cannot be passed on: ${reason}`);
  }

  #fail(status: 400 | 408 | 502 | 504, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#done = true;
    this.#place.counters.failures += 1;
    if (this.#response.headersSent) this.#response.destroy();
    else sendError(this.#response, status, code, message, headers);
    if (this.#body === undefined) this.#request.resume();
    else this.#body.drop();
  }
}

const aboutCertificate = /CERT|ALTNAME|LEAF_SIGNATURE/u;

/** What undici says of bytes that are no answer. */
function isMalformed(error: unknown, code: string): boolean {
  return (
    (error as { name?: unknown }).name === 'HTTPParserError' ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  );
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
