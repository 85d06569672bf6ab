/** What kind of failure stopped a list or a watch, as far as the reflector acts on it. */
export type FaultKind =
  | 'expired' // 410: the version is too old; list again
  | 'too-large' // the server does not know the version yet, or no longer
  | 'rate-limited' // 429
  | 'forbidden' // 401, 403
  | 'gone' // 404: the resource is not served
  | 'invalid' // 400, 405, 406, 415, 422: the request is not understood
  | 'server' // 5xx
  | 'connection' // no answer, or a broken one
  | 'idle' // nothing came for too long
  | 'wrong-kind' // the server sent another kind than was asked for
  | 'relist' // no failure: it is time to list again
  | 'regressed'; // the server shows versions below those seen

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  readonly retryAfterMs: number;

  constructor(kind: FaultKind, message: string, retryAfterMs = 0, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

type Fields = { readonly [name: string]: unknown };

const TOO_LARGE = /too large resource version/i;

/** A Status object (of an ERROR frame), or an error that carries one: what it means for the reflector. */
export function faultOf(thing: unknown): Fault {
  if (thing instanceof Fault) return thing;
  const fields = isFields(thing) ? thing : {};
  const body = isFields(fields['body']) ? fields['body'] : isFields(fields['statusObject']) ? fields['statusObject'] : {};
  const code = firstNumber(fields['statusCode'], fields['status'], fields['httpStatus'], fields['code'], body['code']);
  const reason = firstText(fields['reason'], body['reason']);
  const message = firstText(fields['message'], body['message']) || 'no message';
  const details = isFields(fields['details']) ? fields['details'] : isFields(body['details']) ? body['details'] : {};
  const retryAfterMs = firstNumber(fields['retryAfterMs']) || firstNumber(details['retryAfterSeconds']) * 1000;
  const options = thing instanceof Error ? { cause: thing } : undefined;
  return new Fault(kindOf(code, reason, message, details, fields['causes']), message, retryAfterMs, options);
}

function kindOf(code: number, reason: string, message: string, details: Fields, otherCauses: unknown): FaultKind {
  if (isTooLarge(code, message, details['causes']) || isTooLarge(code, message, otherCauses)) return 'too-large';
  if (code === 410 || reason === 'Expired' || reason === 'Gone') return 'expired';
  if (code === 429 || reason === 'TooManyRequests') return 'rate-limited';
  if (code === 401 || code === 403 || reason === 'Forbidden' || reason === 'Unauthorized') return 'forbidden';
  if (code === 404 || reason === 'NotFound') return 'gone';
  if (code >= 400 && code < 500) return 'invalid';
  if (code >= 500) return 'server';
  if (reason === 'InternalError' || reason === 'ServiceUnavailable' || reason === 'ServerTimeout' || reason === 'Timeout') return 'server';
  if (reason === 'BadRequest' || reason === 'Invalid' || reason === 'MethodNotAllowed') return 'invalid';
  return 'connection';
}

// Three encodings were seen over the years: a cause with the reason, a cause with the message, and the Status's own message.
function isTooLarge(code: number, message: string, causes: unknown): boolean {
  if (Array.isArray(causes)) {
    for (const cause of causes as readonly unknown[]) {
      if (!isFields(cause)) continue;
      if (cause['reason'] === 'ResourceVersionTooLarge') return true;
      if (typeof cause['message'] === 'string' && TOO_LARGE.test(cause['message'])) return true;
    }
  }
  return (code === 504 || code === 0) && TOO_LARGE.test(message);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function firstNumber(...values: readonly unknown[]): number {
  for (const value of values) if (typeof value === 'number' && Number.isFinite(value)) return value;
  return 0;
}

function firstText(...values: readonly unknown[]): string {
  for (const value of values) if (typeof value === 'string' && value !== '') return value;
  return '';
}
