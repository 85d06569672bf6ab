import type { ServerResponse } from 'node:http';
import type { WrittenJson } from './model-answers.ts';

/** Stable words for what went wrong; the message is for people. */
export type ErrorCode =
  | 'ModelNotFound'
  | 'AppNotFound'
  | 'NotFound'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotSynced'
  | 'NoEndpoints'
  | 'BackendUnreachable'
  | 'BackendFailed'
  | 'BackendTimeout'
  | 'BackendMalformed'
  | 'RequestTooSlow'
  | 'TooManyCalls'
  | 'LoopDetected'
  | 'Internal';

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = `${JSON.stringify(body)}\n`;
  sendWritten(response, status, { text, bytes: Buffer.byteLength(text) }, headers);
}

/** JSON that is written already. As text, which goes out in one piece with the head: a buffer would be a second piece for the kernel to gather. */
export function sendWritten(
  response: ServerResponse,
  status: number,
  { text, bytes }: WrittenJson,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}

/** An error as the body of an answer. */
export function errorText(code: ErrorCode, message: string): string {
  return `${JSON.stringify({ error: { code, message } })}\n`;
}

export function sendError(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, status, { error: { code, message } }, headers);
}
