/** A Status as the API server writes it, thrown by the model's requests and sent in its ERROR events. */
export interface ModelStatus {
  readonly kind: 'Status';
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

export class ModelStatusError extends Error {
  override readonly name = 'ModelStatusError';
  readonly statusCode: number;
  readonly reason: string;
  readonly details: ModelStatus['details'];

  constructor(status: ModelStatus) {
    super(status.message);
    this.statusCode = status.code;
    this.reason = status.reason;
    this.details = status.details;
  }
}

/** A connection that could not be made, or broke. */
export class ModelConnectionError extends Error {
  override readonly name = 'ModelConnectionError';
  readonly code = 'CONNECTION';
}

function status(code: number, reason: string, message: string, details?: ModelStatus['details']): ModelStatus {
  return { kind: 'Status', code, reason, message, ...(details === undefined ? {} : { details }) };
}

type StatusName =
  | 'expired'
  | 'expiredToken'
  | 'tooLarge'
  | 'tooManyRequests'
  | 'internal'
  | 'unavailable'
  | 'gatewayTimeout'
  | 'unauthorized'
  | 'forbidden'
  | 'notFound'
  | 'streamUnsupported';

export const statuses: Readonly<Record<StatusName, ModelStatus>> = {
  expired: status(410, 'Expired', 'too old resource version'),
  expiredToken: status(410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.'),
  tooLarge: status(504, 'Timeout', 'Timeout: Too large resource version: 999, current: 311', {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  }),
  tooManyRequests: status(429, 'TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 }),
  internal: status(500, 'InternalError', 'Internal error occurred: etcdserver: leader changed'),
  unavailable: status(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
  gatewayTimeout: status(504, 'Timeout', 'the request did not complete within the allotted timeout'),
  unauthorized: status(401, 'Unauthorized', 'Unauthorized'),
  forbidden: status(403, 'Forbidden', 'things.example.com is forbidden'),
  notFound: status(404, 'NotFound', 'the server could not find the requested resource'),
  streamUnsupported: status(422, 'Invalid', 'resourceVersionMatch is forbidden for watch'),
};
