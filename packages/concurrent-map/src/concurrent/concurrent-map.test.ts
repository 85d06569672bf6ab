import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test, vi } from 'vitest';
import {
  ChangesLostError,
  ConcurrentMap,
  DeadlineError,
  KeyError,
  MapOptionsError,
  MapValueError,
  ReentryError,
  SnapshotDisposedError,
  type MapChange,
} from '../index.ts';

const next = async <V>(changes: AsyncIterator<MapChange<V>>): Promise<MapChange<V>> => (await changes.next()).value as MapChange<V>;

test('any string is a key: __proto__, the empty one, NUL, half a surrogate and 253 characters', () => {
  const map = new ConcurrentMap<number>();
  const keys = ['__proto__', 'constructor', '', '\u0000', '\ud800', 'x'.repeat(253), '\ufeff', 'a/b', 'A', 'a'];
  keys.forEach((key, index) => map.set(key, index));
  expect(map.size).toBe(keys.length);
  expect(keys.map((key) => map.get(key))).toEqual(keys.map((_, index) => index));
  expect([...map.keys()].sort()).toEqual([...keys].sort());
  expect(map.get('toString')).toBeUndefined();
});

test('what is no key is refused by every method, with the name of the map and nothing written', async () => {
  const map = new ConcurrentMap<number>({ name: 'apps' });
  for (const key of [undefined, null, 0, Number.NaN, {}, [], Symbol('a')] as unknown as string[]) {
    for (const call of [
      () => map.get(key),
      () => map.has(key),
      () => map.entry(key),
      () => map.set(key, 1),
      () => map.delete(key),
      () => map.getOrInsert(key, 1),
      () => map.compareAndSet(key, undefined, 1),
      () => map.compareAndDelete(key, 1),
      () => map.compute(key, () => 1),
    ]) {
      expect(call).toThrow(KeyError);
      expect(call).toThrow('"apps"');
    }
    await expect(map.computeIfAbsent(key, () => 1)).rejects.toThrow(KeyError);
    await expect(map.withKey(key, () => 1)).rejects.toThrow(KeyError);
    await expect(map.replaceAll([[key, 1]])).rejects.toThrow(KeyError);
  }
  expect(map.size).toBe(0);
  expect(map.sequence).toBe(0);
});

test('undefined is no value, and null, NaN and 0 are values', async () => {
  const map = new ConcurrentMap<unknown>({ name: 'apps' });
  for (const call of [
    () => map.set('a', undefined),
    () => map.getOrInsert('a', undefined),
    () => map.compareAndSet('a', undefined, undefined),
  ])
    expect(call).toThrow(MapValueError);
  await expect(map.computeIfAbsent('a', () => undefined)).rejects.toThrow('"a" of the map "apps" is undefined');
  await expect(map.replaceAll([['a', undefined]])).rejects.toThrow(MapValueError);
  for (const value of [null, Number.NaN, 0, '', false]) {
    map.set('a', value);
    expect(map.get('a')).toBe(value);
    expect(map.has('a')).toBe(true);
  }
});

test('options that cannot work are refused', () => {
  for (const changes of [0, -1, 1.5, Number.NaN, Infinity, '5'] as number[])
    expect(() => new ConcurrentMap({ changes })).toThrow(MapOptionsError);
  expect(() => new ConcurrentMap({ name: 5 as unknown as string })).toThrow(MapOptionsError);
});

test('versions grow with each write of the map, and compareAndSet writes only over the version it read', () => {
  const map = new ConcurrentMap<string>();
  expect(map.set('a', 'x')).toBe(1);
  expect(map.set('b', 'x')).toBe(2);
  expect(map.entry('a')).toEqual({ value: 'x', version: 1 });
  expect(map.compareAndSet('a', 1, 'y')).toBe(3);
  expect(map.compareAndSet('a', 1, 'z')).toBeUndefined();
  expect(map.get('a')).toBe('y');
  expect(map.compareAndSet('c', undefined, 'new')).toBe(4);
  expect(map.compareAndSet('c', undefined, 'again')).toBeUndefined();
  expect(map.compareAndDelete('c', 3)).toBe(false);
  expect(map.compareAndDelete('c', 4)).toBe(true);
  // A key that was deleted and written again never has a version that it had before.
  expect(map.compareAndSet('c', undefined, 'back')).toBe(6);
  expect(map.compareAndSet('c', 4, 'lost')).toBeUndefined();
});

test('compute reads and writes in one step, deletes on undefined, and refuses an async function', () => {
  const map = new ConcurrentMap<number>();
  expect(map.compute('a', (current) => (current ?? 0) + 1)).toBe(1);
  expect(map.compute('a', (current) => (current ?? 0) + 1)).toBe(2);
  expect(map.compute('a', () => undefined)).toBeUndefined();
  expect(map.has('a')).toBe(false);
  map.set('a', 7);
  expect(() => map.compute('a', (async () => 8) as unknown as () => number)).toThrow(MapValueError);
  expect(() =>
    map.compute('a', () => {
      throw new Error('mine');
    }),
  ).toThrow('mine');
  expect(() => map.compute('a', () => map.set('a', 9))).toThrow('was written by the function');
  expect(map.get('a')).toBe(9);
});

test('one load serves 100,000 who wait for it', async () => {
  const map = new ConcurrentMap<string>();
  const load = vi.fn(async (key: string) => `value of ${key}`);
  const got = await Promise.all(Array.from({ length: 100_000 }, () => map.computeIfAbsent('a', load)));
  expect(load).toHaveBeenCalledTimes(1);
  expect(new Set(got)).toEqual(new Set(['value of a']));
  expect(map.get('a')).toBe('value of a');
});

test('a load that fails reaches all who wait, is not kept, and the next one loads anew', async () => {
  const map = new ConcurrentMap<number>();
  const load = vi.fn(() => Promise.reject(new Error('away')));
  const got = await Promise.allSettled(Array.from({ length: 100 }, () => map.computeIfAbsent('a', load)));
  expect(got.every((result) => result.status === 'rejected')).toBe(true);
  expect(load).toHaveBeenCalledTimes(1);
  expect(await map.computeIfAbsent('a', () => 5)).toBe(5);
  // A function that throws before its first await is a failure like all others.
  await expect(
    map.computeIfAbsent('b', () => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
});

test('a set or a delete amid a load wins: what was loaded is given to those who wait, and not kept', async () => {
  for (const write of ['set', 'delete'] as const) {
    const map = new ConcurrentMap<number>();
    const gate = Promise.withResolvers<number>();
    const waiting = map.computeIfAbsent('a', () => gate.promise);
    if (write === 'set') map.set('a', 2);
    else map.delete('a');
    // Whoever asks after a delete must not be given what was loaded before it.
    const later = map.computeIfAbsent('a', () => 3);
    gate.resolve(1);
    expect(await waiting).toBe(1);
    expect(await later).toBe(write === 'set' ? 2 : 3);
    expect(map.get('a')).toBe(write === 'set' ? 2 : 3);
  }
});

test('one who waits for a load may give up alone; when all gave up the load is told, and a newcomer begins anew', async () => {
  const map = new ConcurrentMap<number>();
  const signals: AbortSignal[] = [];
  const load = (_: string, signal: AbortSignal): Promise<number> => {
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told'))));
  };
  const one = new AbortController();
  const two = new AbortController();
  const first = map.computeIfAbsent('a', load, { signal: one.signal });
  const second = map.computeIfAbsent('a', load, { signal: two.signal });
  one.abort(new Error('one gave up'));
  await expect(first).rejects.toThrow('one gave up');
  expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  two.abort(new Error('two gave up'));
  await expect(second).rejects.toThrow('two gave up');
  expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  expect(await map.computeIfAbsent('a', () => 9)).toBe(9);
  await expect(map.computeIfAbsent('b', load, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  expect(signals).toHaveLength(1);
});

test('sections of one key run one after another in the order of the calls, those of other keys beside them', async () => {
  const map = new ConcurrentMap<number>();
  map.set('a', 0);
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 1000 }, (_, index) =>
      map.withKey('a', async () => {
        const read = map.get('a') ?? 0;
        await Promise.resolve();
        map.set('a', read + 1);
        order.push(index);
      }),
    ),
  );
  expect(map.get('a')).toBe(1000);
  expect(order).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  const gate = Promise.withResolvers<void>();
  const held = map.withKey('a', () => gate.promise);
  expect(await map.withKey('b', () => 'beside')).toBe('beside');
  gate.resolve();
  await held;
});

test('a section that throws lets the next one in', async () => {
  const map = new ConcurrentMap<number>();
  const failed = map.withKey('a', () => {
    throw new Error('mine');
  });
  const after = map.withKey('a', () => 'in');
  await expect(failed).rejects.toThrow('mine');
  expect(await after).toBe('in');
});

test('a section that asks for its own key again is told so, also through others, and another async is not', async () => {
  const map = new ConcurrentMap<number>({ name: 'apps' });
  const other = new ConcurrentMap<number>();
  await expect(map.withKey('a', () => map.withKey('b', async () => map.withKey('a', () => 1)))).rejects.toThrow(ReentryError);
  expect(await map.withKey('a', () => other.withKey('a', () => 1))).toBe(1);
  // The key is free again after the error.
  expect(await map.withKey('a', () => 2)).toBe(2);
  const outside = map.withKey('a', async () => undefined);
  expect(await map.withKey('a', () => 3)).toBe(3);
  await outside;
});

test('a wait for a key ends by its signal or its deadline, and the queue goes on', async () => {
  const clock = createVirtualClock();
  const map = new ConcurrentMap<number>({ clock, name: 'apps' });
  const gate = Promise.withResolvers<void>();
  const held = map.withKey('a', () => gate.promise);
  const abort = new AbortController();
  const ran: string[] = [];
  const aborted = map.withKey('a', () => ran.push('aborted'), { signal: abort.signal });
  const late = map.withKey('a', () => ran.push('late'), { deadlineMs: 100 });
  const last = map.withKey('a', () => ran.push('last'), { deadlineMs: 1000 });
  abort.abort(new Error('gave up'));
  await expect(aborted).rejects.toThrow('gave up');
  await Promise.all([expect(late).rejects.toThrow(DeadlineError), clock.advance(100)]);
  gate.resolve();
  await held;
  await last;
  expect(ran).toEqual(['last']);
  expect(clock.pending).toBe(0);
});

test('changes are told in order and without a gap from a sequence on, by one who lags too', async () => {
  const map = new ConcurrentMap<number>();
  map.set('a', 1);
  map.set('a', 2);
  map.delete('a');
  const from = map.subscribe({ after: 1 });
  expect(await next(from)).toEqual({ type: 'set', key: 'a', value: 2, previous: 1, sequence: 2 });
  expect(await next(from)).toEqual({ type: 'deleted', key: 'a', previous: 2, sequence: 3 });
  const waiting = next(from);
  map.set('b', 5);
  expect(await waiting).toEqual({ type: 'set', key: 'b', value: 5, sequence: 4 });
  for (let i = 0; i < 1000; i += 1) map.set('c', i);
  const seen: number[] = [];
  for await (const change of from) {
    seen.push(change.sequence);
    if (change.sequence === map.sequence) break;
  }
  expect(seen).toEqual(Array.from({ length: 1000 }, (_, index) => index + 5));
});

test('a snapshot and a subscription after its sequence make a whole', async () => {
  const map = new ConcurrentMap<number>();
  for (let i = 0; i < 100; i += 1) map.set(`k${i}`, i);
  const snapshot = map.snapshot();
  const copy = new Map(snapshot.entries());
  for (let i = 0; i < 200; i += 1) map.compute(`k${i % 150}`, (current) => (i % 3 === 0 ? undefined : (current ?? 0) + 1));
  for await (const change of map.subscribe({ after: snapshot.sequence })) {
    if (change.type === 'set') copy.set(change.key, change.value as number);
    else copy.delete(change.key);
    if (change.sequence === map.sequence) break;
  }
  expect(copy).toEqual(new Map(map.entries()));
});

test('one who lags more than the changes that are kept is told so, and never given a gap', async () => {
  const map = new ConcurrentMap<number>({ changes: 10, name: 'apps' });
  const changes = map.subscribe();
  for (let i = 0; i < 10; i += 1) map.set('a', i);
  expect((await next(changes)).sequence).toBe(1);
  for (let i = 0; i < 20; i += 1) map.set('a', i);
  const lagging = map.subscribe({ after: 5 });
  await expect(lagging.next()).rejects.toThrow(ChangesLostError);
  expect(() => map.subscribe({ after: 31 })).toThrow(MapOptionsError);
  expect(() => map.subscribe({ after: -1 })).toThrow(MapOptionsError);
});

test('a subscription ends at once by return(), by its signal and by await using, while next() waits too', async () => {
  const map = new ConcurrentMap<number>();
  const changes = map.subscribe();
  const waiting = changes.next();
  await changes.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await changes.next()).toEqual({ done: true, value: undefined });
  const abort = new AbortController();
  const signalled = map.subscribe({ signal: abort.signal });
  const pending = signalled.next();
  abort.abort(new Error('enough'));
  await expect(pending).rejects.toThrow('enough');
  await map.subscribe()[Symbol.asyncDispose]();
});

test('replaceAll gives the exact difference, keeps the versions of what is equal, and is one step for readers', async () => {
  const map = new ConcurrentMap<number>();
  for (let i = 0; i < 5000; i += 1) map.set(`k${i}`, i);
  const version = map.entry('k4999')?.version;
  const before = new Map(map.entries());
  const seen: number[] = [];
  const wanted = new Map(Array.from({ length: 5000 }, (_, i): [string, number] => [`k${i + 10}`, i === 0 ? -1 : i + 10]));
  const done = map.replaceAll(
    (async function* () {
      for (const pair of wanted) {
        seen.push(map.size);
        yield pair;
      }
    })(),
  );
  const difference = await done;
  expect(new Set(seen)).toEqual(new Set([5000]));
  expect(difference.added).toHaveLength(10);
  expect(difference.updated).toEqual(['k10']);
  expect([...difference.deleted].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `k${i}`).sort());
  expect(new Map(map.entries())).toEqual(wanted);
  expect(map.entry('k4999')?.version).toBe(version);
  expect(difference.sequence).toBe(map.sequence);
  expect(before.size).toBe(5000);
});

test('writes amid a replaceAll are told and then replaced; content that throws changes nothing', async () => {
  const map = new ConcurrentMap<number>();
  map.set('stays', 1);
  map.set('goes', 1);
  const changes = map.subscribe();
  const gate = Promise.withResolvers<void>();
  const replacing = map.replaceAll(
    (async function* () {
      yield ['stays', 1] as const;
      await gate.promise;
    })(),
  );
  map.set('stays', 2);
  map.set('amid', 3);
  gate.resolve();
  const { added, updated, deleted } = await replacing;
  expect({ added, updated, deleted: [...deleted].sort() }).toEqual({ added: [], updated: ['stays'], deleted: ['amid', 'goes'] });
  expect([...map]).toEqual([['stays', 1]]);
  const told = new Map<string, number>([
    ['stays', 1],
    ['goes', 1],
  ]);
  for await (const change of changes) {
    if (change.type === 'set') told.set(change.key, change.value as number);
    else told.delete(change.key);
    if (change.sequence === map.sequence) break;
  }
  expect([...told]).toEqual([['stays', 1]]);
  const { sequence } = map;
  await expect(
    map.replaceAll(
      (function* (): Iterable<[string, number]> {
        yield ['x', 1];
        throw new Error('content broke');
      })(),
    ),
  ).rejects.toThrow('content broke');
  expect(map.sequence).toBe(sequence);
});

test('replaceAll yields: with a clock that moves a millisecond at each reading it gives way every few steps', async () => {
  let now = 0;
  let yields = 0;
  const clock = { ...createVirtualClock(), now: () => now++, yield: () => ((yields += 1), Promise.resolve()) };
  const map = new ConcurrentMap<number>({ clock });
  await map.replaceAll(Array.from({ length: 10_000 }, (_, i): [string, number] => [`k${i}`, i]));
  expect(yields).toBeGreaterThan(100);
});

test('snapshots stand still whatever happens, and a disposed one says so', async () => {
  const map = new ConcurrentMap<number>();
  for (let i = 0; i < 3000; i += 1) map.set(`k${i}`, i);
  const snapshot = map.snapshot();
  const expected = new Map(map.entries());
  for (let i = 0; i < 20_000; i += 1) map.set(`k${i}`, -i);
  for (let i = 0; i < 100; i += 1) map.delete(`k${i}`);
  const between = map.snapshot();
  const expectedBetween = new Map(map.entries());
  await map.replaceAll([
    ['only', 1],
    ['two', 2],
  ]);
  expect(new Map(snapshot.entries())).toEqual(expected);
  expect(snapshot.size).toBe(3000);
  expect(snapshot.get('k5')).toBe(5);
  expect(snapshot.entry('k5')).toEqual({ value: 5, version: 6 });
  expect(snapshot.has('only')).toBe(false);
  between.dispose();
  expect(new Map(snapshot.entries())).toEqual(expected);
  expect(() => between.get('k5')).toThrow(SnapshotDisposedError);
  const again = map.snapshot();
  snapshot.dispose();
  snapshot.dispose();
  expect(expectedBetween.size).toBe(19_900);
  expect(new Map(again.entries())).toEqual(
    new Map([
      ['only', 1],
      ['two', 2],
    ]),
  );
  const walk = again.entries();
  walk.next();
  again[Symbol.dispose]();
  expect(() => [...walk]).toThrow(SnapshotDisposedError);
});

test('a load that asks for its own key, and a replaceAll within the content of another, are told so instead of waiting for themselves', async () => {
  const map = new ConcurrentMap<number>({ name: 'apps' });
  const load = (): Promise<number> => map.computeIfAbsent('a', () => 1);
  await expect(map.computeIfAbsent('a', load)).rejects.toMatchObject({
    code: 'MAP_REENTRY',
    message: expect.stringContaining('"apps"') as unknown,
  });
  expect(await map.computeIfAbsent('a', () => map.computeIfAbsent('b', () => 2))).toBe(2);
  const content = async function* (): AsyncGenerator<[string, number]> {
    await map.replaceAll([]);
    yield ['c', 3];
  };
  await expect(map.replaceAll(content())).rejects.toMatchObject({ code: 'MAP_REENTRY' });
  expect([...map.keys()].sort()).toEqual(['a', 'b']);
  expect((await map.replaceAll([['c', 3]])).added).toEqual(['c']);
});

test('a task that a section or a load left running may ask for the key once that has ended', async () => {
  const map = new ConcurrentMap<number>();
  const ended = Promise.withResolvers<void>();
  let task: Promise<unknown> = Promise.resolve();
  await map.withKey('a', () => {
    task = ended.promise.then(() => map.withKey('a', () => 'in'));
  });
  ended.resolve();
  expect(await task).toBe('in');
});

test('a hundred thousand wait for one key and leave it from anywhere, at a cost that does not grow with their number', async () => {
  const map = new ConcurrentMap<number>();
  const shiftAndRemove = async (count: number): Promise<number> => {
    const gate = Promise.withResolvers<void>();
    const first = map.withKey('a', () => gate.promise);
    const leavers = Array.from({ length: count }, () => new AbortController());
    const waits = leavers.map(({ signal }, at) => map.withKey('a', () => at, at % 2 === 0 ? { signal } : {}).catch(() => -1));
    for (let at = count - 2; at >= 0; at -= 2) leavers[at]?.abort();
    gate.resolve();
    await first;
    return (await Promise.all(waits)).filter((at) => at >= 0).length;
  };
  expect(await shiftAndRemove(10_000)).toBe(5_000);
});

test('a deadline that is no number of at least 0 is refused, whether the key is held or not', async () => {
  const map = new ConcurrentMap<number>();
  for (const deadlineMs of [Number.NaN, -1, '50' as unknown as number])
    await expect(map.withKey('a', () => 1, { deadlineMs })).rejects.toMatchObject({ code: 'MAP_OPTIONS' });
  expect(await map.withKey('a', () => 1, { deadlineMs: 0 })).toBe(1);
});

test('return() ends each next() that waits, not only the last', async () => {
  const changes = new ConcurrentMap<number>().subscribe();
  const waiting = [changes.next(), changes.next(), changes.next()];
  await Promise.resolve();
  await changes.return?.();
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 3 }, () => ({ done: true, value: undefined })));
});

test('a comparison that throws when the new content is applied changes nothing', async () => {
  let calls = 0;
  const equals = (): boolean => {
    calls += 1;
    if (calls > 4) throw new Error('cannot compare');
    return false;
  };
  const map = new ConcurrentMap<number>({ equals });
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  const { sequence } = map;
  await expect(map.replaceAll(['a', 'b', 'c'].map((key) => [key, 2] as const))).rejects.toThrow('cannot compare');
  expect([map.sequence, ...map.values()]).toEqual([sequence, 1, 1, 1]);
});

test('compute refuses a function that writes its key and takes the write back', () => {
  const map = new ConcurrentMap<number>();
  expect(() =>
    map.compute('a', () => {
      map.set('a', 1);
      map.delete('a');
      return 2;
    }),
  ).toThrow(MapValueError);
  expect(map.compute('b', () => map.set('c', 1))).toBe(3);
});

test('thousands of snapshots end in any order, and what they kept moves once', () => {
  const map = new ConcurrentMap<number>();
  const snapshots = Array.from({ length: 4_000 }, (_, at) => {
    const snapshot = map.snapshot();
    map.set(`k${at}`, at);
    return snapshot;
  });
  const begun = performance.now();
  for (let at = snapshots.length - 1; at > 0; at -= 1) snapshots[at]?.dispose();
  // Each moved to the next, they would be eight million moves.
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect([...(snapshots[0]?.entries() ?? [])]).toEqual([]);
  expect(snapshots[0]?.get('k3999')).toBeUndefined();
});

test('what entry() gave stands still when the key is written again', () => {
  const map = new ConcurrentMap<string>();
  map.set('a', 'x');
  const seen = map.entry('a');
  map.set('a', 'y');
  expect([seen, map.entry('a')]).toEqual([
    { value: 'x', version: 1 },
    { value: 'y', version: 2 },
  ]);
});

test('tasks that start one another within their sections for ever cost the same each', async () => {
  const map = new ConcurrentMap<number>();
  const sections = 30_000;
  const { promise: last, resolve } = Promise.withResolvers<void>();
  const task = (number: number): Promise<void> =>
    map.withKey(`k${number}`, async () => {
      await Promise.resolve();
      if (number === sections) resolve();
      else void task(number + 1);
    });
  await task(0);
  // Each with a copy of all holds before it, they would be four hundred million steps.
  await last;
  expect(map.size).toBe(0);
});

test('a snapshot shows what was deleted after it was taken', () => {
  const map = new ConcurrentMap<number>();
  map.set('a', 1);
  map.set('b', 2);
  const snapshot = map.snapshot();
  map.delete('a');
  expect([snapshot.get('a'), snapshot.size, [...snapshot.entries()].sort()]).toEqual([
    1,
    2,
    [
      ['a', 1],
      ['b', 2],
    ],
  ]);
});

test('what is written while replaceAll() compares is replaced, too', async () => {
  let now = 0;
  let turns = 0;
  const turn = (): Promise<void> => {
    turns += 1;
    map.set(`amid-${turns}`, turns);
    map.set(`k${turns % 500}`, -1);
    return Promise.resolve();
  };
  const map: ConcurrentMap<number> = new ConcurrentMap<number>({ clock: { ...createVirtualClock(), now: () => (now += 1), yield: turn } });
  const wanted = Array.from({ length: 500 }, (_, i): [string, number] => [`k${i}`, i]);
  await map.replaceAll(wanted);
  const before = turns;
  await map.replaceAll(wanted);
  expect(turns - before).toBeGreaterThan(10);
  expect(new Map(map)).toEqual(new Map(wanted));
});

test('who comes after all others gave up begins a load of his own, though the first one does not hear of it', async () => {
  const map = new ConcurrentMap<number>();
  const abort = new AbortController();
  const deaf = Promise.withResolvers<number>();
  const first = map.computeIfAbsent('a', () => deaf.promise, { signal: abort.signal });
  abort.abort(new Error('gave up'));
  expect(await map.computeIfAbsent('a', () => 2)).toBe(2);
  await expect(first).rejects.toThrow('gave up');
  deaf.resolve(1);
  await deaf.promise;
  await new Promise(setImmediate);
  expect(map.get('a')).toBe(2);
});

test('functions, options and signals that are none are refused by name before anything runs, and so is an option that nobody reads', async () => {
  const map = new ConcurrentMap<number>({ name: 'apps' });
  const any = (value: unknown): never => value as never;
  for (const options of [null, 'apps', { change: 1 }, { equals: 'deep' }])
    expect(() => new ConcurrentMap(any(options))).toThrow(MapOptionsError);
  expect(() => map.compute('k', any(undefined))).toThrow('compute() of the map "apps" calls is a function, not undefined');
  for (const options of [null, { from: 1 }, { signal: {} }]) expect(() => map.subscribe(any(options))).toThrow(MapOptionsError);
  const load = vi.fn(() => 1);
  for (const call of [
    map.computeIfAbsent('k', any(undefined)),
    map.computeIfAbsent('k', load, any(null)),
    map.computeIfAbsent('k', load, any({ signal: {} })),
    map.withKey('k', any(undefined)),
    map.withKey('k', load, any(null)),
    map.withKey('k', load, any({ signal: {} })),
    map.withKey('k', load, any({ deadline: 5 })),
    map.replaceAll(any(undefined)),
    map.replaceAll(any({})),
    map.replaceAll(any([null])),
    map.replaceAll(any('ab')),
  ])
    await expect(call).rejects.toThrow(MapOptionsError);
  expect([load.mock.calls.length, map.size, map.sequence]).toEqual([0, 0, 0]);
});

test('a comparison that writes to the map is told so, and nothing is replaced', async () => {
  let calls = 0;
  const map: ConcurrentMap<number> = new ConcurrentMap<number>({
    equals: (one, other) => {
      map.set(`x${(calls += 1)}`, 1);
      return one === other;
    },
  });
  map.set('a', 1);
  await expect(map.replaceAll([['a', 2]])).rejects.toThrow('"equals" of the map "map" wrote to the map');
  expect(map.get('a')).toBe(1);
});

test('a hundred thousand wait for a load or a key with one signal, which has one listener, and none when they are done', async () => {
  const map = new ConcurrentMap<number>();
  const abort = new AbortController();
  const { signal } = abort;
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  const loaded = Promise.withResolvers<number>();
  const loads = Array.from({ length: 100_000 }, () => map.computeIfAbsent('a', () => loaded.promise, { signal }));
  const sections = Array.from({ length: 100_000 }, () => map.withKey('a', () => 1, { signal }));
  const changes = map.subscribe({ signal });
  expect(add).toHaveBeenCalledTimes(1);
  loaded.resolve(1);
  await Promise.all([...loads, ...sections]);
  await changes.return?.();
  await new Promise(setImmediate);
  expect(remove).toHaveBeenCalledTimes(1);
  const waiting = Array.from({ length: 1_000 }, () => map.computeIfAbsent('b', () => new Promise<number>(() => {}), { signal }));
  abort.abort(new Error('gave up'));
  expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
});

test('a subscription that lost its changes leaves nothing on its signal', async () => {
  const { signal } = new AbortController();
  const remove = vi.spyOn(signal, 'removeEventListener');
  const map = new ConcurrentMap<number>({ changes: 1 });
  const changes = map.subscribe({ signal });
  for (let i = 0; i < 3; i += 1) map.set('a', i);
  await expect(changes.next()).rejects.toThrow(ChangesLostError);
  expect(remove).toHaveBeenCalledTimes(1);
});

test('a snapshot keeps no more entries than it shows, however many come and go while it lives', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heldMB = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const map = new ConcurrentMap<number>({ changes: 1 });
  map.set('stays', 1);
  map.set('goes', 2);
  const snapshot = map.snapshot();
  map.delete('goes');
  const before = heldMB();
  for (let i = 0; i < 200_000; i += 1) {
    map.set(`k${i}`, i);
    map.delete(`k${i}`);
  }
  // Two hundred thousand keys would be some twenty megabytes.
  expect(heldMB() - before).toBeLessThan(5);
  expect([snapshot.get('k5'), snapshot.has('k5'), [...snapshot.entries()].length, snapshot.get('goes')]).toEqual([undefined, false, 2, 2]);
});
