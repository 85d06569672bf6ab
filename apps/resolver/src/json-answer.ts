import type { ServerResponse } from 'node:http';

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
  | 'NotImplemented'
  | 'Internal';

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(bytes);
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

export function sendError(
  response: ServerResponse,
  status: number,
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, status, { error: { code, message } }, headers);
}
