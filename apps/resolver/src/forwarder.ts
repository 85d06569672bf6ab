import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import { endToEnd, headerObject } from './forward-headers.ts';
import { sendError } from './json-answer.ts';
import type { Picker } from './endpoint-picker.ts';

export interface ForwarderOptions {
  /** `address:port` to where it is really dialled; for development. */
  readonly dial?: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  /** Milliseconds until the backend's headers must be there. Default 30,000. 0: no limit. */
  readonly callTimeoutMs?: number;
  /** Milliseconds until a connection must be open, where the runtime shows it. Default 2,000. */
  readonly connectTimeoutMs?: number;
  readonly picker: Picker;
}

export interface ForwarderCounters {
  readonly calls: number;
  /** Calls that went to another endpoint after one could not be reached. */
  readonly retries: number;
  readonly failures: number;
  readonly inFlight: number;
}

/** Bytes of a request body that are kept for another try. Past them a call has one chance. */
const REPLAY_BYTES = 262_144;

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
  'KUBECAST_CONNECT_TIMEOUT',
]);
const notForBackend: ReadonlySet<string> = new Set(['host', 'expect']);
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/**
 * Passes a request on to one of the endpoints and streams the answer back, both ways with back-pressure. Connections are kept. When an
 * endpoint cannot be reached the next one is tried; when the connection breaks before an answer, only idempotent requests are.
 * A client that goes away ends the backend's request, a backend that breaks off breaks off the answer: nobody takes half for whole.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 64, timeout: 60_000 });
  readonly #counters = { calls: 0, retries: 0, failures: 0, inFlight: 0 };

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  get counters(): ForwarderCounters {
    return { ...this.#counters };
  }

  /** Takes over request and response. `owner` spreads the calls of one app over its endpoints. */
  forward(request: IncomingMessage, response: ServerResponse, owner: string, endpoints: readonly ResolvedEndpoint[], target: string): void {
    this.#counters.calls += 1;
    this.#counters.inFlight += 1;
    response.once('close', () => {
      this.#counters.inFlight -= 1;
    });
    new Call(request, response, this.#options.picker.order(owner, endpoints), target, this.#agent, this.#options, this.#counters).next();
  }

  close(): void {
    this.#agent.destroy();
  }
}

class Call {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #endpoints: ResolvedEndpoint[];
  readonly #target: string;
  readonly #agent: Agent;
  readonly #options: ForwarderOptions;
  readonly #counters: { retries: number; failures: number };
  readonly #hasBody: boolean;
  #replay: Buffer[] | undefined = [];
  #replayBytes = 0;
  #bodyStarted = false;
  #bodyEnded = false;
  #upstream: ClientRequest | undefined;
  #done = false;
  #tries = 0;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    endpoints: readonly ResolvedEndpoint[],
    target: string,
    agent: Agent,
    options: ForwarderOptions,
    counters: { retries: number; failures: number },
  ) {
    this.#request = request;
    this.#response = response;
    this.#endpoints = [...endpoints];
    this.#target = target;
    this.#agent = agent;
    this.#options = options;
    this.#counters = counters;
    this.#hasBody = request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
    response.once('close', () => {
      // The client went away before the answer was whole.
      if (!response.writableFinished) this.#end();
    });
  }

  /** Tries the next endpoint. */
  next(): void {
    const endpoint = this.#endpoints.shift();
    if (endpoint === undefined) {
      this.#fail(502, 'NoEndpoints', 'the app has no endpoint that is ready');
      return;
    }
    this.#tries += 1;
    this.#send(endpoint);
  }

  #send(endpoint: ResolvedEndpoint): void {
    const place = formatPlace(endpoint.address, endpoint.port);
    const dialled = this.#options.dial?.get(place) ?? { host: endpoint.address, port: endpoint.port };
    const headers = headerObject(endToEnd(this.#request.rawHeaders, notForBackend));
    headers['host'] = place;
    const client = this.#request.socket.remoteAddress;
    if (client !== undefined) headers['x-forwarded-for'] = [headers['x-forwarded-for'] ?? [], client].flat().join(', ');
    headers['x-forwarded-host'] ??= this.#request.headers.host ?? '';
    if (this.#hasBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
    const upstream = httpRequest({
      host: dialled.host,
      port: dialled.port,
      method: this.#request.method ?? 'GET',
      path: this.#target,
      headers,
      agent: this.#agent,
      setHost: false,
    });
    this.#upstream = upstream;
    const timers: ReturnType<typeof setTimeout>[] = [];
    const clear = (): void => timers.splice(0).forEach((timer) => clearTimeout(timer));
    const callTimeout = this.#options.callTimeoutMs ?? 30_000;
    let late = false;
    if (callTimeout > 0) {
      timers.push(
        setTimeout(() => {
          late = true;
          upstream.destroy(new Error('late'));
        }, callTimeout),
      );
    }
    upstream.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => {
        upstream.destroy(Object.assign(new Error('the connection could not be opened in time'), { code: 'KUBECAST_CONNECT_TIMEOUT' }));
      }, this.#options.connectTimeoutMs ?? 2_000);
      timers.push(timer);
      socket.once('connect', () => clearTimeout(timer));
    });
    let answered = false;
    upstream.once('response', (answer) => {
      answered = true;
      clear();
      this.#options.picker.succeeded(endpoint);
      this.#answer(answer);
    });
    upstream.once('upgrade', (_answer, socket) => {
      socket.destroy();
      this.#fail(502, 'BackendFailed', `${place} switched to another protocol`);
    });
    upstream.on('error', (error) => {
      clear();
      if (this.#done || this.#upstream !== upstream) return;
      if (answered) {
        this.#response.destroy();
        return;
      }
      this.#failed(endpoint, place, error, late);
    });
    this.#pump(upstream);
  }

  #failed(endpoint: ResolvedEndpoint, place: string, error: unknown, late: boolean): void {
    const code = codeOf(error);
    if (late) {
      this.#fail(504, 'BackendTimeout', `${place} did not answer within ${this.#options.callTimeoutMs ?? 30_000} ms`);
      return;
    }
    const unsent = notSent.has(code);
    this.#options.picker.failed(endpoint);
    if (this.#replay !== undefined && this.#endpoints.length > 0 && (unsent || idempotent.has(this.#request.method ?? ''))) {
      this.#counters.retries += 1;
      this.next();
      return;
    }
    const tried = this.#tries > 1 ? ` (the last of ${this.#tries} endpoints)` : '';
    const why = code === '' || code.startsWith('KUBECAST') ? (error as Error).message : code;
    this.#fail(
      502,
      unsent ? 'BackendUnreachable' : 'BackendFailed',
      `${place}${tried} ${unsent ? 'could not be reached' : 'broke off the call'}: ${why}`,
    );
  }

  /** Sends the body: first what an earlier endpoint was sent in vain, then what still comes. */
  #pump(upstream: ClientRequest): void {
    if (!this.#hasBody) {
      upstream.end();
      return;
    }
    for (const chunk of this.#replay ?? []) upstream.write(chunk);
    if (this.#bodyEnded) {
      upstream.end();
      return;
    }
    upstream.on('drain', () => this.#request.resume());
    if (this.#bodyStarted) {
      this.#request.resume();
      return;
    }
    this.#bodyStarted = true;
    this.#request.on('data', (chunk: Buffer) => {
      if (this.#done) return;
      if (this.#replay !== undefined) {
        this.#replayBytes += chunk.length;
        if (this.#replayBytes > REPLAY_BYTES) this.#replay = undefined;
        else this.#replay.push(chunk);
      }
      if (this.#upstream?.write(chunk) === false) this.#request.pause();
    });
    this.#request.once('end', () => {
      this.#bodyEnded = true;
      this.#upstream?.end();
    });
    this.#request.once('error', () => this.#end());
  }

  #answer(answer: IncomingMessage): void {
    this.#replay = undefined;
    const response = this.#response;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headerObject(endToEnd(answer.rawHeaders)));
    const length = answer.headers['content-length'];
    let started = false;
    let whole: Buffer | undefined;
    // The headers of a stream are worth as much as its first byte; but where that came along with them, all goes out in one piece.
    const flush = setImmediate(() => {
      if (!started && !response.writableEnded) response.flushHeaders();
    });
    answer.on('data', (chunk: Buffer) => {
      if (!started) {
        started = true;
        clearImmediate(flush);
        if (length !== undefined && Number(length) === chunk.length && !response.writableNeedDrain) {
          whole = chunk;
          return;
        }
      }
      if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => answer.resume());
    answer.once('end', () => {
      if (!answer.complete) {
        response.destroy();
        return;
      }
      this.#done = true;
      clearImmediate(flush);
      if (whole === undefined) response.end();
      else response.end(whole);
    });
    const broken = (): void => {
      clearImmediate(flush);
      if (!this.#done) response.destroy();
    };
    answer.once('aborted', broken);
    answer.once('error', broken);
    answer.once('close', broken);
  }

  #fail(status: 502 | 504, code: 'NoEndpoints' | 'BackendUnreachable' | 'BackendFailed' | 'BackendTimeout', message: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#counters.failures += 1;
    this.#upstream?.destroy();
    this.#request.resume(); // What is left of the body is read and dropped, so that the connection can go on.
    if (this.#response.headersSent) this.#response.destroy();
    else sendError(this.#response, status, code, message);
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#upstream?.destroy();
  }
}

/** `address:port`, IPv6 in brackets. */
export function formatPlace(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
