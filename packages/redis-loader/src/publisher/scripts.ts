import { sha1Hex } from '../values/sha256.ts';

/** A Lua script and the SHA-1 of its text. */
export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

const script = (lua: string): RedisScript => ({ lua, sha1: sha1Hex(lua) });

/**
 * Writes ARGV[2] under KEYS[1] if what stands there has the SHA-1 ARGV[1] ('' for nothing). Gives 1, or 0 where something else stands.
 *
 * The publisher decides on the bytes that it read; the script replaces exactly those bytes, so a late write changes nothing. The script does not
 * parse the value: Lua's cjson loses numbers above 2^53.
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
