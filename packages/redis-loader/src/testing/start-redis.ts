import { RedisLoaderError } from '../errors.ts';
import { findRedisServer, startRedisServer } from './redis-server-process.ts';
import { startRespServer } from './resp/resp-server.ts';
import type { TestRedis } from './test-redis.ts';

export interface StartRedisOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** 'auto': redis-server if one is on the PATH, else the server of this package. Default 'auto'. */
  readonly kind?: 'auto' | 'redis-server' | 'resp-server';
}

/**
 * A private Redis on loopback, empty, for development and tests. It ends with this process, however that ends, and leaves no file.
 *
 * @throws RedisLoaderError (TestRedis): the port is busy, or 'redis-server' was asked for and none is on the PATH.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<TestRedis> {
  const kind = options.kind ?? 'auto';
  const port = options.port === undefined ? {} : { port: options.port };
  const binary = kind === 'resp-server' ? undefined : findRedisServer();
  if (binary !== undefined) return startRedisServer({ binary, ...port });
  if (kind === 'redis-server')
    throw new RedisLoaderError(
      'TestRedis',
      'no redis-server is on the PATH; install one (Debian: apt-get install redis-server), or take the kind "resp-server"',
    );
  return startRespServer(port);
}
