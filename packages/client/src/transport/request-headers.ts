import type { Connection, Credentials } from '../connection/connection.ts';
import { CredentialsError } from '../errors.ts';
import type { TransportRequest } from './transport-options.ts';

/** The headers of one request. The only place that writes credentials. */
export function requestHeaders(
  request: TransportRequest,
  credentials: Credentials,
  connection: Connection,
  userAgent: string,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'user-agent': userAgent, accept: request.accept ?? 'application/json' };
  if (request.gzip === true && connection.compression !== false) headers['accept-encoding'] = 'gzip';
  if (request.body !== undefined) {
    headers['content-type'] = request.contentType ?? 'application/json';
    headers['content-length'] = String(typeof request.body === 'string' ? Buffer.byteLength(request.body) : request.body.length);
  }
  // The runtimes' own errors may quote it.
  if (credentials.token !== undefined && !/^[\x21-\x7e]+$/.test(credentials.token))
    throw new CredentialsError('the token holds spaces, line ends or other characters that no header can carry');
  if (credentials.token !== undefined) headers['authorization'] = `Bearer ${credentials.token}`;
  else if (credentials.username !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`, 'utf8').toString('base64')}`;
  const as = connection.impersonate;
  if (as !== undefined) {
    headers['impersonate-user'] = as.user;
    if (as.uid !== undefined) headers['impersonate-uid'] = as.uid;
    if (as.groups !== undefined && as.groups.length > 0) headers['impersonate-group'] = [...as.groups];
    // Names may hold what a header's may not; the server decodes them.
    for (const [name, values] of Object.entries(as.extra ?? {}))
      headers[`impersonate-extra-${encodeURIComponent(name).toLowerCase()}`] = [...values];
  }
  return Object.assign(headers, request.headers);
}
