import { type Connection, type ConnectionInit, staticCredentials } from './connection.ts';
import { ConfigError } from './errors.ts';

/** A connection of values that the caller has. Throws ConfigError for what cannot be one. */
export function connectionFrom(init: ConnectionInit): Connection {
  const server = checkServer(init.server, init.origin ?? 'connectionFrom');
  if ((init.cert === undefined) !== (init.key === undefined))
    throw new ConfigError(`${init.origin ?? server}: a client certificate needs both cert and key`);
  if (init.proxyUrl !== undefined) checkProxy(init.proxyUrl, init.origin ?? server);
  return {
    server,
    origin: init.origin ?? server,
    namespace: init.namespace ?? 'default',
    credentials: init.credentials ?? staticCredentials(init),
    ...(init.ca === undefined ? {} : { ca: init.ca }),
    ...(init.serverName === undefined ? {} : { serverName: init.serverName }),
    ...(init.insecure === undefined ? {} : { insecure: init.insecure }),
    ...(init.proxyUrl === undefined ? {} : { proxyUrl: init.proxyUrl }),
    ...(init.impersonate === undefined ? {} : { impersonate: init.impersonate }),
    ...(init.compression === undefined ? {} : { compression: init.compression }),
  };
}

/** The server's URL without a trailing slash. Throws ConfigError where it is none, or carries a password. */
export function checkServer(server: string, origin: string): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch (cause) {
    throw new ConfigError(`${origin}: the server ${JSON.stringify(server)} is no URL; expected https://host:port`, { cause });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ConfigError(`${origin}: the server's URL must begin with https:// or http://, not ${url.protocol}//`);
  // A URL is logged everywhere; a password in it would be too.
  if (url.username !== '' || url.password !== '')
    throw new ConfigError(`${origin}: the server's URL carries a user or a password; give them as credentials`);
  if (url.search !== '' || url.hash !== '') throw new ConfigError(`${origin}: the server's URL may not carry a query or a fragment`);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

export function checkProxy(proxyUrl: string, origin: string): void {
  let url: URL;
  try {
    url = new URL(proxyUrl);
  } catch (cause) {
    throw new ConfigError(`${origin}: the proxy's address is no URL; expected http://host:port or socks5://host:port`, { cause });
  }
  if (!['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol))
    throw new ConfigError(`${origin}: a proxy of the form ${url.protocol}// is not supported; http, https and socks5 are`);
}
