import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import type { Picker } from './endpoint-picker.ts';
import { answerHeaders, requestHeaders } from './forward-headers.ts';
import { formatPlace } from '../page/format-place.ts';
import { sendError } from '../http/json-answer.ts';
import { ReplayedBody } from './replayed-body.ts';

/** What all calls of a forwarder share. */
export interface CallPlace {
  readonly agent: Agent;
  readonly picker: Picker;
  readonly dial: ReadonlyMap<string, { readonly host: string; readonly port: number }> | undefined;
  readonly callTimeoutMs: number;
  readonly counters: { retries: number; failures: number };
}

/** No byte of the request can have reached a backend. */
const notSent = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ConnectionRefused',
  'FailedToOpenSocket',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

type FailureCode = 'NoEndpoints' | 'BackendUnreachable' | 'BackendFailed' | 'BackendTimeout';

/** One call, over as many endpoints as it takes. */
export class ForwardedCall {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #target: string;
  readonly #endpoints: readonly ResolvedEndpoint[];
  readonly #place: CallPlace;
  readonly #body: ReplayedBody | undefined;
  #attempt: Attempt | undefined;
  #tries = 0;
  #done = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    endpoints: readonly ResolvedEndpoint[],
    place: CallPlace,
  ) {
    this.#request = request;
    this.#response = response;
    this.#target = target;
    this.#endpoints = endpoints;
    this.#place = place;
    const hasBody = request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
    this.#body = hasBody ? new ReplayedBody(request) : undefined;
    // The client went away before the answer was whole.
    response.once('close', () => {
      if (this.#done) return;
      this.#done = true;
      this.#attempt?.abort();
    });
  }

  /** Tries the next endpoint. */
  next(): void {
    const endpoint = this.#endpoints[this.#tries];
    if (endpoint === undefined) return this.#fail(502, 'NoEndpoints', 'the app has no endpoint that is ready');
    this.#tries += 1;
    const { agent, dial, callTimeoutMs } = this.#place;
    const place = formatPlace(endpoint.address, endpoint.port);
    const dialled = dial?.get(place);
    const attempt = new Attempt(this, endpoint, this.#response, callTimeoutMs);
    this.#attempt = attempt;
    agent.dispatch(
      {
        origin: `http://${dialled === undefined ? place : formatPlace(dialled.host, dialled.port)}`,
        path: this.#target,
        method: (this.#request.method ?? 'GET') as Dispatcher.HttpMethod,
        headers: requestHeaders({ raw: this.#request.rawHeaders, host: place, client: this.#request.socket.remoteAddress }),
        // An async iterable is taken as well, which its type does not say.
        body: this.#body === undefined ? null : (this.#body.read() as unknown as Readable),
      },
      attempt,
    );
  }

  /** The backend began its answer: nothing is tried again from here on. */
  answered(endpoint: ResolvedEndpoint): void {
    this.#body?.settle();
    this.#place.picker.succeeded(endpoint);
  }

  /** The answer is whole. */
  finished(): void {
    this.#done = true;
  }

  /** The attempt ended without a whole answer. */
  failed(attempt: Attempt, error: unknown): void {
    if (this.#done || attempt !== this.#attempt) return;
    if (attempt.answered) {
      this.#response.destroy();
      return;
    }
    const { endpoint } = attempt;
    const place = formatPlace(endpoint.address, endpoint.port);
    if (attempt.late) return this.#fail(504, 'BackendTimeout', `${place} did not answer within ${this.#place.callTimeoutMs} ms`);
    const code = codeOf(error);
    const unsent = notSent.has(code);
    this.#place.picker.failed(endpoint);
    const again = this.#body?.replayable !== false && this.#tries < this.#endpoints.length;
    if (again && (unsent || idempotent.has(this.#request.method ?? ''))) {
      this.#place.counters.retries += 1;
      return this.next();
    }
    const tried = this.#tries > 1 ? ` (the last of ${this.#tries} endpoints)` : '';
    const why = code === '' || code.startsWith('UND_ERR_') ? (error as Error).message : code;
    this.#fail(
      502,
      unsent ? 'BackendUnreachable' : 'BackendFailed',
      `${place}${tried} ${unsent ? 'could not be reached' : 'broke off the call'}: ${why}`,
    );
  }

  #fail(status: 502 | 504, code: FailureCode, message: string): void {
    this.#done = true;
    this.#place.counters.failures += 1;
    this.#request.resume(); // What is left of the body is read and dropped, so that the connection can go on.
    if (this.#response.headersSent) this.#response.destroy();
    else sendError(this.#response, status, code, message);
  }
}

/** One try at one endpoint. */
class Attempt implements Dispatcher.DispatchHandler {
  readonly endpoint: ResolvedEndpoint;
  readonly #call: ForwardedCall;
  readonly #response: ServerResponse;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;
  #flush: ReturnType<typeof setImmediate> | undefined;
  #length = -1;
  #whole: Buffer | undefined;
  answered = false;
  late = false;

  constructor(call: ForwardedCall, endpoint: ResolvedEndpoint, response: ServerResponse, timeoutMs: number) {
    this.#call = call;
    this.endpoint = endpoint;
    this.#response = response;
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#expired(), timeoutMs);
  }

  /** Ends the backend's request. */
  abort(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#flush);
    this.#aborted = true;
    this.#controller?.abort(new Error('the call is over'));
  }

  #expired(): void {
    this.late = true;
    const error = new Error('late');
    this.#call.failed(this, error);
    this.abort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until after its end.
    if (this.#aborted) controller.abort(new Error('the call is over'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusMessage?: string,
  ): void {
    if (status < 200) return;
    clearTimeout(this.#timer);
    this.answered = true;
    this.#call.answered(this.endpoint);
    const response = this.#response;
    response.writeHead(status, statusMessage ?? '', answerHeaders(headers));
    const length = headers['content-length'];
    if (typeof length === 'string') this.#length = Number(length);
    response.on('drain', () => controller.resume());
    // The headers of a stream are worth as much as its first byte; but where that came along with them, all goes out in one piece.
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      if (!response.writableEnded) response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#flush !== undefined) {
      clearImmediate(this.#flush);
      this.#flush = undefined;
      if (this.#length === chunk.length) {
        this.#whole = chunk;
        return;
      }
    }
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    clearImmediate(this.#flush);
    this.#call.finished();
    if (this.#whole === undefined) this.#response.end();
    else this.#response.end(this.#whole);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#flush);
    this.#call.failed(this, error);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
