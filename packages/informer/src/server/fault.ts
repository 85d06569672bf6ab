/** What kind of failure stopped a list or a watch, as far as the reflector acts on it. `next-step.ts` says what follows each. */
export type FaultKind =
  | 'expired' // 410: the version is too old; list again
  | 'too-large' // the server does not know the version yet, or no longer
  | 'rate-limited' // 429
  | 'forbidden' // 401, 403
  | 'gone' // 404: the resource is not served
  | 'invalid' // 400, 405, 406, 415, 422: the request is not understood
  | 'server' // 5xx
  | 'connection' // no answer, or one that broke
  | 'protocol' // an answer that is not what the API promises: a redirect, an HTML page, an ERROR event without a Status
  | 'idle' // nothing came for too long
  | 'wrong-kind' // the server sent another kind than was asked for
  | 'credentials' // a token file, exec plugin or auth provider gave no credentials
  | 'config' // the client's configuration cannot be used
  | 'request' // the client refused to send the request: a header or a path that no request can carry
  | 'program' // an error of the program around the informer: a source that throws a TypeError, a store that is full
  | 'closed' // the client was closed by its owner
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
/** The texts of etcd, of the watch cache, and of the list's continue token. */
const TOO_OLD =
  /required revision has been compacted|too old resource version|resourceVersion for the provided \w+ is too old|too old to display/i;
/** A server may ask for a wait; a broken answer must not ask for a year. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** The codes of the client's errors. A source of another make may use them too. */
const CODES: ReadonlyMap<string, FaultKind> = new Map([
  ['CLIENT_CLOSED', 'closed'],
  ['CLIENT_REQUEST', 'request'],
  ['CLIENT_PATH', 'request'],
  ['CLIENT_CREDENTIALS', 'credentials'],
  ['CLIENT_CONFIG', 'config'],
  ['CLIENT_PROTOCOL', 'protocol'],
  ['CLIENT_DISCOVERY', 'gone'],
]);

const REASONS: ReadonlyMap<string, FaultKind> = new Map([
  ['expired', 'expired'],
  ['gone', 'expired'],
  ['toomanyrequests', 'rate-limited'],
  ['forbidden', 'forbidden'],
  ['unauthorized', 'forbidden'],
  ['notfound', 'gone'],
  ['internalerror', 'server'],
  ['serviceunavailable', 'server'],
  ['servertimeout', 'server'],
  ['timeout', 'server'],
  ['badrequest', 'invalid'],
  ['invalid', 'invalid'],
  ['methodnotallowed', 'invalid'],
  ['notacceptable', 'invalid'],
  ['unsupportedmediatype', 'invalid'],
]);

/** What a source threw, or the Status of an ERROR event: what it means for the reflector. */
export function faultOf(thing: unknown): Fault {
  if (thing instanceof Fault) return thing;
  const fields = isFields(thing) ? thing : {};
  const body = isFields(fields['body']) ? fields['body'] : isFields(fields['statusObject']) ? fields['statusObject'] : {};
  const code = firstNumber(fields['statusCode'], fields['httpStatus'], fields['code'], fields['status'], body['code'], body['status']);
  const reason = firstText(fields['reason'], body['reason']);
  const told = firstText(fields['message'], body['message']);
  const details = isFields(fields['details']) ? fields['details'] : isFields(body['details']) ? body['details'] : {};
  const retryAfterMs = firstNumber(fields['retryAfterMs']) || firstNumber(details['retryAfterSeconds']) * 1000;
  const options = thing instanceof Error ? { cause: thing } : undefined;
  const kind =
    (typeof fields['code'] === 'string' ? CODES.get(fields['code']) : undefined) ??
    (isUnsendable(thing) ? 'request' : isProgramError(thing) ? 'program' : kindOf(code, reason, told, details, fields['causes'])) ??
    (thing instanceof Error ? 'connection' : 'protocol');
  const message =
    told || (thing instanceof Error ? 'no message' : `an ERROR event that tells no reason${code === 0 ? '' : ` (code ${code})`}`);
  return new Fault(kind, message, Math.min(MAX_RETRY_AFTER_MS, Math.max(0, retryAfterMs)), options);
}

/** What was thrown outside of a source, by a store or by the reflector itself: an error of the program, whatever it looks like. */
export function programFault(thing: unknown): Fault {
  if (thing instanceof Fault) return thing;
  return new Fault('program', messageOf(thing), 0, { cause: thing });
}

export function messageOf(thing: unknown): string {
  return thing instanceof Error ? thing.message || thing.name : String(thing);
}

/** Undefined: neither the code nor the reason nor the message says anything. */
function kindOf(code: number, reason: string, message: string, details: Fields, otherCauses: unknown): FaultKind | undefined {
  if (isTooLarge(code, message, details['causes']) || isTooLarge(code, message, otherCauses)) return 'too-large';
  const byReason = REASONS.get(reason.toLowerCase());
  if (code === 410 || byReason === 'expired' || ((code === 0 || code === 400 || code >= 500) && TOO_OLD.test(message))) return 'expired';
  if (code === 429 || byReason === 'rate-limited') return 'rate-limited';
  if (code === 401 || code === 403 || byReason === 'forbidden') return 'forbidden';
  if (code === 404 || byReason === 'gone') return 'gone';
  if (code >= 400 && code < 500) return 'invalid';
  if (code >= 500 && code < 600) return 'server';
  if (code >= 100) return 'protocol';
  return byReason;
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

/** Node refused to write the request: a line break in a header, a space in a path. No other try writes it either. */
function isUnsendable(thing: unknown): boolean {
  for (let at = thing, depth = 0; isFields(at) && depth < 4; at = at['cause'], depth += 1) {
    const code = at['code'];
    if (typeof code !== 'string') continue;
    if (code === 'ERR_INVALID_CHAR' || code === 'ERR_INVALID_HTTP_TOKEN' || code === 'ERR_UNESCAPED_CHARACTERS') return true;
  }
  return false;
}

/** An error that a program makes and no peer: a name misspelt, an argument of the wrong type. fetch's TypeErrors for broken connections have a cause. */
function isProgramError(thing: unknown): boolean {
  if (!(thing instanceof Error) || thing.cause !== undefined) return false;
  return thing instanceof TypeError || thing instanceof ReferenceError || thing instanceof RangeError;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** The first that is a number, or the decimal text of one: proxies and older servers write `"410"`. */
function firstNumber(...values: readonly unknown[]): number {
  for (const value of values) {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string' && /^\d{1,9}$/.test(value.trim())) return Number(value);
  }
  return 0;
}

function firstText(...values: readonly unknown[]): string {
  for (const value of values) if (typeof value === 'string' && value !== '') return value;
  return '';
}
