import { conflict, expired, StatusError, tooManyRequests, unauthorized } from '../status/status-error.ts';
import type { Context } from '../verbs/context.ts';
import type { Fault } from './fault.ts';

/** The failure that a status fault answers with, in the words of the API server. */
export function faultStatus(fault: Fault & { readonly type: 'status' }, context: Context): StatusError {
  const made = wording(fault, context);
  const message = fault.message ?? made.message;
  const details = fault.retryAfterSeconds === undefined ? made.details : { ...made.details, retryAfterSeconds: fault.retryAfterSeconds };
  return new StatusError(made.httpCode, made.reason, message, details, made.continueToken);
}

function wording(fault: Fault & { readonly type: 'status' }, context: Context): StatusError {
  const name = context.path.name ?? '';
  switch (fault.code) {
    case 401:
      return unauthorized();
    case 403:
      return new StatusError(403, 'Forbidden', `${context.resource.plural} is forbidden: refused by a fault`, {
        group: context.resource.group,
        kind: context.resource.plural,
      });
    case 404:
      return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
    case 409:
      return conflict(
        context.resource,
        name,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    case 410:
      return expired('The resourceVersion for the provided list is too old.');
    case 429:
      return tooManyRequests('Too many requests, please try again later.', fault.retryAfterSeconds ?? 1);
    case 500:
      return new StatusError(500, 'InternalError', 'Internal error occurred: refused by a fault', {
        causes: [{ message: 'refused by a fault' }],
      });
    case 503:
      return new StatusError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request', {});
    case 504:
    default:
      return new StatusError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {});
  }
}
