import type { ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Dispatcher } from 'undici';
import { currentWire, type AnswerWire } from './answer-wire.ts';
import { answerHeaders, checkText, IllegalAnswerError } from './forward-headers.ts';

/** Who is told how an attempt goes. */
export interface AttemptOwner {
  /** The backend began its answer: nothing is tried again from here on. */
  answered(endpoint: ResolvedEndpoint): void;
  /** The answer is complete. */
  finished(): void;
  /** The attempt ended without a complete answer. */
  failed(attempt: Attempt, error: unknown): void;
}

/** One try at one endpoint: undici's handler, which passes the answer on to the client. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly endpoint: ResolvedEndpoint;
  readonly #owner: AttemptOwner;
  readonly #response: ServerResponse;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;
  #flush: ReturnType<typeof setImmediate> | undefined;
  #length = -1;
  #whole: Buffer | undefined;
  #wire: AnswerWire | undefined;
  /** The request was given to a connection: some of its bytes may have reached the backend. */
  sent = false;
  /** A byte of an answer came. */
  heard = false;
  /** The head of the answer was passed on. */
  answered = false;
  late = false;

  constructor(owner: AttemptOwner, endpoint: ResolvedEndpoint, response: ServerResponse, timeoutMs: number) {
    this.#owner = owner;
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
    this.#owner.failed(this, new Error('late'));
    this.abort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until after its end.
    if (this.#aborted) controller.abort(new Error('the call is over'));
    else this.sent = true;
  }

  onResponseStarted(): void {
    this.heard = true;
  }

  /** What it throws ends the backend's request and comes back by `onResponseError`. */
  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusMessage: string = '',
  ): void {
    if (status < 100) throw new IllegalAnswerError(`the status is ${status}`);
    if (status < 200) return;
    clearTimeout(this.#timer);
    this.#wire = currentWire();
    const phrase = this.#wire?.endHead(status, statusMessage) ?? Buffer.from(statusMessage).toString('latin1');
    const version = this.#wire?.otherVersion;
    if (version !== undefined) throw new IllegalAnswerError(`it is of HTTP/${version}`);
    checkText(phrase, () => 'the reason phrase');
    const { rawHeaders } = controller;
    const kept = answerHeaders(Array.isArray(rawHeaders) ? rawHeaders : []);
    this.answered = true;
    this.#owner.answered(this.endpoint);
    const response = this.#response;
    response.writeHead(status, phrase, kept);
    const length = headers['content-length'];
    if (typeof length === 'string') this.#length = Number(length);
    response.on('drain', () => controller.resume());
    // The headers of a stream are worth as much as its first byte; but where that came along with them, all goes out in one piece.
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      // Not flushHeaders: it writes the head as UTF-8, and its bytes as two each.
      if (!response.writableEnded) response.write('', 'latin1');
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
    this.#wire?.next();
    this.#owner.finished();
    if (this.#whole === undefined) this.#response.end();
    else this.#response.end(this.#whole);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#flush);
    this.#owner.failed(this, error);
  }
}
