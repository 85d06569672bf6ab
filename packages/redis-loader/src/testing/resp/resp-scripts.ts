import { swapScript } from '../../publisher/scripts.ts';
import { sha1Hex } from '../../values/sha256.ts';
import { Refusal, type Reply } from './resp-reply.ts';
import type { RespSession, RespWorld } from './resp-session.ts';

type Twin = (session: RespSession, world: RespWorld, keys: readonly Buffer[], args: readonly Buffer[]) => Reply;

/** Each of the package's scripts, by SHA-1, as TypeScript that does the same. */
const twins: ReadonlyMap<string, Twin> = new Map<string, Twin>([[swapScript.sha1, swap]]);

function swap(session: RespSession, world: RespWorld, keys: readonly Buffer[], args: readonly Buffer[]): Reply {
  const first = read(session, world, keys[0] ?? Buffer.alloc(0));
  if (first instanceof Refusal) return first;
  for (const [index, key] of keys.entries()) {
    const expected = args[index]?.toString('latin1');
    if (expected === '*') continue;
    const stored = index === 0 && first !== undefined ? first : read(session, world, key);
    if (stored instanceof Refusal) return stored;
    if ((stored === undefined ? '' : sha1Hex(stored)) !== expected) return 0;
  }
  const acts = keys.map((key, index) => ({ key, act: args[keys.length + index] ?? Buffer.alloc(0) }));
  const set = (key: Buffer, value: Buffer): void => {
    world.scriptRan(session, [Buffer.from('SET'), key, value]);
    world.database(session.db).set(key, { type: 'string', value });
  };
  for (const { key, act } of acts) {
    const kind = String.fromCharCode(act[0] ?? 0);
    if (kind === '+') set(key, act.subarray(1));
    else if (kind === '^') set(key, (args[keys.length] ?? Buffer.alloc(1)).subarray(1));
    else if (kind === '<' && first !== undefined) set(key, first);
  }
  for (const { key, act } of acts) {
    if (act.toString('latin1') !== '-') continue;
    world.scriptRan(session, [Buffer.from('DEL'), key]);
    world.database(session.db).delete(key);
  }
  return 1;
}

function read(session: RespSession, world: RespWorld, key: Buffer): Buffer | undefined | Refusal {
  world.scriptRan(session, [Buffer.from('GET'), key]);
  const stored = world.database(session.db).get(key);
  if (stored === undefined || stored.type === 'string') return stored?.value;
  return new Refusal('WRONGTYPE Operation against a key holding the wrong kind of value script: twin, on @user_script:1.');
}

/** EVAL and EVALSHA. Only the scripts of this package are known; any other is answered with an error. */
export function runScript(session: RespSession, world: RespWorld, sha1: string, rest: readonly Buffer[]): Reply {
  const count = Number(rest[0]?.toString('latin1'));
  if (!Number.isInteger(count)) return new Refusal('ERR value is not an integer or out of range');
  if (count < 0) return new Refusal("ERR Number of keys can't be negative");
  if (count > rest.length - 1) return new Refusal("ERR Number of keys can't be greater than number of args");
  const twin = twins.get(sha1);
  if (twin === undefined)
    return new Refusal(`ERR this test server runs only the scripts of @kubecast/redis-loader; ${sha1} is none of them`);
  return twin(session, world, rest.slice(1, 1 + count), rest.slice(1 + count));
}

export const isKnownScript = (sha1: string): boolean => twins.has(sha1);
