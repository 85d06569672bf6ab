import { ClientError, ConnectionError, ProtocolError, RequestError, TlsError } from '../errors.ts';

const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$|ERR_OSSL)/;
// Deno gives rustls' texts and no code.
const TLS_TEXT = /certificate|UnknownIssuer|NotValidForName|handshake|received fatal alert|\bSSL\b|\bTLS\b/i;

// What Node says of arguments before it sends anything.
const PROGRAM_CODES =
  /^ERR_(INVALID_(ARG|CHAR|HTTP|THIS|URL|PROTOCOL)|UNESCAPED_|HTTP_INVALID_HEADER|HTTP2_INVALID_|HTTP2_HEADER_SINGLE|HTTP2_PSEUDOHEADER|METHOD_NOT)/;

/** The typed error of what a socket, the TLS layer or the HTTP parser threw. `what` names the request; the cause is kept. */
export function networkError(error: unknown, what: string): ClientError {
  if (error instanceof ClientError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = message === '' || message.includes(code) ? message || code : `${message} (${code})`;
  if (PROGRAM_CODES.test(code)) return new RequestError(`${what}: cannot be sent: ${code}`, { cause: error });
  if (TLS_CODES.test(code) || (!code.startsWith('E') && TLS_TEXT.test(message))) {
    return new TlsError(`${what}: TLS failed: ${text}. Check the CA, the server's name and the client certificate`, { cause: error });
  }
  if (code.startsWith('HPE_') || code === 'ERR_HTTP_INVALID_STATUS_CODE')
    return new ProtocolError(`${what}: the answer is not HTTP: ${text}`, { cause: error });
  return new ConnectionError(`${what}: ${text}`, { cause: error });
}

/** The code of an error or of what caused it; several addresses of one host fail as an AggregateError. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown };
    if (typeof code === 'string' && code !== '') return code;
    at = Array.isArray(errors) ? errors[0] : cause;
  }
  return '';
}
