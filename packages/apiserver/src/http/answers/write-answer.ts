import type { ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import type { OpenApiAnswer } from '../../openapi/index.ts';
import { PlainError, StatusError } from '../../status/status-error.ts';
import type { Negotiated } from '../bodies/negotiation.ts';

/** How answers of one request are written. */
export interface AnswerStyle {
  readonly pretty: boolean;
  readonly head: boolean;
}

/** JSON is indented for people: curl, Wget and browsers, unless the request says otherwise. */
export function answerStyle(method: string, query: URLSearchParams, agent: string | undefined): AnswerStyle {
  const asked = query.get('pretty');
  const pretty = asked === null ? /^(?:curl|Wget|Mozilla)/.test(agent ?? '') : asked === '1' || asked === 'true' || asked === '';
  return { pretty, head: method === 'HEAD' };
}

export function jsonBytes(value: unknown, pretty: boolean): Buffer {
  return Buffer.from(pretty ? JSON.stringify(value, null, 2) : `${JSON.stringify(value)}\n`);
}

/** Go's encoder escapes these three. */
function htmlSafe(json: string): string {
  return json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

export function writeWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  response.setHeader(
    'Warning',
    warnings.map(
      (warning) =>
        `299 - "${warning
          .replaceAll('\\', '\\\\')
          .replaceAll('"', '\\"')
          .replaceAll(/[^\x20-\x7e]/g, '?')}"`,
    ),
  );
}

/** Writes one whole answer and ends it. */
export function writeBytes(response: ServerResponse, code: number, type: string, bytes: Buffer, style: AnswerStyle): void {
  response.statusCode = code;
  response.setHeader('Content-Type', type);
  // The real server sends no Content-Length for an answer that is longer than its buffer.
  if (bytes.length < 2048) response.setHeader('Content-Length', bytes.length);
  else if (!style.head) response.write(bytes);
  response.end(style.head || bytes.length >= 2048 ? undefined : bytes);
}

export function writeOpenApi(response: ServerResponse, answer: OpenApiAnswer, style: AnswerStyle): void {
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.statusCode = answer.code;
  if (answer.code !== 304) response.setHeader('Content-Length', answer.body.length);
  response.end(style.head ? undefined : answer.body);
}

export function writeObject(response: ServerResponse, code: number, value: unknown, negotiated: Negotiated, style: AnswerStyle): void {
  if (negotiated.format === 'yaml') {
    writeBytes(
      response,
      code,
      'application/yaml',
      Buffer.from(stringify(value, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 })),
      style,
    );
  } else {
    writeBytes(response, code, 'application/json', jsonBytes(value, style.pretty), style);
  }
}

/** Answers with what was thrown: a Status, plain text, or a 500 without internals for any other error. */
export function writeError(response: ServerResponse, error: unknown, style: AnswerStyle): void {
  if (response.headersSent || response.writableEnded) {
    response.destroy();
    return;
  }
  if (error instanceof PlainError) {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    writeBytes(response, error.httpCode, 'text/plain; charset=utf-8', Buffer.from(error.message), style);
    return;
  }
  const status =
    error instanceof StatusError
      ? error
      : new StatusError(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`, {
          causes: [{ message: error instanceof Error ? error.message : String(error) }],
        });
  if (status.details?.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(status.details.retryAfterSeconds));
  if (status.httpCode === 403) response.setHeader('X-Content-Type-Options', 'nosniff');
  writeBytes(
    response,
    status.httpCode,
    'application/json',
    Buffer.from(htmlSafe(jsonBytes(status.toStatus(), style.pretty).toString('utf8'))),
    style,
  );
}
