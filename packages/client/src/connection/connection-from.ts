import { type Connection, type ConnectionInit, type Impersonation, staticCredentials } from './connection.ts';
import { carriesCredentials } from './identity.ts';
import { ConfigError } from '../errors.ts';
import { unknownOption } from '../unknown-option.ts';

const texts = ['server', 'origin', 'namespace', 'ca', 'serverName', 'proxyUrl', 'token', 'username', 'password', 'cert', 'key'] as const;
const flags = ['insecure', 'compression', 'credentialsWithoutTls'] as const;

/** A connection of values that the caller has. Throws ConfigError for what cannot be one. */
export function connectionFrom(init: ConnectionInit): Connection {
  checkTypes(init);
  const server = checkServer(init.server, init.origin ?? 'connectionFrom');
  const origin = init.origin ?? server;
  if ((init.cert === undefined) !== (init.key === undefined))
    throw new ConfigError(`${origin}: a client certificate needs both cert and key`);
  const own = [init.token, init.username, init.password, init.cert].some((value) => value !== undefined);
  if (own && init.credentials !== undefined)
    throw new ConfigError(`${origin}: credentials and one of token, username, password and cert exclude each other`);
  for (const name of ['token', 'username', 'ca', 'cert', 'key'] as const)
    if (init[name] === '') throw new ConfigError(`${origin}: ${name} is empty; leave it out`);
  if (init.ca !== undefined && !init.ca.includes('-----BEGIN ')) throw new ConfigError(`${origin}: ca holds no certificate in PEM`);
  if (init.password !== undefined && init.username === undefined) throw new ConfigError(`${origin}: a password needs a username`);
  if (init.token !== undefined && init.username !== undefined) throw new ConfigError(`${origin}: token and username exclude each other`);
  if ((own || init.credentials !== undefined) && !carriesCredentials({ ...init, server }))
    throw new ConfigError(
      `${origin}: credentials are not sent to a server without TLS. Use https://, or set credentialsWithoutTls where nobody on the way can read along`,
    );
  if (init.impersonate !== undefined) checkImpersonation(init.impersonate, origin);
  const proxy = init.proxyUrl === undefined ? undefined : checkProxy(init.proxyUrl, origin);
  return {
    server,
    origin,
    namespace: init.namespace ?? 'default',
    credentials: init.credentials ?? staticCredentials(init),
    ...(init.ca === undefined ? {} : { ca: init.ca }),
    ...(init.trust === undefined ? {} : { trust: init.trust }),
    ...(init.serverName === undefined ? {} : { serverName: init.serverName }),
    ...(init.insecure === undefined ? {} : { insecure: init.insecure }),
    ...proxy,
    ...(init.credentialsWithoutTls === undefined ? {} : { credentialsWithoutTls: init.credentialsWithoutTls }),
    ...(init.impersonate === undefined ? {} : { impersonate: init.impersonate }),
    ...(init.compression === undefined ? {} : { compression: init.compression }),
  };
}

/** What plain JavaScript may hand in. Values are never named: they may be secrets. */
function checkTypes(init: ConnectionInit): void {
  const given = init as unknown;
  if (typeof given !== 'object' || given === null)
    throw new ConfigError('connectionFrom takes an object: connectionFrom({ server, ca, token })');
  const unknown = unknownOption(given, [...texts, ...flags, 'credentials', 'trust', 'impersonate']);
  if (unknown !== undefined) throw new ConfigError(`connectionFrom: ${unknown}`);
  const values = given as Readonly<Record<string, unknown>>;
  if (values['server'] === undefined)
    throw new ConfigError('connectionFrom: there is no server; give one: connectionFrom({ server, ca, token })');
  for (const name of texts)
    if (values[name] !== undefined && typeof values[name] !== 'string') throw new ConfigError(`connectionFrom: ${name} is no text`);
  for (const name of flags)
    if (values[name] !== undefined && typeof values[name] !== 'boolean')
      throw new ConfigError(`connectionFrom: ${name} is neither true nor false`);
  for (const name of ['credentials', 'trust'])
    if (values[name] !== undefined && typeof (values[name] as { get?: unknown } | null)?.get !== 'function')
      throw new ConfigError(`connectionFrom: ${name} has no method get`);
}

/** The server's URL without a trailing slash. Throws ConfigError where it is none, or carries a password. */
export function checkServer(server: string, origin: string): string {
  let url: URL;
  try {
    // The URL parser forgives what Go's does not: spaces about it, tabs in it, backslashes, a slash too few. What is meant by those nobody knows.
    if (hasControl(server) || !/^[a-z][a-z0-9+.-]*:\/\/[^\s\\]+$/i.test(server)) throw new TypeError('no URL');
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
  return `${url.protocol}//${url.host}${pathOf(url.pathname, origin)}`;
}

/**
 * The path as client-go and kubectl send it: decoded, then cleaned of empty and dot segments, then escaped anew. `%2F` is a slash to them, and would be
 * a character of a name to a server that decodes it itself: the two must not ask for different paths. `''` for the root.
 */
function pathOf(pathname: string, origin: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    throw new ConfigError(`${origin}: the path of the server's URL has an escape in it that is none of UTF-8, such as %zz or %ff`);
  }
  if (hasControl(decoded))
    throw new ConfigError(`${origin}: the path of the server's URL holds line ends or other characters that no path has`);
  const segments: string[] = [];
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments.map((segment) => `/${escapedSegment(segment)}`).join('');
}

/** As Go's net/url escapes a path: some that encodeURIComponent escapes stay, and five that it leaves do not. */
function escapedSegment(segment: string): string {
  return encodeURIComponent(segment)
    .replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
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

/** Throws ConfigError for an impersonation that no request could carry, or that would be dropped: the request would run with the user's own rights. */
function checkImpersonation(as: Impersonation, origin: string): void {
  const wrong = (why: string): ConfigError => new ConfigError(`${origin}: ${why}`);
  const one = (value: unknown, what: string): void => {
    if (typeof value !== 'string') throw wrong(`${what} to impersonate is no text`);
    if (hasControl(value)) throw wrong(`${what} to impersonate holds line ends or other characters that no header can carry`);
  };
  one(as.user, 'the user');
  if (as.user === '') throw wrong('the user to impersonate is empty');
  if (as.uid !== undefined) one(as.uid, 'the uid');
  if (as.groups !== undefined && !Array.isArray(as.groups)) throw wrong('the groups to impersonate are no list');
  for (const group of as.groups ?? []) one(group, 'a group');
  for (const values of Object.values(as.extra ?? {})) {
    if (!Array.isArray(values)) throw wrong('the extra to impersonate is no map of lists of texts');
    for (const value of values as unknown[]) one(value, 'a value of the extra');
  }
}

/** Whether a text holds what no header's value may (RFC 9110 5.5). */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)[^/]*@/, '$1');
}
