import { parseJson } from '@kubecast/exact-json';
import { ProtocolError, TimeoutError } from '../errors.ts';
import { describeAnswer, readText } from '../transport/read-body.ts';
import type { RequestBudget } from './request-budget.ts';
import type { CallRequest } from './call-request.ts';
import { checkRequest } from './check-request.ts';
import { type StatusError, statusErrorFrom } from './status-error.ts';
import type { Answer, Transport, TransportRequest } from '../transport/transport-options.ts';

export interface CallAnswer {
  readonly statusCode: number;
  readonly value: unknown;
  readonly warnings: readonly string[];
}

/** Sends API requests: within the budget and one deadline, obeying Retry-After, with refusals as StatusError. */
export class ApiCaller {
  readonly transport: Transport;
  readonly budget: RequestBudget;
  readonly #onWarning: ((text: string, request: string) => void) | undefined;

  constructor(transport: Transport, budget: RequestBudget, onWarning?: (text: string, request: string) => void) {
    this.transport = transport;
    this.budget = budget;
    this.#onWarning = onWarning;
  }

  /**
   * Sends the request and gives the answer, open, if it is a success. Throws StatusError otherwise, and RequestError, before anything is sent, for
   * what is no request.
   *
   * A refusal with Retry-After is obeyed: a 429 whatever the method, since the server did nothing; a 500, 502 or 503 for reads alone. A 429 of a read,
   * or one that the server's own limit sends, also holds back the client's other requests; one that is about an object (an eviction that a disruption
   * budget forbids) does not.
   *
   * `requestMs` covers all of it: the wait for the budget, the answers and the waits between them, and, where the request names it, the wait for
   * credentials. A Retry-After beyond it is thrown at once.
   */
  async open(request: CallRequest): Promise<Answer> {
    checkRequest(request);
    const what = describe(request);
    const { clock, limits } = this.transport;
    const deadlineMs = request.requestMs ?? limits.requestMs;
    const endsAt = deadlineMs > 0 ? clock.now() + deadlineMs : Number.POSITIVE_INFINITY;
    const left = (): number => {
      if (endsAt === Number.POSITIVE_INFINITY) return 0;
      const ms = endsAt - clock.now();
      if (ms <= 0) throw new TimeoutError('request', deadlineMs, `${what}: no complete answer within ${deadlineMs} ms`);
      return ms;
    };
    for (let tries = 0; ; tries++) {
      await this.budget.take(request.priority ?? 'normal', { signal: request.signal, deadlineMs: left(), totalMs: deadlineMs, what });
      const ms = left();
      const answer = await this.transport.open({
        ...request,
        requestMs: ms,
        ...(request.requestMs === undefined ? {} : { credentialsMs: ms }),
      });
      this.#warn(answer, what);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
      const error = await this.#refusal(answer, what);
      const asked = error.retryAfterMs;
      if (error.statusCode === 429 && asked !== undefined && isForAll(error, request)) this.budget.pause(asked);
      if (asked === undefined || tries >= (request.retries ?? 10) || !maySendAgain(error, request)) throw error;
      // A server that asks for no wait, again and again, gets a growing one.
      const wait = Math.max(asked, 20 * tries);
      const time = endsAt - clock.now();
      if (wait >= time) throw error;
      await clock.sleep(Math.min(wait * (1 + 0.25 * clock.random()), (wait + time) / 2), request.signal);
    }
  }

  /** Sends the request and reads the answer as JSON. Throws StatusError, ProtocolError and what the transport throws. */
  async json(request: CallRequest): Promise<CallAnswer> {
    const answer = await this.open(request);
    const what = describe(request);
    const body = await readText(answer, this.transport.limits.answerBytes, what);
    try {
      return { statusCode: answer.statusCode, value: body === '' ? undefined : parseJson(body), warnings: answer.warnings };
    } catch {
      // Without the parser's own error, which quotes the body.
      throw new ProtocolError(`${what}: the answer is not JSON: ${describeAnswer(answer, body)}`);
    }
  }

  /** An error of the callback is the program's: it is thrown, and what the answer holds is let go of. */
  #warn(answer: Answer, what: string): void {
    try {
      for (const text of answer.warnings) this.#onWarning?.(text, what);
    } catch (error) {
      answer.cancel();
      throw error;
    }
  }

  async #refusal(answer: Answer, what: string): Promise<StatusError> {
    const { clock, limits } = this.transport;
    const body = await readText(answer, limits.answerBytes, what);
    // By the clock of the sender, where the answer has it: ours may be off.
    const dated = Date.parse(answer.headers['date'] ?? '');
    return statusErrorFrom(answer.statusCode, body, {
      headers: answer.headers,
      request: what,
      warnings: answer.warnings,
      hide: answer.hide,
      now: Number.isNaN(dated) ? clock.wall() : dated,
    });
  }
}

function isRead(request: TransportRequest): boolean {
  return request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
}

// A 504 with Retry-After is the answer to a resourceVersion that the server has not reached: waiting belongs to who asked for it.
function maySendAgain(error: StatusError, request: TransportRequest): boolean {
  return error.statusCode === 429 || (isRead(request) && [500, 502, 503].includes(error.statusCode));
}

// The limit of requests in flight answers with a line of text, before the request is looked at. A Status in answer to a write may be about that object alone.
function isForAll(error: StatusError, request: TransportRequest): boolean {
  return isRead(request) || !error.isStatus;
}

/** A request in words: method and path, without the query. */
export function describe(request: Pick<TransportRequest, 'method' | 'path'>): string {
  return `${request.method} ${request.path.split('?', 1)[0] ?? ''}`;
}
