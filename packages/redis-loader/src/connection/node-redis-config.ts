import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConnectionOptionsError } from '../errors.ts';
import type { RedisTarget } from './connection-options.ts';
import { redisTargetOf } from './redis-config.ts';

/**
 * Reads a connection from a JSON file, see {@link RedisConfig}. Paths in it are relative to its folder; the files that it names are read now.
 *
 * @throws ConnectionOptionsError naming file and place
 */
export function readRedisConfig(path: string): RedisTarget {
  const text = readText(path);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The runtime's own message quotes the text.
    throw new ConnectionOptionsError(`${path}: is not JSON`);
  }
  try {
    return redisTargetOf(config, (named) => readText(resolve(dirname(path), named)));
  } catch (error) {
    if (!(error instanceof ConnectionOptionsError) || error.message.startsWith('/')) throw error;
    throw new ConnectionOptionsError(`${path}: ${error.message}`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`;
    throw new ConnectionOptionsError(`${path}: ${why}`);
  }
}
