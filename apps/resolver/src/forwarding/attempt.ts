import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Visit } from '../balancing/visit.ts';
import { currentWire, type AnswerWire } from './answer-wire.ts';
import { answerHeaders, checkText, IllegalAnswerError, trailersOf } from './forward-headers.ts';
import type { BodyReader } from './replayed-body.ts';

/** Who is told how an attempt goes. */
export interface AttemptOwner {
  /** The backend began its answer: nothing is tried again from here on. */
  answered(): void;
  /** The answer is complete. */
  finished(): void;
  /** The attempt ended without a complete answer. */
  failed(attempt: Attempt, error: unknown): void;
}

/** An answer that lasts longer than this after its head is a stream. */
const STREAM_AFTER_MS = 5_000;

/** Bytes of an answer up to which a copy costs less than a second piece. */
const ONE_PIECE = 16_384;

/**
 * One try at one endpoint: undici's handler, which passes the answer on to the client. The endpoint may keep the call waiting for `timeoutMs` at a
 * time: to take the next piece of the body, and after its end to begin the answer. Time in which the client is waited for does not count.
 */
export class Attempt implements Dispatcher.DispatchHandler, BodyReader {
  readonly visit: Visit;
  readonly #owner: AttemptOwner;
  readonly #response: ServerResponse;
  readonly #timeoutMs: number;
  /** Whether the bytes of its head can be asked for. */
  readonly #http1: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;
  #flush: ReturnType<typeof setImmediate> | undefined;
  #length = -1;
  #whole: Buffer | undefined;
  #wire: AnswerWire | undefined;
  #clientIsWaitedFor = false;
  /** The request was given to a connection: some of its bytes may have reached the backend. */
  wasSent = false;
  /** A byte of an answer came. */
  heard = false;
  /** The head of the answer was passed on. */
  answered = false;
  late = false;

  constructor(owner: AttemptOwner, visit: Visit, response: ServerResponse, timeoutMs: number, hasBody: boolean, http1: boolean) {
    this.#owner = owner;
    this.visit = visit;
    this.#response = response;
    this.#timeoutMs = timeoutMs;
    this.#http1 = http1;
    this.#arm();
    if (!hasBody) visit.sent();
  }

  asks(): void {
    this.#clientIsWaitedFor = true;
  }

  got(): void {
    this.#clientIsWaitedFor = false;
    this.#arm();
  }

  ended(): void {
    this.got();
    this.visit.sent();
  }

  /** Ends the backend's request. */
  abort(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearImmediate(this.#flush);
    this.#aborted = true;
    this.visit.end();
    this.#controller?.abort(new Error('the call is over'));
  }

  #arm(): void {
    if (this.#timeoutMs <= 0 || this.#aborted || this.answered) return;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#expired(), this.#timeoutMs);
    else this.#timer.refresh();
  }

  #expired(): void {
    this.#timer = undefined;
    // Armed again with the client's next piece.
    if (this.#clientIsWaitedFor) return;
    this.late = true;
    this.visit.failed(this.#timeoutMs);
    this.#owner.failed(this, new Error('late'));
    this.abort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until after its end.
    if (this.#aborted) controller.abort(new Error('the call is over'));
    else this.wasSent = true;
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
    this.#timer = undefined;
    this.#wire = this.#http1 ? currentWire() : undefined;
    // HTTP/2 has no reason phrase.
    const told = this.#http1 ? statusMessage : (STATUS_CODES[status] ?? '');
    const phrase = this.#wire?.endHead(status, told) ?? Buffer.from(told).toString('latin1');
    const version = this.#wire?.otherVersion;
    if (version !== undefined) throw new IllegalAnswerError(`it is of HTTP/${version}`);
    checkText(phrase, () => 'the reason phrase');
    const kept = answerHeaders(listOf(controller.rawHeaders));
    this.answered = true;
    this.visit.answered(status);
    this.#owner.answered();
    const response = this.#response;
    response.writeHead(status, phrase, kept);
    const type = headers['content-type'];
    if (typeof type === 'string' && type.startsWith('text/event-stream')) this.visit.stream();
    const length = headers['content-length'];
    if (typeof length === 'string') this.#length = Number(length);
    // The headers of a stream are worth as much as its first byte; but where that came along with them, all goes out in one piece.
    this.#flush = setImmediate(() => {
      this.#flush = undefined;
      this.#timer = setTimeout(() => this.visit.stream(), STREAM_AFTER_MS);
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
      this.#timer = setTimeout(() => this.visit.stream(), STREAM_AFTER_MS);
    }
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd({ rawTrailers }: Dispatcher.DispatchController): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#flush);
    this.visit.end();
    this.#wire?.next();
    this.#owner.finished();
    // They can stand only behind chunks; with a length, or for a client of HTTP/1.0, they stay behind.
    if (rawTrailers !== undefined && rawTrailers !== null && this.#length < 0) this.#response.addTrailers(trailersOf(listOf(rawTrailers)));
    if (this.#whole === undefined) this.#response.end();
    else if (this.#whole.length > ONE_PIECE) this.#response.end(this.#whole);
    // As text of one byte a character it goes out in one piece with the head: a buffer would be a second piece for the kernel to gather.
    else this.#response.end(this.#whole.toString('latin1'), 'latin1');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#flush);
    this.#owner.failed(this, error);
  }
}

/** undici's headers as name, value, name, value ...; of HTTP/2 they are an object. */
function listOf(raw: Dispatcher.DispatchController['rawHeaders']): readonly (Buffer | string)[] {
  if (raw === undefined || raw === null) return [];
  if (Array.isArray(raw)) return raw;
  return Object.entries(raw).flatMap(([name, value]) => [value].flat().flatMap((each) => (each === undefined ? [] : [name, each])));
}
