import type { ClusterOptions, RedisOptions } from 'ioredis';
import { ConnectionOptionsError } from '../errors.ts';
import { checkTarget, type RedisTarget } from './connection-options.ts';

/** A server of Redis. */
export interface RedisNode {
  readonly host: string;
  /** Default 6379; of a sentinel 26379. */
  readonly port?: number;
}

/** Files of a TLS connection, in PEM. */
export interface RedisTlsConfig {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string;
  /** The client's certificate and its key; both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must have, where it is not the host's. */
  readonly serverName?: string;
}

/** A connection as a program's file describes it. Exactly one of `url`, `sentinel` and `cluster`. */
export interface RedisConfig {
  readonly url?: string;
  readonly sentinel?: {
    /** The name of the primary that the sentinels watch. */
    readonly name: string;
    readonly nodes: readonly RedisNode[];
    /** For the sentinels; that of Redis stands outside. */
    readonly username?: string;
    readonly passwordFile?: string;
    /** 'replica': read from one. Default 'primary'. */
    readonly role?: 'primary' | 'replica';
  };
  readonly cluster?: { readonly nodes: readonly RedisNode[] };
  readonly username?: string;
  /** A file that holds the password, and perhaps a line break after it. */
  readonly passwordFile?: string;
  /** Not in a cluster. Default 0. */
  readonly database?: number;
  /** Present: TLS, also without anything in it. */
  readonly tls?: RedisTlsConfig;
}

type Rule = 'text' | 'port' | 'database' | 'role' | 'nodes' | { readonly [name: string]: Rule };

const rules: { readonly [name: string]: Rule } = {
  url: 'text',
  sentinel: { name: 'text', nodes: 'nodes', username: 'text', passwordFile: 'text', role: 'role' },
  cluster: { nodes: 'nodes' },
  username: 'text',
  passwordFile: 'text',
  database: 'database',
  tls: { ca: 'text', cert: 'text', key: 'text', serverName: 'text' },
};

/**
 * Makes a target of a configuration. `read` gives the text of a file that it names.
 *
 * @throws ConnectionOptionsError naming the place; it never shows a password. What `read` throws.
 */
export function redisTargetOf(config: unknown, read: (path: string) => string): RedisTarget {
  checkShape(config, rules, '');
  const { url, sentinel, cluster, username, passwordFile, database, tls } = config as RedisConfig;
  const ways = Object.entries({ url, sentinel, cluster }).filter(([, way]) => way !== undefined);
  if (ways.length !== 1)
    throw new ConnectionOptionsError(
      `the Redis configuration needs exactly one of url, sentinel and cluster; it has ${ways.length === 0 ? 'none' : ways.map(([name]) => name).join(' and ')}`,
    );
  const secret = (path: string | undefined): { password?: string } =>
    path === undefined ? {} : { password: read(path).replace(/\r?\n$/u, '') };
  const own = {
    ...(username === undefined ? {} : { username }),
    ...secret(passwordFile),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, read) }),
  };
  const db = database === undefined ? {} : { db: database };
  if (cluster !== undefined) {
    if (database !== undefined && database !== 0) throw new ConnectionOptionsError('database: a cluster has only the database 0');
    const options: ClusterOptions = { redisOptions: own };
    return { cluster: { nodes: cluster.nodes.map(({ host, port = 6379 }) => ({ host, port })), options } };
  }
  if (sentinel !== undefined) {
    const { name, nodes, role } = sentinel;
    const theirs = secret(sentinel.passwordFile);
    const options: RedisOptions = {
      ...own,
      ...db,
      name,
      sentinels: nodes.map(({ host, port = 26_379 }) => ({ host, port })),
      ...(role === 'replica' ? { role: 'slave' as const } : {}),
      ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
      ...(theirs.password === undefined ? {} : { sentinelPassword: theirs.password }),
      // The sentinels of one Redis have certificates of the same authority.
      ...(own.tls === undefined ? {} : { sentinelTLS: own.tls, enableTLSForSentinelMode: true }),
    };
    return options;
  }
  return urlOptions(url ?? '', { ...own, ...db });
}

function urlOptions(url: string, own: RedisOptions): RedisOptions {
  checkTarget(url);
  const { protocol, hostname, port, username, password, pathname, search } = new URL(url);
  if (search !== '')
    throw new ConnectionOptionsError('url: options behind ? are not taken here; the other fields of the configuration are');
  return {
    host: hostname.replace(/^\[|\]$/gu, ''),
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    ...own,
  };
}

function tlsOptions({ ca, cert, key, serverName }: RedisTlsConfig, read: (path: string) => string): NonNullable<RedisOptions['tls']> {
  if ((cert === undefined) !== (key === undefined))
    throw new ConnectionOptionsError('tls: cert and key belong together; one of them is missing');
  return {
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(cert === undefined || key === undefined ? {} : { cert: read(cert), key: read(key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function checkShape(value: unknown, shape: Rule, place: string): void {
  const wrong = (must: string): ConnectionOptionsError =>
    new ConnectionOptionsError(`${place === '' ? 'the Redis configuration' : place} must be ${must}`);
  if (typeof shape !== 'string') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object');
    for (const [name, inner] of Object.entries(value)) {
      const rule = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (rule === undefined)
        throw new ConnectionOptionsError(
          `${place === '' ? '' : `${place}.`}${name} is no field of the Redis configuration; there are ${Object.keys(shape).join(', ')}`,
        );
      checkShape(inner, rule, place === '' ? name : `${place}.${name}`);
    }
    if ('nodes' in shape && !('nodes' in value)) throw new ConnectionOptionsError(`${place}.nodes is missing`);
    if ('name' in shape && 'nodes' in shape && !('name' in value)) throw new ConnectionOptionsError(`${place}.name is missing`);
    return;
  }
  const isWhole = (least: number, most: number): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
  if (shape === 'text' && (typeof value !== 'string' || value === '')) throw wrong('a text that is not empty');
  if (shape === 'port' && !isWhole(1, 65_535)) throw wrong('a port from 1 to 65535');
  if (shape === 'database' && !isWhole(0, 65_535)) throw wrong('a whole number from 0 to 65535');
  if (shape === 'role' && value !== 'primary' && value !== 'replica') throw wrong('"primary" or "replica"');
  if (shape !== 'nodes') return;
  if (!Array.isArray(value) || value.length === 0) throw wrong('a list of at least one { "host": ..., "port": ... }');
  for (const [index, node] of value.entries()) {
    checkShape(node, { host: 'text', port: 'port' }, `${place}[${index}]`);
    if (!('host' in (node as object))) throw new ConnectionOptionsError(`${place}[${index}].host is missing`);
  }
}
