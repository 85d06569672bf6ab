import { sha1Hex } from '../values/sha256.ts';

/** A script that Redis runs. Its text never changes without its digest. */
export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

const script = (lua: string): RedisScript => ({ lua, sha1: sha1Hex(lua) });

/**
 * Writes ARGV[2] under KEYS[1] if what stands there has the SHA-1 ARGV[1] ('' for nothing). Gives 1, or 0 where something else stands.
 *
 * The publisher's rules are kept by the publisher, on the bytes that it read; this makes sure that exactly those bytes are replaced.
 * Lua's own JSON would lose numbers above 2^53, and a write that is late finds other bytes and does nothing.
 */
export const replaceScript: RedisScript = script(`local v = redis.call('GET', KEYS[1])
if (v and redis.sha1hex(v) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`);

/** Deletes KEYS[1] if what stands there has the SHA-1 ARGV[1]. Gives 1, 0 where something else stands, -1 where nothing does. */
export const deleteScript: RedisScript = script(`local v = redis.call('GET', KEYS[1])
if not v then return -1 end
if redis.sha1hex(v) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`);
