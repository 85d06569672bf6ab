import { ProtocolError } from '../errors.ts';
import { readText } from '../transport/read-body.ts';
import type { RequestBudget } from './request-budget.ts';
import { statusErrorFrom } from './status-error.ts';
import type { Answer, Transport, TransportRequest } from '../transport/transport-options.ts';

/** How important a request is to the request budget: leases and status before ordinary work before lists of whole resources. */
export type Priority = 'high' | 'normal' | 'low';

export interface CallRequest extends TransportRequest {
  readonly priority?: Priority | undefined;
  /** Times that a 429 is obeyed (waited for as long as the server asks) before it is thrown. Default 4. */
  readonly retries?: number | undefined;
}

export interface CallAnswer {
  readonly statusCode: number;
  readonly value: unknown;
  readonly warnings: readonly string[];
}

/** Sends API requests: within the budget, obeying 429, with refusals as StatusError. */
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
   * Sends it and gives the answer, open, if it is a success. Throws StatusError otherwise. A 429 was refused before anything was done,
   * so it is sent again, whatever the method; nothing else is.
   */
  async open(request: CallRequest): Promise<Answer> {
    const what = describe(request);
    const clock = this.transport.clock;
    const requestMs = request.requestMs ?? this.transport.limits.requestMs;
    for (let tries = 0; ; tries++) {
      await this.budget.take(request.priority ?? 'normal', { signal: request.signal, deadlineMs: requestMs, what });
      const answer = await this.transport.open(request);
      for (const text of answer.warnings) this.#onWarning?.(text, what);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
      const body = await readText(answer, this.transport.limits.answerBytes, what);
      // By the clock of who wrote it, where it told that: ours may be off.
      const dated = Date.parse(answer.headers['date'] ?? '');
      const now = Number.isNaN(dated) ? clock.wall() : dated;
      const error = statusErrorFrom(answer.statusCode, body, answer.headers['retry-after'], what, answer.warnings, now);
      if (error.statusCode !== 429 || tries >= (request.retries ?? 4)) throw error;
      const wait = error.retryAfterMs ?? 1000;
      this.budget.pause(wait);
      // Who has no time for that is told so now, and when to come again.
      if (requestMs > 0 && wait > requestMs) throw error;
      await clock.sleep(wait * (1 + 0.25 * clock.random()), request.signal);
    }
  }

  /** Sends it and reads the answer as JSON. Throws StatusError, ProtocolError and what the transport throws. */
  async json(request: CallRequest): Promise<CallAnswer> {
    const what = describe(request);
    const answer = await this.open(request);
    const body = await readText(answer, this.transport.limits.answerBytes, what);
    try {
      return { statusCode: answer.statusCode, value: body === '' ? undefined : JSON.parse(body), warnings: answer.warnings };
    } catch (cause) {
      throw new ProtocolError(`${what}: the answer is not JSON`, { cause });
    }
  }
}

/** A request in words: method and path, without the query. */
export function describe(request: Pick<TransportRequest, 'method' | 'path'>): string {
  return `${request.method} ${request.path.split('?', 1)[0] ?? ''}`;
}
