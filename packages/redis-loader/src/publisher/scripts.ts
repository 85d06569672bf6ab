import { sha1Hex } from '../values/sha256.ts';

/** A Lua script and the SHA-1 of its text. */
export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

const script = (lua: string): RedisScript => ({ lua, sha1: sha1Hex(lua) });

/** What becomes of one key: left as it is, deleted, given the text, or what the script found under the first key. */
export type KeyChange = 'keep' | 'delete' | 'first' | { readonly set: string } | 'as-first-set';

/** One key of a swap. */
export interface KeySwap {
  readonly key: string;
  /** SHA-1 of the bytes that must stand there, '' for nothing; undefined: whatever stands there. */
  readonly expected?: string | undefined;
  readonly change: KeyChange;
}

/**
 * Changes KEYS all together if under each of them stands what is expected: ARGV[i] is the SHA-1 for KEYS[i] ('' for nothing, '*' for anything),
 * ARGV[#KEYS + i] what becomes of it: '=' nothing, '-' deleted, '<' what stood under KEYS[1], '^' the text that KEYS[1] gets, else '+' and the new
 * text. Gives 1, or 0 where something else stands and nothing was changed.
 *
 * The publisher decides on the bytes that it read; the script replaces exactly those bytes, so a late write changes nothing. It does not
 * parse a value: Lua's cjson loses numbers above 2^53. It deletes last: where Redis takes no writes, the first SET fails, and nothing is changed.
 */
export const swapScript: RedisScript = script(`local n = #KEYS
local first = redis.call('GET', KEYS[1])
for i = 1, n do
  local want = ARGV[i]
  if want ~= '*' then
    local v = i == 1 and first or redis.call('GET', KEYS[i])
    if (v and redis.sha1hex(v) or '') ~= want then return 0 end
  end
end
for i = 1, n do
  local act = ARGV[n + i]
  local kind = string.sub(act, 1, 1)
  if kind == '+' then redis.call('SET', KEYS[i], string.sub(act, 2))
  elseif kind == '^' then redis.call('SET', KEYS[i], string.sub(ARGV[n + 1], 2))
  elseif kind == '<' then redis.call('SET', KEYS[i], first) end
end
for i = 1, n do
  if ARGV[n + i] == '-' then redis.call('DEL', KEYS[i]) end
end
return 1`);

/** The arguments of the script for these keys, the first of which is the plain key. */
export function swapArguments(swaps: readonly KeySwap[]): readonly string[] {
  const acts = { keep: '=', delete: '-', first: '<', 'as-first-set': '^' } as const;
  return [
    ...swaps.map(({ key }) => key),
    ...swaps.map(({ expected }) => expected ?? '*'),
    ...swaps.map(({ change }) => (typeof change === 'string' ? acts[change] : `+${change.set}`)),
  ];
}
