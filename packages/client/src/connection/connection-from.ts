import { type Connection, type ConnectionInit, staticCredentials } from './connection.ts';
import { ConfigError } from '../errors.ts';

/** A connection of values that the caller has. Throws ConfigError for what cannot be one. */
export function connectionFrom(init: ConnectionInit): Connection {
  const server = checkServer(init.server, init.origin ?? 'connectionFrom');
  if ((init.cert === undefined) !== (init.key === undefined))
    throw new ConfigError(`${init.origin ?? server}: a client certificate needs both cert and key`);
  const proxy = init.proxyUrl === undefined ? undefined : checkProxy(init.proxyUrl, init.origin ?? server);
  return {
    server,
    origin: init.origin ?? server,
    namespace: init.namespace ?? 'default',
    credentials: init.credentials ?? staticCredentials(init),
    ...(init.ca === undefined ? {} : { ca: init.ca }),
    ...(init.serverName === undefined ? {} : { serverName: init.serverName }),
    ...(init.insecure === undefined ? {} : { insecure: init.insecure }),
    ...proxy,
    ...(init.impersonate === undefined ? {} : { impersonate: init.impersonate }),
    ...(init.compression === undefined ? {} : { compression: init.compression }),
  };
}

/** The server's URL without a trailing slash. Throws ConfigError where it is none, or carries a password. */
export function checkServer(server: string, origin: string): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    // Without the cause, which holds the text: what is no URL may have a password in it all the same.
    throw new ConfigError(`${origin}: the server ${JSON.stringify(withoutUser(server))} is no URL; expected https://host:port`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ConfigError(`${origin}: the server's URL must begin with https:// or http://, not ${url.protocol}//`);
  // A URL is logged everywhere; a password in it would be too.
  if (url.username !== '' || url.password !== '')
    throw new ConfigError(`${origin}: the server's URL carries a user or a password; give them as credentials`);
  if (url.search !== '' || url.hash !== '') throw new ConfigError(`${origin}: the server's URL may not carry a query or a fragment`);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/** The proxy's URL without user and password, and these apart. Throws ConfigError. */
export function checkProxy(proxyUrl: string, origin: string): Pick<Connection, 'proxyUrl' | 'proxyCredentials'> {
  let url: URL;
  let username: string;
  let password: string;
  try {
    url = new URL(proxyUrl);
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw new ConfigError(`${origin}: the proxy's address is no URL; expected http://host:port or socks5://host:port`);
  }
  if (!['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol))
    throw new ConfigError(`${origin}: a proxy of the form ${url.protocol}// is not supported; http, https and socks5 are`);
  if (username === '') return { proxyUrl };
  // RFC 1929: a byte tells how long each is.
  if (url.protocol.startsWith('socks5') && [username, password].some((text) => Buffer.byteLength(text) > 255))
    throw new ConfigError(`${origin}: the user and the password of a socks5 proxy have 255 bytes at most`);
  return { proxyUrl: withoutUser(proxyUrl), proxyCredentials: staticCredentials({ username, password }) };
}

function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)[^/]*@/, '$1');
}
