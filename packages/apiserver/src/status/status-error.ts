import { goQuote, type FieldError } from '@kubecast/crd';
import { ApiServerError } from '../errors.ts';

export interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** Key order is that of the answer. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A failure that is answered as a Status (meta/v1). */
export class StatusError extends ApiServerError {
  override readonly name: string = 'StatusError';
  readonly httpCode: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** metadata.continue, of an expired page. */
  readonly continueToken: string | undefined;

  constructor(httpCode: number, reason: string, message: string, details?: StatusDetails, continueToken?: string) {
    super('ERR_APISERVER_STATUS', message);
    this.httpCode = httpCode;
    this.reason = reason;
    this.details = details;
    this.continueToken = continueToken;
  }

  /** The Status as a client sees it, in the API server's order of keys. */
  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: orderedDetails(this.details) }),
      code: this.httpCode,
    };
  }
}

/** An answer in plain text instead of a Status: `404 page not found`. */
export class PlainError extends ApiServerError {
  override readonly name: string = 'PlainError';
  readonly httpCode: number;

  constructor(httpCode: number, body: string) {
    super('ERR_APISERVER_STATUS', body);
    this.httpCode = httpCode;
  }
}

function orderedDetails(details: StatusDetails): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of ['name', 'group', 'kind', 'uid'] as const)
    if (details[key] !== undefined && details[key] !== '') out[key] = details[key];
  if (details.causes !== undefined && details.causes.length > 0) {
    out['causes'] = details.causes.map(({ reason, message, field }) => ({
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(field === undefined ? {} : { field }),
    }));
  }
  if (details.retryAfterSeconds !== undefined) out['retryAfterSeconds'] = details.retryAfterSeconds;
  return out;
}

interface Named {
  readonly group: string;
}

const qualified = (word: string, group: string): string => (group === '' ? word : `${word}.${group}`);

/** `appmodels.iidp.com`. */
export function qualifiedResource(resource: Named & { readonly plural: string }): string {
  return qualified(resource.plural, resource.group);
}

/** `AppModel.iidp.com`. */
export function qualifiedKind(resource: Named & { readonly kind: string }): string {
  return qualified(resource.kind, resource.group);
}

type Resource = Named & { readonly plural: string; readonly kind: string };

const named = (resource: Resource, name: string): StatusDetails => ({ name, group: resource.group, kind: resource.plural });

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualifiedResource(resource)} ${goQuote(name)} not found`, named(resource, name));
}

export function pageNotFound(): PlainError {
  return new PlainError(404, '404 page not found\n');
}

/** An unknown path inside a built-in group. */
export function resourceNotFound(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: Resource, name: string, terminating: boolean): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${terminating ? 'object is being deleted: ' : ''}${qualifiedResource(resource)} ${goQuote(name)} already exists`,
    named(resource, name),
  );
}

export function conflict(resource: Resource, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedResource(resource)} ${goQuote(name)}: ${why}`,
    named(resource, name),
  );
}

export function modified(resource: Resource, name: string): StatusError {
  return conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again');
}

export function forbidden(resource: Resource, name: string, why: string, causes?: readonly Cause[]): StatusError {
  return new StatusError(403, 'Forbidden', `${qualifiedResource(resource)} ${goQuote(name)} is forbidden: ${why}`, {
    ...named(resource, name),
    ...(causes === undefined ? {} : { causes }),
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function methodNotAllowed(
  message = 'the server does not allow this method on the requested resource',
  details: StatusDetails = {},
): StatusError {
  return new StatusError(405, 'MethodNotAllowed', message, details);
}

/** 500 without a reason: the API server's answer to an unexpected error. */
export function internalText(message: string): StatusError {
  return new StatusError(500, '', message);
}

export function unsupportedMediaType(message: string, details?: StatusDetails): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', message, details);
}

export function tooManyRequests(message: string, retryAfterSeconds = 1): StatusError {
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds });
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

export function tooLargeVersion(asked: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError(410, 'Expired', message, undefined, continueToken);
}

/** 422 about an object, with the causes; `what` is `AppModel.iidp.com` or, for options, `CreateOptions.meta.k8s.io`. */
export function invalid(
  resource: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  return invalidNamed(qualifiedKind(resource), { name, group: resource.group, kind: resource.kind }, errors);
}

export function invalidNamed(what: string, details: StatusDetails, errors: readonly FieldError[]): StatusError {
  // The message contains identical texts once; the causes contain all of them.
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  return new StatusError(422, 'Invalid', `${what} ${goQuote(details.name ?? '')} is invalid: ${text}`, { ...details, causes });
}

/** 422 about the query parameters: `CreateOptions.meta.k8s.io "" is invalid`. */
export function invalidOptions(kind: string, errors: readonly FieldError[]): StatusError {
  return invalidNamed(`${kind}.meta.k8s.io`, { group: 'meta.k8s.io', kind }, errors);
}
