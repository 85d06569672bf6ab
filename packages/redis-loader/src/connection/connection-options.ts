import { Cluster, Redis, type ClusterNode, type ClusterOptions, type RedisOptions } from 'ioredis';
import { ConnectionOptionsError } from '../errors.ts';

/** A cluster: nodes to start from, and ioredis's options. */
export interface ClusterConnection {
  readonly cluster: { readonly nodes: readonly ClusterNode[]; readonly options?: ClusterOptions };
}

/**
 * Where Redis is: a URL (redis:, rediss:), ioredis's options (Sentinel too), a cluster, or a client that the application has already.
 * Of a client only its settings are taken: a connection of our own is made, so that ours has a deadline for every command and the
 * application's is left as it is.
 */
export type RedisTarget = string | RedisOptions | ClusterConnection | Redis | Cluster;

/** What every connection of this package has, whatever else was given. */
export interface ConnectionRules {
  readonly commandTimeoutMs: number;
  readonly connectionName: string;
}

/** A client that was made for us: not connected yet, with a deadline for every command, and never sending a command twice. */
export type RedisClient = Redis | Cluster;

/** The shapes of replies are told by a type of the options. */
type OwnOptions = RedisOptions & { replyMapping: 'legacy' };
type OwnClusterOptions = Omit<ClusterOptions, 'redisOptions'> & {
  redisOptions: NonNullable<ClusterOptions['redisOptions']> & { replyMapping: 'legacy' };
};

const isClient = (target: object): target is Redis | Cluster => 'duplicate' in target && typeof target.duplicate === 'function';
const isCluster = (target: object): target is ClusterConnection => 'cluster' in target;

/** Checks without connecting. @throws ConnectionOptionsError */
export function checkTarget(target: RedisTarget): void {
  if (typeof target !== 'string') {
    if (typeof target !== 'object' || target === null || Array.isArray(target))
      throw new ConnectionOptionsError('redis must be a URL, options of ioredis, { cluster }, or a client of ioredis');
    if (isClient(target)) return;
    if (isCluster(target)) {
      const nodes: unknown = target.cluster?.nodes;
      if (!Array.isArray(nodes) || nodes.length === 0)
        throw new ConnectionOptionsError('redis.cluster.nodes must be a list of at least one node');
      return;
    }
    for (const option of ['port', 'db'] as const) {
      const value = target[option];
      if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0 && value < 65_536))
        throw new ConnectionOptionsError(`redis.${option} must be a whole number from 0 to 65,535`);
    }
    return;
  }
  let url: URL;
  try {
    url = new URL(target);
  } catch {
    throw new ConnectionOptionsError(
      'the Redis URL cannot be read; write redis://host:6379 or rediss://user:password@host:6380/0, with #, / and @ in a password percent-encoded',
    );
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new ConnectionOptionsError(`the Redis URL starts with ${url.protocol}, must be redis: or rediss:`);
  }
  for (const db of [url.pathname.replace(/^\//u, ''), url.searchParams.get('db') ?? ''])
    if (!/^\d{0,5}$/u.test(db))
      throw new ConnectionOptionsError('the database of the Redis URL must be a number, as in redis://host:6379/0');
}

/** Whether the keys of a target lie on several servers. */
export function isClusterTarget(target: RedisTarget): boolean {
  if (typeof target === 'string') return false;
  return isClient(target) ? target instanceof Cluster || 'startupNodes' in target : isCluster(target);
}

/** Makes a client; it connects at `connect()`. `more`: of one connection only. */
export function makeClient(
  target: RedisTarget,
  rules: ConnectionRules,
  more: Pick<RedisOptions, 'protocol' | 'autoResubscribe'> = {},
): RedisClient {
  checkTarget(target);
  const own: OwnOptions = {
    ...more,
    lazyConnect: true,
    replyMapping: 'legacy',
    // It alone settles every promise: a command in flight while the handshake hangs, or after disconnect(), else waits for ever.
    commandTimeout: rules.commandTimeoutMs,
    // A command that timed out would be sent again after a reconnect, and a write land over a newer one.
    autoResendUnfulfilledCommands: false,
    // What waits when a connection is lost or cannot be made fails then and there, its timer too, instead of holding on to the deadline.
    maxRetriesPerRequest: 0,
    // A pipeline with a moved key reads false nils.
    enableAutoPipelining: false,
    connectionName: rules.connectionName,
    // A client that is ended while it reconnects holds the process for as long.
    disconnectTimeout: 200,
    retryStrategy: (times) => Math.min(1000, 50 * 2 ** Math.min(times - 1, 10)) * (0.5 + Math.random() / 2),
  };
  if (typeof target === 'string') return new Redis(withoutOptions(target, Object.keys(own)), own);
  if (isClient(target)) {
    return target instanceof Cluster || 'startupNodes' in target
      ? (target as Cluster).duplicate([], clusterOptions((target as Cluster).options, own))
      : (target as Redis).duplicate(own);
  }
  if (isCluster(target)) return new Cluster([...target.cluster.nodes], clusterOptions(target.cluster.options ?? {}, own));
  // Without the detector a client stays with a primary that Sentinel has replaced.
  const sentinel: RedisOptions = target.sentinels ? { failoverDetector: true } : {};
  const name: RedisOptions = target.connectionName === undefined ? {} : { connectionName: target.connectionName };
  const options: OwnOptions = { ...sentinel, ...target, ...own, ...name, replyMapping: 'legacy' };
  return new Redis(options);
}

/** ioredis takes options from a URL's query, and prefers them: those that the promises of this package rest on are taken out. */
function withoutOptions(target: string, names: readonly string[]): string {
  const url = new URL(target);
  const found = names.filter((name) => url.searchParams.has(name));
  for (const name of found) url.searchParams.delete(name);
  return found.length === 0 ? target : url.href;
}

function clusterOptions(given: ClusterOptions, own: OwnOptions): OwnClusterOptions {
  const { retryStrategy: _, lazyConnect: _lazy, maxRetriesPerRequest: _retries, ...node } = own;
  return {
    slotsRefreshInterval: 5_000,
    ...given,
    lazyConnect: true,
    enableAutoPipelining: false,
    redisOptions: { ...given.redisOptions, ...node },
  };
}

/** What the client of a target puts before every key. */
export function keyPrefixOf(target: RedisTarget): string {
  if (typeof target === 'string') return new URL(target).searchParams.get('keyPrefix') ?? '';
  const options = isClient(target) ? target.options : isCluster(target) ? target.cluster.options : target;
  return options?.keyPrefix ?? '';
}
