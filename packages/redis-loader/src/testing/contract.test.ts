import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { swapArguments, swapScript, type KeySwap } from '../publisher/scripts.ts';
import { sha1Hex } from '../values/sha256.ts';
import { findRedisServer, startRedis, type TestRedis } from './index.ts';

// What our own server answers is only worth something if the real one answers the same: every test here runs on both.
const kinds = ['resp-server', ...(findRedisServer() === undefined ? [] : ['redis-server'])] as const;

test('where a redis-server is to be had, the contract runs on it', () => {
  if (process.env['CI'] !== undefined) expect(kinds).toContain('redis-server');
  expect(kinds).toContain('resp-server');
});

describe.each(kinds)('on a %s', (kind) => {
  let server: TestRedis;
  const clients: Redis[] = [];
  const connect = (options: RedisOptions = {}): Redis => {
    const client = new Redis({
      host: server.host,
      port: server.port,
      commandTimeout: 5_000,
      retryStrategy: () => 20,
      ...options,
    } as RedisOptions & { replyMapping: 'legacy' });
    client.on('error', () => {}); // Cut on purpose in some tests.
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    server = await startRedis({ kind: kind as 'resp-server' | 'redis-server' });
  });
  beforeEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    const client = connect();
    await client.flushall();
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server.close();
  });
  const refusal = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error: Error) => error.message,
    );

  test.each([2, 3] as const)('protocol %i: values are bytes, and what is not there is null', async (protocol) => {
    const client = connect({ protocol });
    const bytes = Buffer.from([0, 255, 13, 10, 36, 34]);
    expect(await client.set('a', bytes)).toBe('OK');
    expect(await client.set('', '')).toBe('OK');
    expect(await client.mgetBuffer('a', 'none', '')).toEqual([bytes, null, Buffer.alloc(0)]);
    expect(await client.getBuffer('a')).toEqual(bytes);
    expect(await client.get('none')).toBeNull();
    expect(await client.exists('a', 'a', 'none')).toBe(2);
    expect(await client.del('a', 'none')).toBe(1);
  });

  test('SET takes NX, XX, GET and an expiry', async () => {
    const client = connect();
    expect(await client.set('k', '1', 'XX')).toBeNull();
    expect(await client.set('k', '1', 'NX')).toBe('OK');
    expect(await client.set('k', '2', 'NX')).toBeNull();
    expect(await client.set('k', '3', 'GET')).toBe('1');
    expect(await client.ttl('k')).toBe(-1);
    expect(await client.set('k', '4', 'EX', 100)).toBe('OK');
    expect(await client.ttl('k')).toBeGreaterThan(98);
    expect(await client.ttl('none')).toBe(-2);
    expect(await refusal(client.set('k', '1', 'EX', 0))).toBe("ERR invalid expire time in 'set' command");
    expect(await refusal(client.call('set', 'k', '1', 'FOO'))).toBe('ERR syntax error');
  });

  test('a key of another type is nil to MGET and a refusal to GET', async () => {
    const client = connect();
    await client.rpush('list', 'a', 'b');
    await client.hset('hash', 'f', 'v');
    expect(await client.mget('list', 'hash')).toEqual([null, null]);
    expect(await refusal(client.get('list'))).toBe('WRONGTYPE Operation against a key holding the wrong kind of value');
    expect(await client.type('list')).toBe('list');
    expect(await client.type('hash')).toBe('hash');
    expect(await client.type('none')).toBe('none');
    expect(await client.lrange('list', 0, -1)).toEqual(['a', 'b']);
    expect(await refusal(swap(client, { key: 'list', expected: '', change: { set: 'x' } }))).toMatch(/^WRONGTYPE /);
  });

  test('what is wrong with a command is told in the same words', async () => {
    const client = connect();
    expect(await refusal(client.call('mget'))).toBe("ERR wrong number of arguments for 'mget' command");
    expect(await refusal(client.call('get', 'a', 'b'))).toBe("ERR wrong number of arguments for 'get' command");
    expect(await refusal(client.call('nosuch', 'a', 'b'))).toBe("ERR unknown command 'nosuch', with args beginning with: 'a' 'b' ");
    expect(await refusal(client.select(99))).toBe('ERR DB index is out of range');
    expect(await refusal(client.wait(0, -1))).toBe('ERR timeout is negative');
    expect(await client.wait(0, 100)).toBe(0);
  });

  const swap = (client: Redis, ...swaps: readonly KeySwap[]): Promise<unknown> =>
    client.eval(swapScript.lua, swaps.length, ...swapArguments(swaps));

  test('the swapping script writes over exactly what was named, and removes exactly that', async () => {
    const client = connect();
    const replace = (expected: string, next: string): Promise<unknown> => swap(client, { key: 'k', expected, change: { set: next } });
    const remove = (expected: string): Promise<unknown> => swap(client, { key: 'k', expected, change: 'delete' });
    expect(await remove('')).toBe(1);
    expect(await replace(sha1Hex('x'), 'new')).toBe(0);
    expect(await client.exists('k')).toBe(0);
    expect(await replace('', 'one')).toBe(1);
    expect(await replace('', 'two')).toBe(0);
    expect(await replace(sha1Hex('one'), 'two')).toBe(1);
    expect(await client.get('k')).toBe('two');
    expect(await remove(sha1Hex('one'))).toBe(0);
    expect(await remove(sha1Hex('two'))).toBe(1);
    expect(await client.exists('k')).toBe(0);
    const bytes = Buffer.from([255, 0, 254]);
    await client.set('k', bytes);
    expect(await remove(sha1Hex(bytes))).toBe(1);
  });

  test('the swapping script changes all its keys or none', async () => {
    const client = connect();
    await client.mset('a', 'old', 'b', 'stays', 'c', 'goes');
    const all = (expectedB: string): Promise<unknown> =>
      swap(
        client,
        { key: 'a', expected: sha1Hex('old'), change: { set: 'new' } },
        { key: 'b', expected: sha1Hex(expectedB), change: 'keep' },
        { key: 'c', change: 'delete' },
        { key: 'copy', expected: '', change: 'as-first-set' },
        { key: 'before', change: 'first' },
      );
    expect(await all('something else')).toBe(0);
    expect(await client.mget('a', 'b', 'c', 'copy', 'before')).toEqual(['old', 'stays', 'goes', null, null]);
    expect(await all('stays')).toBe(1);
    expect(await client.mget('a', 'b', 'c', 'copy', 'before')).toEqual(['new', 'stays', null, 'new', 'old']);
  });

  test('a script is known by its SHA-1 once it was loaded or run', async () => {
    const client = connect();
    await client.script('FLUSH');
    const { lua, sha1 } = swapScript;
    expect(await refusal(client.evalsha(sha1, 1, 'k', '', '-'))).toBe('NOSCRIPT No matching script. Please use EVAL.');
    expect(await client.script('LOAD', lua)).toBe(sha1);
    expect(await client.script('EXISTS', sha1, sha1Hex('another'))).toEqual([1, 0]);
    expect(await client.evalsha(sha1, 1, 'k', '', '-')).toBe(1);
    expect(await refusal(client.eval(lua, 2, 'k'))).toBe("ERR Number of keys can't be greater than number of args");
  });

  test('a pipeline answers in its order, with errors in their places', async () => {
    const results = await connect().pipeline().set('a', '1').call('get').get('a').exec();
    expect(results?.map(([error, value]) => error?.message ?? value)).toEqual([
      'OK',
      "ERR wrong number of arguments for 'get' command",
      '1',
    ]);
  });

  test('MULTI runs its commands together', async () => {
    const client = connect();
    expect(await client.multi().set('a', '1').incr('a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    expect(await refusal(client.exec())).toBe('ERR EXEC without MULTI');
  });

  test('KEYS and SCAN find keys by pattern', async () => {
    const client = connect();
    await client.mset('app_a', '1', 'app_b', '2', 'other', '3', 'app[x]', '4');
    expect((await client.keys('app_?')).sort()).toEqual(['app_a', 'app_b']);
    expect((await client.keys('app[[_][xa]*')).sort()).toEqual(['app[x]', 'app_a']);
    expect(await client.keys('app\\[x\\]')).toEqual(['app[x]']);
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', 'app*', 'COUNT', 1);
      for (const key of keys) found.add(key);
      cursor = next;
    } while (cursor !== '0');
    expect([...found].sort()).toEqual(['app[x]', 'app_a', 'app_b']);
    expect(await client.dbsize()).toBe(4);
  });

  test('databases are apart', async () => {
    const client = connect({ db: 3 });
    await client.set('k', 'of 3');
    expect(await connect().get('k')).toBeNull();
    expect(await connect({ db: 3 }).get('k')).toBe('of 3');
  });

  test('connections are listed with their names and can be killed', async () => {
    const client = connect({ connectionName: 'victim' });
    const id = await client.client('ID');
    const list = String(await connect().client('LIST'));
    expect(list).toMatch(new RegExp(`id=${id} addr=127\\.0\\.0\\.1:\\d+ .*name=victim `));
    const closed = new Promise((resolve) => client.once('close', resolve));
    expect(await connect().client('KILL', 'ID', id)).toBe(1);
    await closed;
  });

  test('the commands that arrive can be watched, with the name of who sent them', async () => {
    const log = await server.watch();
    try {
      const client = connect({ connectionName: 'watched' });
      await client.set('a "quoted" key', Buffer.from([65, 200]));
      await client.mget('x', 'y');
      await client.eval(swapScript.lua, 1, 'k', 'z', '-');
      const seen = await log.read();
      expect(seen.map(({ name, client: who }) => `${who} ${name}`)).toEqual(['watched set', 'watched mget', 'watched eval']);
      expect(seen[1]?.args).toEqual(['x', 'y']);
      expect(seen[0]?.args[0]).toBe('a "quoted" key');
      expect(seen[2]?.args.slice(1)).toEqual(['1', 'k', 'z', '-']);
    } finally {
      log.close();
    }
  });

  test('stopped and started again it has its data and its port; clients find it again', async () => {
    const client = connect();
    await client.set('kept', 'yes');
    const { port } = server;
    const closed = new Promise((resolve) => client.once('close', resolve));
    await server.stop();
    await closed;
    const ready = new Promise((resolve) => client.once('ready', resolve));
    await server.start();
    await ready;
    expect(server.port).toBe(port);
    expect(await client.get('kept')).toBe('yes');
  });

  test('paused it answers nothing and cuts nothing; resumed it answers all', async () => {
    const client = connect();
    await client.set('k', 'v');
    let cut = false;
    client.on('close', () => (cut = true));
    server.pause();
    const impatient = connect({ commandTimeout: 100 });
    expect(await refusal(impatient.get('k'))).toBe('Command timed out');
    const answer = client.get('k');
    server.resume();
    expect(await answer).toBe('v');
    expect(cut).toBe(false);
  });

  test('a port that is taken is named', async () => {
    await expect(startRedis({ kind: kind as 'resp-server', port: server.port })).rejects.toThrow(
      new RegExp(`port ${server.port}|:${server.port}`),
    );
  });
});
