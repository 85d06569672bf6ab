/** What proves who we are on one request. */
export interface Credentials {
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM; a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** Gives credentials, again and again: tokens rotate. */
export interface CredentialSource {
  /**
   * The credentials to use now. Cheap when nothing changed. `fresh`: the server refused the last ones (401), so nothing may
   * come from a cache.
   */
  get(options: { readonly fresh: boolean; readonly signal?: AbortSignal }): Promise<Credentials>;
  readonly counters?: CredentialCounters;
  /** Why files that changed are not taken and the last good ones are used instead; undefined where all is well. Holds no secret. */
  readonly problem?: string | undefined;
}

/** Certificate authorities in a file that others replace. */
export interface TrustSource {
  /** PEM: the authorities to trust now. Cheap when nothing changed. */
  get(options: { readonly fresh: boolean }): Promise<string>;
  readonly counters: ReloadCounters;
  /** Why the file is not taken and its last good content is used instead; undefined where all is well. */
  readonly problem: string | undefined;
}

/** Of files that are read again as others replace them; they only grow. */
export interface ReloadCounters {
  /** Times that other content was found and taken. */
  readonly reloads: number;
  /** Times that a file could not be read, or held a certificate without its key or half of either: the last good content stayed in use. */
  readonly notReloaded: number;
}

/** Of credentials that change while the program runs; they only grow. */
export interface CredentialCounters extends ReloadCounters {
  /** Tokens that an OIDC issuer gave. */
  readonly refreshes: number;
  /** Times that new tokens were written to the file they came from. */
  readonly written: number;
  /** Times that this did not work: after a restart the user may have to log in again. */
  readonly notWritten: number;
}

export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** How to reach one API server, and as whom. A plain value: nothing was opened. */
export interface Connection {
  /** `https://host:port`, with a path where the server stands behind one. */
  readonly server: string;
  /** Names the connection in errors: `context "dev" of /home/ann/.kube/config`. Carries no secret. */
  readonly origin: string;
  /** The namespace for named objects where none is given. */
  readonly namespace: string;
  /** PEM; the only authorities that are trusted. Absent: the runtime's own. */
  readonly ca?: string;
  /** Where `ca` was read from, if that was a file: its content of now is what is trusted. */
  readonly trust?: TrustSource;
  /** The name that the server's certificate must carry, where it is not the address's. */
  readonly serverName?: string;
  /** Whether the server's certificate is not checked at all. */
  readonly insecure?: boolean;
  /** `http://host:port` (CONNECT), `https://...` or `socks5://...`. */
  readonly proxyUrl?: string;
  /** User and password for the proxy. `connectionFrom` takes them out of the URL, which is logged everywhere. */
  readonly proxyCredentials?: CredentialSource;
  readonly credentials: CredentialSource;
  /** Whether the credentials are sent to a server without TLS (`http://`) too, where anybody on the way can read them. Default false. */
  readonly credentialsWithoutTls?: boolean;
  readonly impersonate?: Impersonation;
  /** Whether answers may come compressed. Default true. */
  readonly compression?: boolean;
}

/** What `connectionFrom` takes. */
export interface ConnectionInit extends Credentials {
  readonly server: string;
  readonly origin?: string;
  readonly namespace?: string;
  readonly ca?: string;
  readonly serverName?: string;
  readonly insecure?: boolean;
  readonly proxyUrl?: string;
  /** Instead of token, username and cert. */
  readonly credentials?: CredentialSource;
  readonly trust?: TrustSource;
  /** Allows credentials for a server without TLS (`http://`), where anybody on the way can read them. Default false: they are refused. */
  readonly credentialsWithoutTls?: boolean;
  readonly impersonate?: Impersonation;
  readonly compression?: boolean;
}

/** A source that always gives the same. */
export function staticCredentials(credentials: Credentials): CredentialSource {
  const kept: Credentials = {
    ...(credentials.token === undefined ? {} : { token: credentials.token }),
    ...(credentials.username === undefined ? {} : { username: credentials.username }),
    ...(credentials.password === undefined ? {} : { password: credentials.password }),
    ...(credentials.cert === undefined ? {} : { cert: credentials.cert }),
    ...(credentials.key === undefined ? {} : { key: credentials.key }),
  };
  return { get: () => Promise.resolve(kept) };
}
