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
  const credentials = await connection.credentials.get(options);
  const ca = connection.trust === undefined ? connection.ca : await connection.trust.get(options);
  return ca === undefined ? credentials : { ...credentials, ca };
}

/** Whether one connection can serve both: TLS is agreed with a certificate and authorities, tokens come with each request. */
export function sameTls(a: Identity, b: Identity): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
