import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { type ConcurrentMapError, KeyError, MapOptionsError, MapValueError } from '../index.ts';
import { DurableClosedError, DurableHeldError, DurableMap, DurablePendingError, LevelMissingError } from './index.ts';
import { loadLevel } from './level-module.ts';
import { compareCodePoints } from './ordered-keys.ts';

const folders: string[] = [];

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'kubecast-durable-'));
  folders.push(made);
  return join(made, 'map');
}

afterEach(async () => {
  for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
});

test('what was flushed is there after a restart, with its version, and sequences go on from there', async () => {
  const place = await folder();
  const map = await DurableMap.open<{ readonly n: number }>(place);
  const a = map.set('a', { n: 1 });
  const b = map.set('b', { n: 2 });
  expect([a, b, map.sequence, map.durable, map.size]).toEqual([1, 2, 2, 0, 2]);
  await map.flushed(b);
  expect(map.durable).toBe(2);
  const gone = map.delete('b');
  expect(gone).toBe(3);
  await map.flushed();
  await map.close();
  const again = await DurableMap.open<{ readonly n: number }>(place);
  expect([again.sequence, again.durable, again.size, again.has('b')]).toEqual([3, 3, 1, false]);
  expect([again.entry('a')?.version, again.get('a')]).toEqual([a, { n: 1 }]);
  expect(again.get('a')).toBe(again.get('a'));
  expect(again.set('b', { n: 3 })).toBe(4);
  await again.close();
});

test('whatever is done, in whatever order, over restarts, the map equals a plain Map, and its walks are in the order of code points', async () => {
  const parts = ['', 'a', 'b', '/', '\0', '\ue000', '\u{1f600}', '\uffff', '__proto__', 'é'];
  const key = fc.array(fc.constantFrom(...parts), { maxLength: 3 }).map((some) => some.join(''));
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), key, value: fc.jsonValue() }),
    fc.record({ do: fc.constant('delete' as const), key }),
    fc.record({ do: fc.constant('compareAndSet' as const), key, value: fc.integer(), stale: fc.boolean() }),
    fc.record({ do: fc.constant('getOrInsert' as const), key, value: fc.integer() }),
    fc.record({ do: fc.constant('scan' as const), key }),
    fc.record({ do: fc.constant('flush' as const) }),
    fc.record({ do: fc.constant('restart' as const) }),
  );
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const place = await folder();
      let map = await DurableMap.open<unknown>(place);
      const model = new Map<string, unknown>();
      for (const each of steps) {
        if (each.do === 'flush') await map.flushed();
        else if (each.do === 'restart') {
          await map.close();
          map = await DurableMap.open<unknown>(place);
        } else if (each.do === 'scan') {
          const expected = [...model]
            .filter(([name]) => name.startsWith(each.key))
            .sort(([x], [y]) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
          expect([...map.scan(each.key)]).toEqual(expected);
        } else if (each.do === 'set') {
          const value = plain(each.value);
          expect(map.set(each.key, value)).toBe(map.sequence);
          model.set(each.key, value);
        } else if (each.do === 'delete') expect(map.delete(each.key) !== undefined).toBe(model.delete(each.key));
        else if (each.do === 'getOrInsert') {
          if (!model.has(each.key)) model.set(each.key, each.value);
          expect(map.getOrInsert(each.key, each.value)).toEqual(model.get(each.key));
        } else {
          const version = map.entry(each.key)?.version;
          const done = map.compareAndSet(each.key, each.stale ? (version ?? 0) + 1_000_000 : version, each.value);
          expect(done !== undefined).toBe(!each.stale);
          if (!each.stale) model.set(each.key, each.value);
        }
        expect(map.size).toBe(model.size);
      }
      await map.close();
      const again = await DurableMap.open<unknown>(place);
      expect(new Map(again)).toEqual(model);
      await again.close();
      await rm(place, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

test('the order of code points is that of the bytes in UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const order = (number: number): number => Math.sign(number);
      expect(order(compareCodePoints(a, b))).toBe(order(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { numRuns: 2000 },
  );
});

test('a walk goes on in order while the map changes under it', async () => {
  const map = await DurableMap.open<number>(await folder());
  const name = (i: number): string => `k${String(i).padStart(5, '0')}`;
  for (let i = 0; i < 3000; i += 2) map.set(name(i), i);
  const seen: string[] = [];
  for (const key of map.keys('k')) {
    seen.push(key);
    if (seen.length !== 1000) continue;
    for (let i = 0; i < 3000; i += 1) if (i % 6 === 0) map.delete(name(i));
    for (let i = 1; i < 3000; i += 6) map.set(name(i), i);
  }
  const all = [...Array(3000).keys()];
  const before = all.filter((i) => i % 2 === 0 && i < 2000);
  const after = all.filter((i) => i > 1998 && ((i % 2 === 0 && i % 6 !== 0) || i % 6 === 1));
  expect(seen).toEqual([...before, ...after].map(name));
  await map.close();
});

test('all that waits goes to the disk in one batch, and flushed() tells each who waits when its own write is there', async () => {
  const map = await DurableMap.open<number>(await folder());
  const told: number[] = [];
  const tooSoon: number[] = [];
  const waits = Array.from({ length: 500 }, async (_, i) => {
    const sequence = map.set(`k${i % 100}`, i);
    await map.flushed(sequence);
    if (map.durable < sequence) tooSoon.push(sequence);
    told.push(sequence);
  });
  expect(map.counters).toMatchObject({ pendingWrites: 500, batches: 0 });
  await Promise.all(waits);
  expect(told).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  expect(tooSoon).toEqual([]);
  expect(map.counters).toMatchObject({ pendingWrites: 0, pendingBytes: 0, batches: 1, failures: 0 });
  await map.flushed();
  expect(map.counters.batches).toBe(1);
  // Many are several batches.
  for (let i = 0; i < 5000; i += 1) map.set(`k${i}`, i);
  await map.flushed();
  expect(map.counters.batches).toBe(6);
  await map.close();
});

test('flushed() ends by its signal, and refuses a sequence that no write had', async () => {
  const map = await DurableMap.open<number>(await folder());
  const sequence = map.set('a', 1);
  for (const wrong of [-1, 1.5, sequence + 1, Number.NaN, '1', null])
    await expect(map.flushed(wrong as number)).rejects.toThrow(MapOptionsError);
  const stop = new AbortController();
  const waits = map.flushed(sequence, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waits).rejects.toThrow('enough');
  await expect(map.flushed(sequence, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  await map.flushed(sequence);
  await map.close();
});

test('keys that UTF-8 does not hold and values that JSON does not hold are refused by name, and change nothing', async () => {
  const map = await DurableMap.open<unknown>(await folder(), { name: 'states' });
  for (const key of [undefined, null, 5, {}, Symbol('x')] as unknown as string[])
    for (const call of [() => map.get(key), () => map.set(key, 1), () => map.delete(key), () => map.compareAndSet(key, undefined, 1)])
      expect(call).toThrow(KeyError);
  for (const key of ['\ud800', 'a\udc00b']) {
    expect(() => map.set(key, 1)).toThrow('half of a surrogate pair');
    expect(map.get(key)).toBe(undefined);
  }
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const value of [undefined, Number.NaN, Infinity, -0, 5n, () => 1, Symbol('x'), new Date(), { a: undefined }, new Map(), circle])
    expect(() => map.set('k', value)).toThrow(MapValueError);
  expect([map.size, map.sequence]).toEqual([0, 0]);
  for (const key of ['__proto__', 'constructor', 'x'.repeat(253), '', '\0', '\0\0']) map.set(key, { __proto__: null, key });
  for (const key of ['__proto__', 'constructor', 'x'.repeat(253), '', '\0', '\0\0']) expect(map.get(key)).toEqual({ key });
  await map.close();
});

test('a value is a frozen copy, before a restart and after it, and a member named __proto__ is data', async () => {
  const place = await folder();
  const map = await DurableMap.open<{ list: number[] }>(place);
  const mine = JSON.parse('{"list":[1],"__proto__":{"x":1}}') as { list: number[] };
  map.set('a', mine);
  mine.list.push(2);
  await map.close();
  const again = await DurableMap.open<{ list: number[] }>(place);
  const value = again.get('a') as { list: number[] };
  expect(JSON.stringify(value)).toBe('{"list":[1],"__proto__":{"x":1}}');
  expect(() => value.list.push(3)).toThrow(TypeError);
  await again.close();
});

test('more than may wait for the disk is refused, and the map is unchanged', async () => {
  const map = await DurableMap.open<string>(await folder(), { maxPendingBytes: 1000 });
  map.set('a', 'x'.repeat(300));
  expect(() => map.set('b', 'x'.repeat(300))).toThrow(DurablePendingError);
  expect([map.size, map.sequence, map.has('b'), [...map.keys()]]).toEqual([1, 1, false, ['a']]);
  await map.flushed();
  expect(map.set('b', 'x'.repeat(300))).toBe(2);
  await map.flushed();
  expect(() => map.set('c', 'x'.repeat(600))).toThrow('would make more than 1000 bytes wait');
  await map.close();
});

test('changes are told in order and without a gap from a sequence on; those from before the open are not kept', async () => {
  const place = await folder();
  const first = await DurableMap.open<number>(place);
  first.set('a', 1);
  first.set('b', 2);
  await first.close();
  const map = await DurableMap.open<number>(place, { changes: 3 });
  const changes = map.subscribe({ after: 2 });
  map.set('a', 3);
  map.delete('b');
  map.set('c', 4);
  const seen = [await changes.next(), await changes.next(), await changes.next()].map(({ value }) => value as unknown);
  expect(seen).toEqual([
    { type: 'set', key: 'a', value: 3, previous: 1, sequence: 3 },
    { type: 'deleted', key: 'b', previous: 2, sequence: 4 },
    { type: 'set', key: 'c', value: 4, sequence: 5 },
  ]);
  const waits = changes.next();
  await changes.return?.();
  expect(await waits).toEqual({ done: true, value: undefined });
  await expect(map.subscribe({ after: 1 }).next()).rejects.toMatchObject({ code: 'MAP_CHANGES_LOST' });
  map.set('d', 5);
  await expect(map.subscribe({ after: 2 }).next()).rejects.toMatchObject({ code: 'MAP_CHANGES_LOST' });
  await map.close();
});

test('close() flushes, a second one is the same, and whatever comes after it is an error that names map and folder', async () => {
  const place = await folder();
  const map = await DurableMap.open<number>(place, { name: 'states' });
  const sequence = map.set('a', 1);
  const walk = map.keys();
  walk.next();
  const waits = map.flushed(sequence);
  const closing = map.close();
  expect(map.close()).toBe(closing);
  await Promise.all([waits, closing]);
  expect(map.durable).toBe(sequence);
  for (const call of [
    () => map.get('a'),
    () => map.has('a'),
    () => map.entry('a'),
    () => map.set('a', 2),
    () => map.delete('a'),
    () => map.compareAndSet('a', 1, 2),
    () => map.compareAndDelete('a', 1),
    () => map.getOrInsert('a', 2),
    () => [...map.scan()],
    () => [...map],
    () => map.subscribe(),
  ]) {
    expect(call).toThrow(DurableClosedError);
    expect(call).toThrow(/"states".*kubecast-durable-/);
  }
  expect(() => walk.next()).toThrow(DurableClosedError);
  await map.flushed(sequence);
  await map[Symbol.asyncDispose]();
  const again = await DurableMap.open<number>(place);
  expect(again.get('a')).toBe(1);
  await again.close();
});

test('a folder is held by one map at a time, in one process too; a loser changes nothing', async () => {
  const place = await folder();
  const map = await DurableMap.open<number>(place);
  map.set('a', 1);
  await map.flushed();
  for (let round = 0; round < 3; round += 1) {
    await expect(DurableMap.open(place)).rejects.toThrow(DurableHeldError);
    map.set('a', map.sequence + 1);
    await map.flushed();
  }
  await map.close();
  // Several at once: one wins.
  const opens = await Promise.allSettled(Array.from({ length: 5 }, () => DurableMap.open<number>(place)));
  const won = opens.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
  expect(won.map((each) => each.get('a'))).toEqual([4]);
  for (const each of opens) if (each.status === 'rejected') expect((each.reason as ConcurrentMapError).code).toBe('MAP_HELD');
  await won[0]?.close();
});

test('options that cannot work are refused by name before anything is made', async () => {
  const place = await folder();
  for (const [options, message] of [
    [{ name: 5 }, '"name"'],
    [{ changes: 0 }, '"changes"'],
    [{ changes: 1.5 }, '"changes"'],
    [{ maxPendingBytes: 0 }, '"maxPendingBytes"'],
    [{ maxPendingBytes: '1' }, '"maxPendingBytes"'],
    [{ retryMs: -1 }, '"retryMs"'],
    [{ retryMs: Number.NaN }, '"retryMs"'],
  ] as const) {
    const refused = DurableMap.open(place, options as object);
    await expect(refused).rejects.toThrow(MapOptionsError);
    await expect(refused).rejects.toThrow(message);
  }
  for (const wrong of [undefined, '', 5, null, 'a\0b']) await expect(DurableMap.open(wrong as string)).rejects.toThrow(MapOptionsError);
});

test('without classic-level the error says what to install', async () => {
  const missing = loadLevel(() => Promise.reject(new Error('Cannot find package')));
  await expect(missing).rejects.toThrow(LevelMissingError);
  await expect(missing).rejects.toThrow('npm install classic-level@3');
  await expect(loadLevel(() => Promise.resolve({}))).rejects.toMatchObject({ code: 'MAP_PEER_MISSING' });
});

test('100,000 entries come back, and a value that is parsed is one that was asked for', async () => {
  const place = await folder();
  const map = await DurableMap.open<{ readonly phase: string; readonly n: number }>(place);
  for (let i = 0; i < 100_000; i += 1) map.set(`default/object-${i}`, { phase: 'Provisioning', n: i });
  await map.close();
  const parse = vi.spyOn(JSON, 'parse');
  const cpu = process.cpuUsage();
  const start = performance.now();
  const again = await DurableMap.open<{ readonly phase: string; readonly n: number }>(place);
  const took = performance.now() - start;
  const used = process.cpuUsage(cpu);
  console.log(
    `100,000 entries opened in ${took.toFixed(0)} ms, ${((used.user + used.system) / 1000).toFixed(0)} ms of CPU time in all threads`,
  );
  expect(again.size).toBe(100_000);
  expect([...again.keys('default/object-7777')]).toHaveLength(11);
  // Of map.json, before the folder is held and after.
  expect(parse).toHaveBeenCalledTimes(2);
  expect(again.get('default/object-77777')).toEqual({ phase: 'Provisioning', n: 77_777 });
  expect(parse).toHaveBeenCalledTimes(3);
  parse.mockRestore();
  await again.close();
});
