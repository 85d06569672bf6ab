import { RequestError } from '../errors.ts';
import { shown } from './api-path.ts';
import type { CallRequest } from './call-request.ts';
import { unknownOption } from '../unknown-option.ts';

const methods: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const fields: readonly (keyof CallRequest)[] = [
  'method',
  'path',
  'accept',
  'contentType',
  'headers',
  'body',
  'signal',
  'requestMs',
  'credentialsMs',
  'stream',
  'idleMs',
  'gzip',
  'priority',
  'retries',
];
const priorities: ReadonlySet<unknown> = new Set(['high', 'normal', 'low', undefined]);
/** What frames a message or belongs to one connection: the transport writes these itself. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Throws RequestError for what cannot be sent: a wrong method, path, header, body or limit. Nothing was sent then. */
export function checkRequest(request: CallRequest): void {
  if (typeof request !== 'object' || request === null) throw new RequestError(`the request is ${shown(request)}; expected an object`);
  const unknown = unknownOption(request, fields);
  if (unknown !== undefined) throw new RequestError(`the request: ${unknown}`);
  const { method, path } = request as { readonly method: unknown; readonly path: unknown };
  if (!methods.has(method)) throw new RequestError(`the method is ${shown(method)}; expected one of ${[...methods].join(', ')}`);
  // Node encodes nothing here, and a space or a line end would begin another request.
  if (typeof path !== 'string' || !/^\/[\x21-\x7e]*$/.test(path))
    throw new RequestError(`the path is ${shown(path)}; expected one that begins with / and is percent-encoded`);
  const what = `${request.method} ${path.split('?', 1)[0]}`;
  checkBody(request, what);
  for (const [name, value] of [
    ['accept', request.accept],
    ['contentType', request.contentType],
  ] as const)
    if (value !== undefined) checkHeaderValue(name, value, what);
  if (request.headers !== undefined) {
    if (typeof request.headers !== 'object' || request.headers === null)
      throw new RequestError(`${what}: headers is ${shown(request.headers)}; expected an object`);
    for (const [name, value] of Object.entries(request.headers)) {
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new RequestError(`${what}: ${JSON.stringify(name)} is no name of a header`);
      if (framing.has(name.toLowerCase())) throw new RequestError(`${what}: the header ${name} is written by the transport alone`);
      checkHeaderValue(name, value, what);
    }
  }
  for (const [name, value] of [
    ['requestMs', request.requestMs],
    ['idleMs', request.idleMs],
    ['retries', request.retries],
  ] as const)
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
      throw new RequestError(`${what}: ${name} is ${shown(value)}; expected a number that is not negative`);
  if (!priorities.has(request.priority))
    throw new RequestError(`${what}: priority is ${shown(request.priority)}; expected high, normal or low`);
  for (const [name, value] of [
    ['stream', request.stream],
    ['gzip', request.gzip],
  ] as const)
    if (value !== undefined && typeof value !== 'boolean')
      throw new RequestError(`${what}: ${name} is ${shown(value)}; expected true or false`);
  const signal: unknown = request.signal;
  if (signal !== undefined && !isSignal(signal)) throw new RequestError(`${what}: signal is ${shown(signal)}; expected an AbortSignal`);
}

export function isSignal(value: unknown): boolean {
  const signal = value as { readonly aborted?: unknown; readonly addEventListener?: unknown } | null | undefined;
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function';
}

function checkBody(request: CallRequest, what: string): void {
  const body: unknown = request.body;
  if (body === undefined) return;
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new RequestError(
      `${what}: the body is ${shown(body)}; expected a string or a Uint8Array. JSON.stringify, or writeJson of @kubecast/exact-json, makes one`,
    );
  if (typeof body === 'string' && !body.isWellFormed()) throw new RequestError(`${what}: the body has half of a surrogate pair in it`);
  if (request.method === 'GET' || request.method === 'HEAD') throw new RequestError(`${what}: a ${request.method} has no body`);
}

// Without the value: it may be a secret.
function checkHeaderValue(name: string, value: unknown, what: string): void {
  if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throw new RequestError(`${what}: the header ${name} holds line ends or other characters that no header can carry`);
}
