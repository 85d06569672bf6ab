import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ClosedError,
  createValuePublisher,
  isPublishRefused,
  readEnvelope,
  RedisFailedError,
  UnreplicatedError,
  type PublishItem,
  type PublishRefusedError,
  type ValuePublisher,
  type ValuePublisherOptions,
} from '../index.ts';
import { findRedisServer, startRedis, startRespServer, type RespServer, type TestRedis } from '../testing/index.ts';

const kinds = ['resp-server', ...(findRedisServer() === undefined ? [] : ['redis-server'])] as const;
const item: PublishItem = { namespace: 'n', app: 'a', model: 'm', version: 'v-1', payload: { title: 'one' } };
const reasonOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => (isPublishRefused(error) ? error.reason : String(error)),
  );

let server: TestRedis;
let client: Redis;
const publishers: ValuePublisher[] = [];
const make = (options: Partial<ValuePublisherOptions> = {}): ValuePublisher => {
  const publisher = createValuePublisher({ redis: server.url, ...options });
  publishers.push(publisher);
  return publisher;
};
const envelope = async (key = 'a_m'): Promise<ReturnType<typeof readEnvelope>> => {
  const text = (await client.get(key)) ?? 'null';
  return readEnvelope(text, JSON.parse(text));
};
const attach = (): void => {
  client = new Redis({ host: server.host, port: server.port, commandTimeout: 5_000, replyMapping: 'legacy' });
  client.on('error', () => {}); // Stopped on purpose in some tests.
};
afterEach(async () => {
  for (const publisher of publishers.splice(0)) await publisher.close();
  client.disconnect();
  await server.close();
});

describe.each(kinds)('on a %s', (kind) => {
  beforeEach(async () => {
    server = await startRedis({ kind: kind as 'resp-server' | 'redis-server' });
    attach();
  });

  test('a value is written in its envelope; the same again writes nothing', async () => {
    const publisher = make();
    const receipt = await publisher.publish(item);
    expect(receipt).toMatchObject({ key: 'a_m', outcome: 'written', number: 1, replicas: 0 });
    expect(await envelope()).toEqual({
      namespace: 'n',
      app: 'a',
      model: 'm',
      version: 'v-1',
      number: 1,
      digest: receipt.digest,
      payload: { title: 'one' },
    });
    expect(await publisher.publish(item)).toEqual({ ...receipt, outcome: 'unchanged' });
    expect(publisher.counters).toMatchObject({ written: 1, unchanged: 1 });
  });

  test('the number grows with each version, also when an older version comes back', async () => {
    const publisher = make();
    await publisher.publish(item);
    await publisher.publish({ ...item, version: 'v-2', payload: 2 });
    expect(await publisher.publish(item)).toMatchObject({ outcome: 'written', number: 3 });
    expect(await envelope()).toMatchObject({ version: 'v-1', number: 3 });
  });

  test('a version that stands there with other content is refused', async () => {
    const publisher = make();
    await publisher.publish(item);
    expect(await reasonOf(publisher.publish({ ...item, payload: 'other' }))).toBe('same-version-other-content');
    expect(await envelope()).toMatchObject({ payload: { title: 'one' } });
  });

  test('a number that is not larger than the stored one is refused', async () => {
    const publisher = make();
    await publisher.publish({ ...item, number: 10 });
    for (const number of [1, 9, 10]) expect(await reasonOf(publisher.publish({ ...item, version: 'v-2', number }))).toBe('smaller-number');
    expect(await publisher.publish({ ...item, version: 'v-2', number: 11 })).toMatchObject({ number: 11 });
  });

  test('a value without an envelope is refused, and replaced only if it is adopted', async () => {
    const publisher = make();
    for (const value of ['{"their":"own"}', 'no JSON', Buffer.from([255, 0])]) {
      await client.set('a_m', value);
      expect(await reasonOf(publisher.publish(item))).toBe('unverified');
      expect(await client.getBuffer('a_m')).toEqual(Buffer.from(value));
    }
    expect(await publisher.publish({ ...item, adopt: true })).toMatchObject({ outcome: 'written', number: 1 });
  });

  test('the value of another namespace, app or model is refused, adopted or not', async () => {
    const publisher = make();
    await publisher.publish(item);
    for (const other of [{ namespace: 'o' }, { app: 'o' }, { model: 'o' }]) {
      expect(await reasonOf(publisher.publish({ ...item, ...other, key: 'a_m', version: 'v-2', adopt: true }))).toBe('foreign');
    }
    await expect(publisher.publish({ ...item, namespace: 'o' })).rejects.toThrow(
      /belongs to model "m" of app "a" in namespace "n"; a key template with \{namespace\}/,
    );
  });

  test('of writers at the same time one wins each round and none writes over what it did not see', async () => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => make().publish({ ...item, version: `v-${i}`, payload: i })));
    const written = all.filter((result) => result.status === 'fulfilled');
    const refused = all.flatMap((result) => (result.status === 'rejected' ? [(result.reason as PublishRefusedError).reason] : []));
    expect(written.length).toBeGreaterThan(0);
    expect(refused.every((reason) => reason === 'smaller-number')).toBe(true);
    expect((await envelope())?.number).toBe(written.length);
  });

  test('compare-and-delete removes exactly what was seen', async () => {
    const publisher = make();
    await publisher.publish(item);
    const seen = await publisher.inspect('a_m');
    expect(seen).toMatchObject({ kind: 'envelope', envelope: { version: 'v-1' } });
    await publisher.publish({ ...item, version: 'v-2', payload: 2 });
    expect(await publisher.compareAndDelete('a_m', seen.fingerprint)).toBe('other');
    const now = await publisher.inspect('a_m');
    expect(await publisher.compareAndDelete('a_m', now.bytes)).toBe('deleted');
    expect(await publisher.compareAndDelete('a_m', now.fingerprint)).toBe('absent');
    expect(await publisher.inspect('a_m')).toMatchObject({ kind: 'absent', fingerprint: '' });
  });

  test('bytes that are no text are compared as bytes', async () => {
    const publisher = make();
    const bytes = new Uint8Array([255, 254, 0, 13, 10]);
    await client.set('k', Buffer.from(bytes));
    expect(await publisher.inspect('k')).toMatchObject({ kind: 'unverified' });
    expect(await publisher.compareAndDelete('k', new Uint8Array([255, 254, 0, 13]))).toBe('other');
    expect(await publisher.compareAndDelete('k', bytes)).toBe('deleted');
  });

  test('a key of another type is told, not overwritten', async () => {
    await client.rpush('a_m', 'x');
    const error = await make()
      .publish({ ...item, adopt: true })
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(RedisFailedError);
    expect(error).toMatchObject({ kind: 'wrong-type', code: 'RedisFailed' });
    expect(await client.type('a_m')).toBe('list');
  });

  test('a write that too few replicas confirm is an error that says so; the value is written', async () => {
    const publisher = make({ replicas: 1, replicaTimeoutMs: 20 });
    for (const _ of ['written', 'unchanged']) {
      const error = await publisher.publish(item).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(UnreplicatedError);
      expect(error).toMatchObject({ wanted: 1, confirmed: 0, code: 'Unreplicated' });
    }
    expect(await envelope()).toMatchObject({ version: 'v-1', number: 1 });
  });

  test('where Redis goes away while it is written to nobody waits for it, and publishing again is safe whether the write came through or not', async () => {
    const publisher = make({ commandTimeoutMs: 60_000 });
    await publisher.publish(item);
    server.pause();
    const first = publisher.publish({ ...item, version: 'v-2' }).catch((failure: unknown) => failure);
    await server.stop();
    const result = await first;
    if (result instanceof Error) expect(result).toMatchObject({ code: 'RedisFailed', kind: 'away' });
    await server.start();
    expect(await publisher.publish({ ...item, version: 'v-2' })).toMatchObject({ number: 2 });
    expect(await envelope()).toMatchObject({ version: 'v-2', number: 2 });
  });

  test('names and keys of any kind', async () => {
    const publisher = make({ keyTemplate: '{namespace}/{app}_{model}', keyEncoding: 'injective' });
    for (const model of ['__proto__', 'constructor', 'n'.repeat(253), 'größe 模型', 'a/b']) {
      const { key } = await publisher.publish({ ...item, model });
      expect(key).toBe(publisher.keyOf({ ...item, model }));
      expect(await envelope(key)).toMatchObject({ model });
    }
  });
});

describe('what is given', () => {
  beforeEach(async () => {
    server = await startRespServer();
    attach();
  });

  test.each<[string, Partial<Record<keyof PublishItem, unknown>>]>([
    ['the namespace of the value to publish is undefined', { namespace: undefined }],
    ['the version of the value to publish is 1', { version: 1 }],
    ['holds NaN at "limit", which JSON cannot hold', { payload: { limit: Number.NaN } }],
    ['holds a Map at "m", which JSON cannot hold', { payload: { m: new Map([[1, 2]]) } }],
    ['holds undefined at "0", which JSON cannot hold', { payload: [undefined] }],
    ['holds half of a surrogate pair', { key: '\ud800' }],
    ['the key is 5; it must be a string', { key: 5 }],
  ])('a value that would be written as something else is refused by name: %s', async (message, wrong) => {
    await expect(make().publish({ ...item, ...wrong } as PublishItem)).rejects.toThrow(message);
    expect(await client.dbsize()).toBe(0);
  });

  test('what is written is what was given at the call, whatever its owner does with it meanwhile', async () => {
    const payload = { title: 'one' };
    const publishing = make().publish({ ...item, payload });
    payload.title = 'two';
    const { digest } = await publishing;
    expect(await envelope()).toMatchObject({ digest, payload: { title: 'one' } });
  });

  test('a stored number below 0 is followed by 1, and the largest one is told with the way out', async () => {
    const publisher = make({ versions: false });
    await publisher.publish({ ...item, number: 5 });
    await client.set('a_m', ((await client.get('a_m')) as string).replace('"number":5', '"number":-5'));
    expect(await publisher.publish({ ...item, version: 'v-2' })).toMatchObject({ number: 1 });
    await publisher.publish({ ...item, version: 'v-3', number: Number.MAX_SAFE_INTEGER });
    await expect(publisher.publish({ ...item, version: 'v-4' })).rejects.toThrow(/remove it with compareAndDelete and publish again/);
  });

  test('compareAndDelete refuses a text that is no fingerprint, and options of a publisher are checked', async () => {
    await expect(make().compareAndDelete('a_m', 'the value itself')).rejects.toMatchObject({ code: 'BadInput' });
    for (const replicas of [Number.NaN, -1, 1.5]) expect(() => make({ replicas })).toThrow(/replicas is/);
  });

  test('the query of a URL changes nothing that this package promises: the deadline, one sending, the name', async () => {
    const publisher = make({
      redis: `${server.url}?commandTimeout=60000&autoResendUnfulfilledCommands=true&connectionName=other`,
      commandTimeoutMs: 300,
    });
    await publisher.ping();
    expect(await client.client('LIST')).not.toContain('name=other');
    (server as RespServer).intercept(({ name }) => (name === 'ping' ? 'hang' : undefined));
    await expect(publisher.ping()).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('with faults', () => {
  let resp: RespServer;
  beforeEach(async () => {
    resp = await startRespServer();
    server = resp;
    attach();
  });

  test('a write that was not answered is not sent again: what others wrote meanwhile stays', async () => {
    const slow = make();
    await slow.publish(item);
    const arrived = Promise.withResolvers<void>();
    resp.intercept(({ name, client: who }) => {
      if (name !== 'eval' || who !== 'kubecast-publisher') return undefined;
      arrived.resolve();
      return 'hang';
    });
    // The deadline passes once the command has arrived, however long that takes.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const late = slow.publish({ ...item, version: 'v-2', payload: 'late' }).catch((error: unknown) => error);
      await arrived.promise;
      vi.advanceTimersByTime(5_000);
      expect(await late).toMatchObject({ kind: 'timeout' });
    } finally {
      vi.useRealTimers();
    }
    resp.intercept(undefined);
    await make().publish({ ...item, version: 'v-3', payload: 'newer' });
    const sent: string[] = [];
    resp.intercept(({ name }) => (sent.push(name), undefined));
    await slow.ping();
    expect(sent).not.toContain('eval');
    expect(await envelope()).toMatchObject({ version: 'v-3' });
    expect(await reasonOf(slow.publish({ ...item, version: 'v-2', payload: 'late', number: 2 }))).toBe('smaller-number');
  });

  test('a write whose answer was lost is found to be there already', async () => {
    const publisher = make();
    let cut = false;
    resp.intercept(({ name, args }) => {
      if (name !== 'eval' || cut) return undefined;
      cut = true;
      // As if the script had run and the connection had gone before its answer.
      const keys = Number(args[1]);
      resp.database(0).set(Buffer.from(args[2] as string), { type: 'string', value: Buffer.from((args[2 + 2 * keys] as string).slice(1)) });
      return 'cut';
    });
    await expect(publisher.publish(item)).rejects.toMatchObject({ kind: 'away' });
    expect(await publisher.publish(item)).toMatchObject({ outcome: 'unchanged', number: 1 });
  });

  test('who is overtaken between the look and the write is refused; it does not take the next number', async () => {
    const publisher = make();
    await publisher.publish(item);
    resp.intercept(({ name, client: who }) => {
      if (name === 'eval' && who === 'kubecast-publisher') {
        resp.intercept(undefined);
        resp.database(0).set(Buffer.from('a_m'), { type: 'string', value: Buffer.from(overtaking) });
      }
      return undefined;
    });
    const other = make({ connectionName: 'other', keyTemplate: 'copy:{app}_{model}' });
    await other.publish(item);
    await other.publish({ ...item, version: 'v-9', payload: 9 });
    const overtaking = (await client.get('copy:a_m')) as string;
    expect(await reasonOf(publisher.publish({ ...item, version: 'v-2', payload: 2 }))).toBe('smaller-number');
    expect(await envelope()).toMatchObject({ version: 'v-9', number: 2 });
  });

  test('where others never stop writing it gives up and says so', async () => {
    const publisher = make();
    let n = 0;
    resp.intercept(({ name }) => {
      if (name === 'eval') resp.database(0).set(Buffer.from('a_m'), { type: 'string', value: Buffer.from(`${(n += 1)}`) });
      return undefined;
    });
    expect(await reasonOf(publisher.publish({ ...item, adopt: true }))).toBe('contended');
  });

  test('replicas that confirm are counted', async () => {
    resp.setReplicas(2);
    const publisher = make({ replicas: 2 });
    expect(await publisher.publish(item)).toMatchObject({ outcome: 'written', replicas: 2 });
    expect(await publisher.publish(item)).toMatchObject({ outcome: 'unchanged', replicas: 2 });
  });

  test.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'unwritable'],
    ['MISCONF Redis is configured to save RDB snapshots', 'unwritable'],
    ["READONLY You can't write against a read only replica.", 'elsewhere'],
    ["NOPERM this user has no permissions to run the 'eval' command", 'refused'],
  ])('a refusal is told as what it is: %s', async (error, kind) => {
    resp.intercept(({ name }) => (name === 'eval' ? { error } : undefined));
    await expect(make().publish(item)).rejects.toMatchObject({
      code: 'RedisFailed',
      kind,
      message: expect.stringContaining(error.slice(0, 30)) as string,
    });
  });

  test('no error holds the value that was to be written, nor its arguments', async () => {
    resp.intercept(({ name }) => (name === 'eval' ? { error: 'ERR something' } : undefined));
    const error = (await make()
      .publish({ ...item, payload: 'hunter2' })
      .catch((failure: unknown) => failure)) as Error;
    const cause = error.cause as Error;
    expect([error.message, error.stack, cause.message, cause.stack, JSON.stringify(error), JSON.stringify(cause)].join()).not.toContain(
      'hunter2',
    );
    expect(Object.keys(cause)).not.toContain('command');
  });

  test('a signal ends a wait; closing ends everything and is said', async () => {
    const publisher = make();
    resp.intercept(({ name }) => (name === 'get' ? 'hang' : undefined));
    const controller = new AbortController();
    const aborted = publisher.inspect('k', controller.signal);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await publisher.close();
    await expect(publisher.publish(item)).rejects.toBeInstanceOf(ClosedError);
  });

  test('where there is no Redis the reason is told within the deadline', async () => {
    await server.stop();
    const error = (await make({ commandTimeoutMs: 200 })
      .publish(item)
      .catch((failure: unknown) => failure)) as Error;
    expect(error.message).toMatch(
      /^publishing model "m" of app "a" in namespace "n" version "v-1": Redis is not connected: connect ECONNREFUSED/,
    );
  });
});
