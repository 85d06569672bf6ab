import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Visit } from '../balancing/visit.ts';
import { formatPlace } from '../page/format-place.ts';
import { errorText, type ErrorCode } from '../http/json-answer.ts';
import type { CallTarget } from './call-target.ts';
import type { CallPlace } from './forwarded-call.ts';
import { addressOf, answerHeaders, requestHeaders } from './forward-headers.ts';

/** Answers an offer that is not passed on, and closes the connection. */
export function refuseUpgrade(socket: Duplex, status: string, code: ErrorCode, message: string, headers = ''): void {
  const text = errorText(code, message);
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n${headers}connection: close\r\n\r\n${text}`,
  );
}

/**
 * One offer of WebSocket, at one endpoint. Once the endpoint takes it, bytes pass in both directions with back-pressure until one side ends; from then on it
 * counts among the streams. It is not tried again. An endpoint's refusal is passed on as it is.
 */
export class UpgradedCall {
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  readonly #visit: Visit;
  readonly #place: CallPlace;
  #backend: Duplex | undefined;
  #outgoing: ClientRequest | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  #late = false;
  /** What the client sent before the endpoint took its offer: it must wait for that, so nearly always nothing. */
  readonly #early: Buffer[] = [];
  readonly #onEarly = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#socket.pause();
  };
  readonly #onEnd = (): void => this.end();
  /** Called once it is over. */
  onOver: () => void = () => {};

  constructor(request: IncomingMessage, socket: Duplex, visit: Visit, place: CallPlace) {
    this.#request = request;
    this.#socket = socket;
    this.#visit = visit;
    this.#place = place;
  }

  /** `head`: what the client sent behind its offer already. */
  start({ path, protocol, serverName }: CallTarget, head: Buffer): void {
    const { dial, callTimeoutMs, trusted, via, backendCa } = this.#place;
    const { endpoint } = this.#visit;
    const place = formatPlace(endpoint.address, endpoint.port);
    const dialled = dial?.get(place) ?? { host: endpoint.address, port: endpoint.port };
    const client = addressOf(this.#request);
    const headers = requestHeaders({ raw: this.#request.rawHeaders, host: place, client, trusted: trusted.trusts(client), via });
    headers.push('connection', 'Upgrade', 'upgrade', 'websocket');
    this.#early.push(head);
    // Read from now on, so that a client that goes away is noticed.
    this.#socket
      .on('error', () => this.end())
      .on('close', () => this.end())
      .on('end', this.#onEnd)
      .on('data', this.#onEarly);
    const outgoing = (protocol.tls ? httpsRequest : httpRequest)({
      ...{ host: dialled.host, port: dialled.port, path, method: 'GET', headers, agent: false, setHost: false },
      ...(protocol.tls ? { servername: serverName, ...(backendCa === undefined ? {} : { ca: backendCa }) } : {}),
    });
    this.#outgoing = outgoing;
    if (callTimeoutMs > 0) this.#timer = setTimeout(() => this.#expired(), callTimeoutMs);
    outgoing.on('upgrade', (answer, backend, rest) => this.#taken(answer, backend, rest));
    outgoing.on('response', (answer) => this.#refused(answer));
    outgoing.on('error', (error: NodeJS.ErrnoException) => this.#failed(place, error));
    this.#visit.sent();
    outgoing.end();
  }

  #taken(answer: IncomingMessage, backend: Duplex, rest: Buffer): void {
    clearTimeout(this.#timer);
    if (this.#over) return void backend.destroy();
    this.#backend = backend;
    this.#visit.answered(101);
    this.#visit.stream();
    const socket = this.#socket;
    backend.on('error', () => this.end()).on('close', () => this.end());
    socket.write(headText(answer, ['connection: Upgrade', 'upgrade: websocket']), 'latin1');
    if (rest.length > 0) socket.write(rest);
    socket.off('data', this.#onEarly).off('end', this.#onEnd);
    backend.write(Buffer.concat(this.#early.splice(0)));
    backend.pipe(socket);
    socket.pipe(backend);
  }

  #refused(answer: IncomingMessage): void {
    clearTimeout(this.#timer);
    if (this.#over) return void answer.destroy();
    this.#visit.answered(answer.statusCode ?? 0);
    answer.on('error', () => this.end());
    this.#socket.write(headText(answer, ['connection: close']), 'latin1');
    answer.pipe(this.#socket);
  }

  #failed(place: string, error: NodeJS.ErrnoException): void {
    if (this.#over || this.#backend !== undefined) return;
    const { counters, callTimeoutMs } = this.#place;
    counters.failures += 1;
    if (this.#late) {
      refuseUpgrade(this.#socket, '504 Gateway Timeout', 'BackendTimeout', `${place} did not answer within ${callTimeoutMs} ms`);
    } else {
      this.#visit.failed();
      refuseUpgrade(
        this.#socket,
        '502 Bad Gateway',
        'BackendFailed',
        `${place} did not take the WebSocket: ${error.code ?? error.message}`,
      );
    }
    this.#finish();
  }

  #expired(): void {
    this.#late = true;
    this.#visit.failed(this.#place.callTimeoutMs);
    this.#outgoing?.destroy(new Error('late'));
  }

  /** Breaks off both sides. */
  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#socket.destroy();
    this.#backend?.destroy();
    this.#outgoing?.destroy();
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#visit.end();
    this.onOver();
  }
}

function headText({ statusCode, statusMessage, rawHeaders }: IncomingMessage, more: readonly string[]): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  const headers = answerHeaders(rawHeaders);
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${[...lines, ...more].join('\r\n')}\r\n\r\n`;
}
