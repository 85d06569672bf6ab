import { CredentialsError } from '../errors.ts';
import type { Connection, Credentials } from './connection.ts';

/** As whom a request is sent, and whom it trusts: the credentials of now with the certificate authorities of now. */
export interface Identity extends Credentials {
  /** PEM. */
  readonly ca?: string;
}

const anonymous: Identity = {};

/** Whether credentials may be sent: over TLS, or where the user allowed them without. */
export function carriesCredentials(connection: Pick<Connection, 'server' | 'credentialsWithoutTls'>): boolean {
  return /^https:/i.test(connection.server) || connection.credentialsWithoutTls === true;
}

/**
 * The identity for one request. Without TLS and without the user's leave there is none, as in client-go: the source is not even asked, so that no plugin
 * runs and no file is read.
 */
export async function identityOf(
  connection: Connection,
  options: { readonly fresh: boolean; readonly signal?: AbortSignal },
): Promise<Identity> {
  if (!carriesCredentials(connection)) return anonymous;
  const credentials = checked(await connection.credentials.get(options), connection);
  const ca = connection.trust === undefined ? connection.ca : await connection.trust.get(options);
  return ca === undefined ? credentials : { ...credentials, ca };
}

/** Whether one connection can serve both: TLS is agreed with a certificate and authorities, tokens come with each request. */
export function sameTls(a: Identity, b: Identity): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}

/** What a source of the user's own gave. An empty token is none: the server would take it for a broken one. */
function checked(given: unknown, connection: Connection): Credentials {
  const wrong = (why: string): CredentialsError => new CredentialsError(`${connection.origin}: the source of credentials gave ${why}`);
  if (typeof given !== 'object' || given === null) throw wrong('no object; for no credentials it gives {}');
  const credentials = given as Credentials;
  for (const name of ['token', 'username', 'password', 'cert', 'key'] as const)
    if (credentials[name] !== undefined && typeof credentials[name] !== 'string') throw wrong(`a ${name} that is no text`);
  if ((credentials.cert === undefined) !== (credentials.key === undefined)) throw wrong('a client certificate or its key, but not both');
  if (credentials.token !== '') return credentials;
  const { token: _none, ...others } = credentials;
  return others;
}
