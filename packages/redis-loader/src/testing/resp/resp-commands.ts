import { sha1Hex } from '../../values/sha256.ts';
import { matchesGlob } from './glob.ts';
import { clientCommand, hello, info } from './resp-connection-commands.ts';
import type { Stored } from './resp-database.ts';
import { OK, Refusal, Status, type Reply } from './resp-reply.ts';
import { isKnownScript, runScript } from './resp-scripts.ts';
import type { RespSession, RespWorld } from './resp-session.ts';

/** A command's body. `args` are without its name. */
export type CommandBody = (session: RespSession, world: RespWorld, args: readonly Buffer[]) => Reply;

interface Command {
  /** Arguments without the name: as many, or at least -n. */
  readonly arity: number;
  readonly run: CommandBody;
}

const WRONG_TYPE = new Refusal('WRONGTYPE Operation against a key holding the wrong kind of value');
const SYNTAX = new Refusal('ERR syntax error');
const NOT_INTEGER = new Refusal('ERR value is not an integer or out of range');
const text = (buffer: Buffer | undefined): string => buffer?.toString('latin1') ?? '';
const none = Buffer.alloc(0);

const stored = (session: RespSession, world: RespWorld, key: Buffer | undefined): Stored | undefined =>
  world.database(session.db).get(key ?? none);

function set(session: RespSession, world: RespWorld, [key = none, value = none, ...options]: readonly Buffer[]): Reply {
  const database = world.database(session.db);
  const before = database.get(key);
  let expiresAt: number | undefined;
  let condition = '';
  let get = false;
  for (let i = 0; i < options.length; i += 1) {
    const option = text(options[i]).toUpperCase();
    if (option === 'NX' || option === 'XX') condition = option;
    else if (option === 'GET') get = true;
    else if (option === 'KEEPTTL') expiresAt = before?.expiresAt;
    else if (option === 'EX' || option === 'PX') {
      const amount = Number(text(options[(i += 1)]));
      if (!Number.isInteger(amount)) return NOT_INTEGER;
      if (amount <= 0) return new Refusal("ERR invalid expire time in 'set' command");
      expiresAt = world.now() + amount * (option === 'EX' ? 1000 : 1);
    } else return SYNTAX;
  }
  if (get && before !== undefined && before.type !== 'string') return WRONG_TYPE;
  const old = get ? ((before?.value as Buffer | undefined) ?? null) : null;
  if ((condition === 'NX' && before !== undefined) || (condition === 'XX' && before === undefined)) return get ? old : null;
  database.set(key, { type: 'string', value, ...(expiresAt === undefined ? {} : { expiresAt }) });
  return get ? old : OK;
}

function remove(session: RespSession, world: RespWorld, keys: readonly Buffer[]): Reply {
  return keys.filter((key) => world.database(session.db).delete(key)).length;
}

function expire(unit: number): CommandBody {
  return (session, world, [key = none, amount]) => {
    const value = Number(text(amount));
    if (!Number.isInteger(value)) return NOT_INTEGER;
    const before = stored(session, world, key);
    if (before === undefined) return 0;
    world.database(session.db).set(key, { ...before, expiresAt: world.now() + value * unit });
    return 1;
  };
}

function timeToLive(unit: number): CommandBody {
  return (session, world, [key]) => {
    const before = stored(session, world, key);
    if (before === undefined) return -2;
    return before.expiresAt === undefined ? -1 : Math.round((before.expiresAt - world.now()) / unit);
  };
}

function scan(session: RespSession, world: RespWorld, [cursor, ...options]: readonly Buffer[]): Reply {
  let pattern = '*';
  let count = 10;
  for (let i = 0; i < options.length; i += 2) {
    const option = text(options[i]).toUpperCase();
    if (option === 'MATCH') pattern = text(options[i + 1]);
    else if (option === 'COUNT') count = Math.max(1, Number(text(options[i + 1])) || 1);
    else if (option !== 'TYPE') return SYNTAX;
  }
  const keys = world.database(session.db).keys();
  const from = Number(text(cursor));
  if (!Number.isInteger(from)) return new Refusal('ERR invalid cursor');
  const end = from + count;
  return [end >= keys.length ? '0' : String(end), keys.slice(from, end).filter((key) => matchesGlob(pattern, text(key)))];
}

function push(session: RespSession, world: RespWorld, [key = none, ...values]: readonly Buffer[]): Reply {
  const before = stored(session, world, key);
  if (before !== undefined && before.type !== 'list') return WRONG_TYPE;
  const list = [...(before?.value ?? []), ...values];
  world.database(session.db).set(key, { type: 'list', value: list });
  return list.length;
}

function hashSet(session: RespSession, world: RespWorld, [key = none, ...pairs]: readonly Buffer[]): Reply {
  const before = stored(session, world, key);
  if (before !== undefined && before.type !== 'hash') return WRONG_TYPE;
  const hash = new Map(before?.value);
  const size = hash.size;
  for (let i = 0; i + 1 < pairs.length; i += 2) hash.set(text(pairs[i]), pairs[i + 1] as Buffer);
  world.database(session.db).set(key, { type: 'hash', value: hash });
  return hash.size - size;
}

function script(_session: RespSession, world: RespWorld, [name, ...rest]: readonly Buffer[]): Reply {
  const sub = text(name).toUpperCase();
  if (sub === 'FLUSH') return (world.loaded.clear(), OK);
  if (sub === 'EXISTS') return rest.map((sha) => (world.loaded.has(text(sha).toLowerCase()) ? 1 : 0));
  if (sub !== 'LOAD') return new Refusal(`ERR unknown subcommand '${text(name)}'. Try SCRIPT HELP.`);
  const sha1 = sha1Hex(rest[0] ?? none);
  if (!isKnownScript(sha1))
    return new Refusal(`ERR this test server runs only the scripts of @kubecast/redis-loader; ${sha1} is none of them`);
  world.loaded.add(sha1);
  return sha1;
}

const config = new Map([
  ['maxmemory', '0'],
  ['save', ''],
  ['appendonly', 'no'],
  ['databases', '16'],
]);

export const respCommands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['ping', { arity: -0, run: (_s, _w, [message]) => message ?? new Status('PONG') }],
  ['echo', { arity: 1, run: (_s, _w, [message]) => message ?? '' }],
  ['hello', { arity: -0, run: hello }],
  ['auth', { arity: -1, run: (session, world, args) => authenticate(session, world, args) }],
  ['client', { arity: -1, run: clientCommand }],
  ['info', { arity: -0, run: (_s, world) => info(world) }],
  ['role', { arity: 0, run: () => ['master', 0, []] }],
  ['time', { arity: 0, run: (_s, world) => [String(Math.floor(world.now() / 1000)), String((world.now() % 1000) * 1000)] }],
  ['command', { arity: -0, run: (_s, _w, [sub]) => (text(sub).toUpperCase() === 'COUNT' ? respCommands.size : []) }],
  [
    'config',
    {
      arity: -2,
      run: (_s, _w, [sub, name, value]) => {
        if (text(sub).toUpperCase() === 'GET') return [...config].filter(([key]) => matchesGlob(text(name), key)).flat();
        if (value !== undefined) config.set(text(name), text(value));
        return OK;
      },
    },
  ],
  [
    'select',
    {
      arity: 1,
      run: (session, _w, [index]) => {
        const db = Number(text(index));
        if (!Number.isInteger(db)) return new Refusal('ERR value is not an integer or out of range');
        if (db < 0 || db > 15) return new Refusal('ERR DB index is out of range');
        session.db = db;
        return OK;
      },
    },
  ],
  [
    'get',
    {
      arity: 1,
      run: (session, world, [key]) => {
        const found = stored(session, world, key);
        return found === undefined ? null : found.type === 'string' ? found.value : WRONG_TYPE;
      },
    },
  ],
  [
    'mget',
    {
      arity: -1,
      run: (session, world, keys) =>
        keys.map((key) => {
          const found = stored(session, world, key);
          return found?.type === 'string' ? found.value : null;
        }),
    },
  ],
  ['set', { arity: -2, run: set }],
  [
    'mset',
    {
      arity: -2,
      run: (session, world, args) => {
        if (args.length % 2 !== 0) return new Refusal("ERR wrong number of arguments for 'mset' command");
        for (let i = 0; i < args.length; i += 2)
          world.database(session.db).set(args[i] as Buffer, { type: 'string', value: args[i + 1] as Buffer });
        return OK;
      },
    },
  ],
  [
    'append',
    {
      arity: 2,
      run: (session, world, [key = none, more = none]) => {
        const before = stored(session, world, key);
        if (before !== undefined && before.type !== 'string') return WRONG_TYPE;
        const value = Buffer.concat([before?.value ?? none, more]);
        world.database(session.db).set(key, { ...before, type: 'string', value });
        return value.length;
      },
    },
  ],
  [
    'incr',
    {
      arity: 1,
      run: (session, world, [key = none]) => {
        const before = stored(session, world, key);
        if (before !== undefined && before.type !== 'string') return WRONG_TYPE;
        const value = Number(text(before?.value) || '0');
        if (!Number.isSafeInteger(value)) return NOT_INTEGER;
        world.database(session.db).set(key, { ...before, type: 'string', value: Buffer.from(String(value + 1)) });
        return value + 1;
      },
    },
  ],
  [
    'strlen',
    {
      arity: 1,
      run: (session, world, [key]) => {
        const found = stored(session, world, key);
        return found === undefined ? 0 : found.type === 'string' ? found.value.length : WRONG_TYPE;
      },
    },
  ],
  ['del', { arity: -1, run: remove }],
  ['unlink', { arity: -1, run: remove }],
  ['exists', { arity: -1, run: (session, world, keys) => keys.filter((key) => stored(session, world, key) !== undefined).length }],
  ['type', { arity: 1, run: (session, world, [key]) => new Status(stored(session, world, key)?.type ?? 'none') }],
  ['expire', { arity: 2, run: expire(1000) }],
  ['pexpire', { arity: 2, run: expire(1) }],
  ['ttl', { arity: 1, run: timeToLive(1000) }],
  ['pttl', { arity: 1, run: timeToLive(1) }],
  [
    'keys',
    {
      arity: 1,
      run: (session, world, [pattern]) =>
        world
          .database(session.db)
          .keys()
          .filter((key) => matchesGlob(text(pattern), text(key))),
    },
  ],
  ['scan', { arity: -1, run: scan }],
  ['dbsize', { arity: 0, run: (session, world) => world.database(session.db).keys().length }],
  ['flushall', { arity: -0, run: (_s, world) => (world.flushAll(), OK) }],
  ['flushdb', { arity: -0, run: (session, world) => (world.database(session.db).clear(), OK) }],
  ['rpush', { arity: -2, run: push }],
  [
    'lrange',
    {
      arity: 3,
      run: (session, world, [key, from, to]) => {
        const found = stored(session, world, key);
        if (found !== undefined && found.type !== 'list') return WRONG_TYPE;
        const list = found?.value ?? [];
        const place = (index: Buffer | undefined): number =>
          Number(text(index)) < 0 ? list.length + Number(text(index)) : Number(text(index));
        return list.slice(Math.max(0, place(from)), place(to) + 1);
      },
    },
  ],
  ['hset', { arity: -3, run: hashSet }],
  [
    'eval',
    {
      arity: -2,
      run: (session, world, [lua = none, ...rest]) => {
        const sha1 = sha1Hex(lua);
        if (isKnownScript(sha1)) world.loaded.add(sha1);
        return runScript(session, world, sha1, rest);
      },
    },
  ],
  [
    'evalsha',
    {
      arity: -2,
      run: (session, world, [sha = none, ...rest]) => {
        const sha1 = text(sha).toLowerCase();
        return world.loaded.has(sha1)
          ? runScript(session, world, sha1, rest)
          : new Refusal('NOSCRIPT No matching script. Please use EVAL.');
      },
    },
  ],
  ['script', { arity: -1, run: script }],
  [
    'wait',
    { arity: 2, run: (_s, world, [, timeout]) => (Number(text(timeout)) < 0 ? new Refusal('ERR timeout is negative') : world.replicas) },
  ],
]);

/** AUTH password, or AUTH user password. */
function authenticate(session: RespSession, world: RespWorld, args: readonly Buffer[]): Reply {
  const user = args.length > 1 ? text(args[0]) : 'default';
  const password = text(args.at(-1));
  if (world.password === undefined && args.length === 1) {
    return new Refusal(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    );
  }
  if (user !== 'default' || (world.password !== undefined && password !== world.password))
    return new Refusal('WRONGPASS invalid username-password pair or user is disabled.');
  session.authenticated = true;
  return OK;
}

/** Runs one command with the refusals that come before its body. */
export function runCommand(session: RespSession, world: RespWorld, command: readonly Buffer[]): Reply {
  const name = text(command[0]).toLowerCase();
  const args = command.slice(1);
  if (!session.authenticated && name !== 'auth' && name !== 'hello') return new Refusal('NOAUTH Authentication required.');
  const found = respCommands.get(name);
  if (found === undefined) {
    const shown = args
      .map((arg) => `'${text(arg)}' `)
      .join('')
      .slice(0, 128);
    return new Refusal(`ERR unknown command '${text(command[0]).slice(0, 128)}', with args beginning with: ${shown}`);
  }
  const isRight = Object.is(found.arity, -0) || (found.arity < 0 ? args.length >= -found.arity : args.length === found.arity);
  if (!isRight) return new Refusal(`ERR wrong number of arguments for '${name}' command`);
  return found.run(session, world, args);
}
