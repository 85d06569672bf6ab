import type { Connection, Credentials } from '../connection/connection.ts';
import { hasControl } from '../connection/connection-from.ts';
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
  if (credentials.token !== undefined && hasControl(credentials.token))
    throw new CredentialsError('the token holds line ends or other characters that no header can carry');
  if (credentials.token !== undefined) headers['authorization'] = bytesOf(`Bearer ${credentials.token}`);
  else if (credentials.username !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ''}`, 'utf8').toString('base64')}`;
  const as = connection.impersonate;
  if (as !== undefined) {
    headers['impersonate-user'] = bytesOf(as.user);
    if (as.uid !== undefined) headers['impersonate-uid'] = bytesOf(as.uid);
    if (as.groups !== undefined && as.groups.length > 0) headers['impersonate-group'] = as.groups.map(bytesOf);
    for (const [name, values] of Object.entries(as.extra ?? {})) {
      // Two names that differ by case are one header.
      const header = `impersonate-extra-${escaped(name)}`;
      if (values.length > 0) headers[header] = [headers[header] ?? [], values.map(bytesOf)].flat();
    }
  }
  return Object.assign(headers, request.headers);
}

/** UTF-8 as a header carries it: the runtimes write one byte for each character. Go's clients send UTF-8, and so the server reads it. */
function bytesOf(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** A name as a part of a header's name, which may hold less; the server decodes it. What Go escapes, and nothing else. */
function escaped(name: string): string {
  return Buffer.from(name, 'utf8')
    .toString('latin1')
    .replace(/[^!#$&'*+\-.^_`|~\dA-Za-z]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .toLowerCase();
}
