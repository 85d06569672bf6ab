import { CodedError } from '@kubecast/errors';
/** The codes of ClientError; stable. */
export type ClientErrorCode =
  | 'CLIENT_CONFIG'
  | 'CLIENT_REQUEST'
  | 'CLIENT_CREDENTIALS'
  | 'CLIENT_CONNECTION'
  | 'CLIENT_TLS'
  | 'CLIENT_TIMEOUT'
  | 'CLIENT_PROTOCOL'
  | 'CLIENT_STATUS'
  | 'CLIENT_DISCOVERY'
  | 'CLIENT_CLOSED'
  | 'CLIENT_PATH'
  | 'CLIENT_MERGE_PATCH';

/** Every error that this package makes. `code` is stable; messages are for people and carry no token, key or password. */
export class ClientError extends CodedError<ClientErrorCode> {
  override readonly name: string = 'ClientError';
}

/** A kubeconfig, an environment or options that no connection can be made of. Names the file, the context and the user. */
export class ConfigError extends ClientError {
  override readonly name = 'ConfigError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_CONFIG', message, options);
  }
}

/** A request that cannot be made: a name that is no path segment, an object without a name. Nothing was sent. */
export class RequestError extends ClientError {
  override readonly name = 'RequestError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_REQUEST', message, options);
  }
}

/** The token file, exec plugin or auth provider gave no credentials. Nothing was sent. */
export class CredentialsError extends ClientError {
  override readonly name = 'CredentialsError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_CREDENTIALS', message, options);
  }
}

/** No connection, or one that broke. Whether a write that was under way was done is not known. */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_CONNECTION', message, options);
  }
}

/** The server's certificate was not accepted, ours was not, or the two speak no common TLS. */
export class TlsError extends ClientError {
  override readonly name = 'TlsError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_TLS', message, options);
  }
}

/** A deadline of this client passed. `phase`: waiting in the request budget, for credentials, for the answer, or for more of a stream. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError';
  readonly phase: 'budget' | 'credentials' | 'request' | 'idle';
  readonly afterMs: number;
  /** How long the server asked this client to wait, where that is longer than the call may take. */
  readonly retryAfterMs: number | undefined;

  constructor(phase: TimeoutError['phase'], afterMs: number, message: string, options: { readonly retryAfterMs?: number } = {}) {
    super('CLIENT_TIMEOUT', message);
    this.phase = phase;
    this.afterMs = afterMs;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The answer is not what the API promises: not HTTP, not JSON, cut off, or over a limit of size. */
export class ProtocolError extends ClientError {
  override readonly name = 'ProtocolError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_PROTOCOL', message, options);
  }
}

/** The kind or resource is not served, or discovery could not tell. */
export class DiscoveryError extends ClientError {
  override readonly name = 'DiscoveryError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CLIENT_DISCOVERY', message, options);
  }
}

/** The client was closed. */
export class ClosedError extends ClientError {
  override readonly name = 'ClosedError';

  constructor(message = 'the client is closed') {
    super('CLIENT_CLOSED', message);
  }
}

/**
 * Whose fault an error is:
 * - `program`: the call cannot work as it is written (RequestError, ConfigError, an error of a callback): sending it again changes nothing;
 * - `closed`: the client was closed;
 * - `credentials`: there are none to send;
 * - `connection`: no connection, a broken one, TLS, or a deadline: the same call may work later;
 * - `answer`: the server refused or answered something else (StatusError, DiscoveryError, ProtocolError).
 *
 * The reason of an aborted signal is whatever the program gave: look at the signal first.
 */
export type Fault = 'program' | 'closed' | 'credentials' | 'connection' | 'answer';

const faults: Readonly<Record<ClientErrorCode, Fault>> = {
  CLIENT_CONFIG: 'program',
  CLIENT_REQUEST: 'program',
  CLIENT_PATH: 'program',
  CLIENT_MERGE_PATCH: 'program',
  CLIENT_CLOSED: 'closed',
  CLIENT_CREDENTIALS: 'credentials',
  CLIENT_CONNECTION: 'connection',
  CLIENT_TLS: 'connection',
  CLIENT_TIMEOUT: 'connection',
  CLIENT_PROTOCOL: 'answer',
  CLIENT_STATUS: 'answer',
  CLIENT_DISCOVERY: 'answer',
};

/** Whose fault an error is. Everything that this package did not throw on purpose is the program's, a TypeError as well. */
export function faultOf(error: unknown): Fault {
  return error instanceof ClientError ? faults[error.code] : 'program';
}

export function isClientError(error: unknown): error is ClientError {
  return error instanceof ClientError;
}
