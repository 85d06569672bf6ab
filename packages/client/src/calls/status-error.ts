import { ClientError } from '../errors.ts';
import { redact } from '../redact.ts';

/** One cause of a Status (meta.k8s.io/v1 StatusCause). */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** The path, `spec.models[0]`; `''` where there is none. */
  readonly field: string;
}

/** StatusDetails (meta.k8s.io/v1); fields that the server left out are `''`. */
export interface StatusDetails {
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly uid: string;
}

export interface StatusErrorInit {
  readonly statusCode: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterMs?: number;
  readonly continueToken?: string;
  readonly request?: string;
  readonly warnings?: readonly string[];
  readonly isStatus?: boolean;
}

/** The API server refused. Its own words are the message, after the request's method and path. */
export class StatusError extends ClientError {
  override readonly name: string = 'StatusError';
  /** The HTTP status, or the code of the Status in an ERROR event of a watch. */
  readonly statusCode: number;
  /** `NotFound`, `Conflict`, `Invalid`, ...; `''` where the server gives none (a plain 404, a 500 of etcd). */
  readonly reason: string;
  /** The server's own message, without the request. */
  readonly serverMessage: string;
  readonly details: StatusDetails;
  readonly causes: readonly StatusCause[];
  /** What the server asked to wait (Retry-After or retryAfterSeconds), milliseconds; undefined where it asked for nothing. */
  readonly retryAfterMs: number | undefined;
  /** The token by which an expired list can go on inconsistently; `''` where there is none. */
  readonly continueToken: string;
  /** Warnings that came with the answer. */
  readonly warnings: readonly string[];
  /** Whether the API server itself answered, with a Status; false for a line of text, and for what a proxy in between says. */
  readonly isStatus: boolean;

  constructor(init: StatusErrorInit, options?: { readonly cause?: unknown }) {
    super('CLIENT_STATUS', init.request === undefined ? init.message : `${init.request}: ${init.message}`, options);
    this.statusCode = init.statusCode;
    this.reason = init.reason;
    this.serverMessage = init.message;
    this.details = init.details ?? NO_DETAILS;
    this.causes = init.causes ?? [];
    this.retryAfterMs = init.retryAfterMs;
    this.continueToken = init.continueToken ?? '';
    this.warnings = init.warnings ?? [];
    this.isStatus = init.isStatus ?? true;
  }
}

/** A field that another manager owns. */
export interface ApplyConflict {
  readonly manager: string;
  /** The path in the server's form: `.spec.models`. */
  readonly field: string;
}

/** Server-side apply met fields that other managers own; `conflicts` names every one. `force: true` takes them over. */
export class ApplyConflictError extends StatusError {
  override readonly name = 'ApplyConflictError';
  readonly conflicts: readonly ApplyConflict[];

  constructor(init: StatusErrorInit, conflicts: readonly ApplyConflict[]) {
    super(init);
    this.conflicts = conflicts;
  }
}

const NO_DETAILS: StatusDetails = { name: '', group: '', kind: '', uid: '' };

/** What an answer that is no success means. `body` is what the server sent: a Status as JSON, or plain text. */
export function statusErrorFrom(
  statusCode: number,
  body: string,
  from: {
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly request: string;
    readonly warnings: readonly string[];
    readonly now: number;
    /** Takes the credentials of the request out of a text. */
    readonly hide?: ((text: string) => string) | undefined;
  },
): StatusError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  const fields = record(parsed);
  const isStatus = fields['kind'] === 'Status';
  const { headers, ...rest } = from;
  const { hide = (text: string): string => text } = from;
  return statusErrorOf(
    isStatus ? fields : { message: redirected(statusCode, headers['location']) ?? plainMessage(statusCode, hide(body), headers) },
    {
      statusCode,
      retryAfter: headers['retry-after'],
      isStatus,
      ...rest,
    },
  );
}

// The plain 404 of an unknown path is a line of text; a proxy's page may be long, says with its type that it is none of the API server's, and may show
// the headers of the request.
function plainMessage(statusCode: number, body: string, headers: Readonly<Record<string, string | undefined>>): string {
  const plain = redact(body.slice(0, 4000).trim().replace(/\s+/g, ' ')).slice(0, 300);
  if (plain === '') return `HTTP ${statusCode}`;
  const type = headers['content-type']?.split(';', 1)[0] ?? '';
  return type === 'text/html' ? `HTTP ${statusCode} with a page of ${type}: ${plain}` : plain;
}

/** A redirect is not followed: the credentials would go where it points. The query and the user of the address are left out, for they may be secrets. */
function redirected(statusCode: number, location: string | undefined): string | undefined {
  if (statusCode < 300 || statusCode > 399 || location === undefined) return undefined;
  const to = location
    .replace(/[?#].*$/s, '')
    .replace(/^([^/]*\/\/)[^/]*@/, '$1')
    .slice(0, 300);
  return `HTTP ${statusCode} to ${to}; redirects are not followed, since the credentials would go there. Give the address of the API server itself`;
}

/** The StatusError of a Status object, such as the one in an ERROR event of a watch. */
export function statusErrorOf(
  status: unknown,
  from: {
    readonly statusCode?: number;
    readonly retryAfter?: string | undefined;
    /** The calendar's time, for a Retry-After that is a date. */
    readonly now?: number;
    readonly request?: string | undefined;
    readonly warnings?: readonly string[];
    /** Whether it is a Status of the API server. Default true. */
    readonly isStatus?: boolean;
    /** Takes the credentials of the request out of a text. */
    readonly hide?: ((text: string) => string) | undefined;
  } = {},
): StatusError {
  const hide = from.hide ?? ((shown: string): string => shown);
  const text = (value: unknown): string => hide(textOf(value));
  const causeOf = (value: unknown): StatusCause => {
    const { reason, message, field } = record(value);
    return { reason: text(reason), message: text(message), field: text(field) };
  };
  const fields = record(status);
  const details = record(fields['details']);
  const causes = Array.isArray(details['causes']) ? (details['causes'] as unknown[]).map(causeOf) : [];
  const retryAfterMs = retryAfter(from.retryAfter, details['retryAfterSeconds'], from.now);
  const init: StatusErrorInit = {
    statusCode: from.statusCode ?? (typeof fields['code'] === 'number' ? fields['code'] : 0),
    reason: text(fields['reason']),
    message: text(fields['message']) || 'no message',
    details: { name: text(details['name']), group: text(details['group']), kind: text(details['kind']), uid: text(details['uid']) },
    causes,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    continueToken: textOf(record(fields['metadata'])['continue']),
    ...(from.request === undefined ? {} : { request: from.request }),
    warnings: from.warnings ?? [],
    isStatus: from.isStatus ?? true,
  };
  const conflicts = causes.filter((cause) => cause.reason === 'FieldManagerConflict');
  if (init.statusCode === 409 && conflicts.length > 0) {
    return new ApplyConflictError(
      init,
      conflicts.map((cause) => ({ manager: managerOf(cause.message), field: cause.field })),
    );
  }
  return new StatusError(init);
}

// The cause says: conflict with "m1", or: conflict with "mytool" using t.example/v1.
function managerOf(message: string): string {
  const quoted = /conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (quoted === undefined) return message;
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

// RFC 9110 10.2.3: seconds, as the API server sends them, or a date, as what stands before it may.
function retryAfter(header: string | undefined, seconds: unknown, now: number | undefined): number | undefined {
  const told = header?.trim() ?? '';
  if (/^\d{1,6}$/.test(told)) return Number(told) * 1000;
  const at = /^[A-Z][a-z]{2}, /.test(told) && now !== undefined ? Date.parse(told) : Number.NaN;
  if (now !== undefined && !Number.isNaN(at)) return Math.min(999_999_000, Math.max(0, at - now));
  return typeof seconds === 'number' && seconds > 0 ? Math.min(999_999_000, seconds * 1000) : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function isStatusError(error: unknown): error is StatusError {
  return error instanceof StatusError;
}

/** The object is not there, or the path is not served. */
export function isNotFound(error: unknown): error is StatusError {
  return error instanceof StatusError && error.statusCode === 404;
}

/** The object was changed since it was read, a precondition failed, or server-side apply met another manager's fields. */
export function isConflict(error: unknown): error is StatusError {
  return error instanceof StatusError && error.statusCode === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is StatusError {
  return error instanceof StatusError && error.reason === 'AlreadyExists';
}

export function isApplyConflict(error: unknown): error is ApplyConflictError {
  return error instanceof ApplyConflictError;
}

/** The resourceVersion or continue token is too old. */
export function isExpired(error: unknown): error is StatusError {
  return error instanceof StatusError && (error.statusCode === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

export function isForbidden(error: unknown): error is StatusError {
  return error instanceof StatusError && error.statusCode === 403;
}
