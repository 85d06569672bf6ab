import { expect, test } from 'vitest';
import { ConflictError, isConflictError, MapOptionsError, MapValueError, StatefulMap, type KeptRecord, type StateLog } from '../index.ts';

interface Phase {
  phase: string;
  parts?: string[];
}

/** A log in memory whose writes can be held back and fail. */
function memoryLog(): StateLog & { readonly records: Map<string, string>; fail: boolean } {
  const records = new Map<string, string>();
  let version = 100;
  return {
    records,
    fail: false,
    load: () => Promise.resolve(Array.from(records, ([key, text]): [string, KeptRecord] => [key, JSON.parse(text) as KeptRecord])),
    async write(key, record) {
      await Promise.resolve();
      if (this.fail) throw new Error('disk full');
      version += 1;
      records.set(key, JSON.stringify({ ...record, version }));
      return version;
    },
    async remove(key) {
      await Promise.resolve();
      if (this.fail) throw new Error('disk full');
      records.delete(key);
    },
  };
}

test('a state is a frozen copy with its version, and its owner may go on changing what it gave', async () => {
  const map = new StatefulMap<Phase>();
  const mine: Phase = { phase: 'Pending', parts: ['a'] };
  const version = await map.set('n/a', 'u1', mine, undefined);
  mine.parts?.push('b');
  expect(map.get('n/a', 'u1')).toEqual({ state: { phase: 'Pending', parts: ['a'] }, version });
  const state = map.get('n/a', 'u1')?.state as Phase;
  expect(() => (state.phase = 'Ready')).toThrow(TypeError);
  expect(() => state.parts?.push('c')).toThrow(TypeError);
});

test('set and delete compare the version that was read, and tell both versions when another write was there first', async () => {
  const map = new StatefulMap<Phase>({ name: 'databases' });
  const first = await map.set('n/a', 'u1', { phase: 'Pending' }, undefined);
  const second = await map.set('n/a', 'u1', { phase: 'Provisioning' }, first);
  const conflict = await map.set('n/a', 'u1', { phase: 'Lost' }, first).catch((error: unknown) => error);
  expect(conflict).toBeInstanceOf(ConflictError);
  expect(isConflictError(conflict)).toBe(true);
  expect(conflict).toMatchObject({ expected: first, actual: second, message: expect.stringContaining('"databases"') as unknown });
  await expect(map.set('n/a', 'u1', { phase: 'Lost' }, undefined)).rejects.toThrow(ConflictError);
  await expect(map.delete('n/a', 'u1', first)).rejects.toThrow(ConflictError);
  expect(map.get('n/a', 'u1')?.state.phase).toBe('Provisioning');
  await map.delete('n/a', 'u1', second);
  expect(map.get('n/a', 'u1')).toBeUndefined();
  await expect(map.delete('n/a', 'u1', second)).rejects.toThrow('stands at no version');
});

test('a state ends with its UID: an object made again under the key begins without one, and a late end of the old one changes nothing', async () => {
  const map = new StatefulMap<Phase>();
  await map.set('n/a', 'u1', { phase: 'Ready' }, undefined);
  expect(map.get('n/a', 'u2')).toBeUndefined();
  const version = await map.set('n/a', 'u2', { phase: 'Pending' }, undefined);
  expect(map.get('n/a', 'u1')).toBeUndefined();
  await map.end('n/a', 'u1');
  expect(map.get('n/a', 'u2')).toEqual({ state: { phase: 'Pending' }, version });
  await map.end('n/a', 'u2');
  await map.end('n/a', 'u2');
  expect(map.size).toBe(0);
});

test('update calls again with what stands there when another write was first, and gives up after its tries', async () => {
  const map = new StatefulMap<{ count: number }>();
  await Promise.all(
    Array.from({ length: 20 }, () =>
      map.update(
        'n/a',
        'u1',
        async (current) => {
          await Promise.resolve();
          return { count: (current?.count ?? 0) + 1 };
        },
        { tries: 30 },
      ),
    ),
  );
  expect(map.get('n/a', 'u1')?.state.count).toBe(20);
  let calls = 0;
  const losing = map.update('n/a', 'u1', async (current) => {
    calls += 1;
    await map.set('n/a', 'u1', { count: 100 + calls }, map.get('n/a', 'u1')?.version);
    return { count: (current?.count ?? 0) + 1 };
  });
  await expect(losing).rejects.toThrow(ConflictError);
  expect(calls).toBe(5);
  await expect(
    map.update('n/a', 'u1', () => {
      throw new Error('mine');
    }),
  ).rejects.toThrow('mine');
  expect(await map.update('n/a', 'u1', () => undefined)).toBeUndefined();
  expect(map.size).toBe(0);
  for (const tries of [0, -1, 1.5, Number.NaN])
    await expect(map.update('n/a', 'u1', () => undefined, { tries })).rejects.toThrow(MapOptionsError);
  await expect(map.update('n/a', 'u1', () => ({ count: 1 }), { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over');
});

test('with a log a write is kept before it is shown, a log that fails leaves the map as it was, and a restart finds everything', async () => {
  const log = memoryLog();
  const map = await StatefulMap.open<Phase>({ log });
  const writing = map.set('n/a', 'u1', { phase: 'Pending' }, undefined);
  expect(map.get('n/a', 'u1')).toBeUndefined();
  const version = await writing;
  expect(log.records.has('n/a')).toBe(true);
  log.fail = true;
  await expect(map.set('n/a', 'u1', { phase: 'Ready' }, version)).rejects.toThrow('disk full');
  await expect(map.delete('n/a', 'u1', version)).rejects.toThrow('disk full');
  await expect(map.end('n/a', 'u1')).rejects.toThrow('disk full');
  expect(map.get('n/a', 'u1')).toEqual({ state: { phase: 'Pending' }, version });
  log.fail = false;
  await map.set('__proto__', 'u2', { phase: 'Ready' }, undefined);
  const again = await StatefulMap.open<Phase>({ log });
  expect(again.get('n/a', 'u1')).toEqual({ state: { phase: 'Pending' }, version });
  expect([...again.keys()].map(({ key, uid }) => `${key} ${uid}`).sort()).toEqual(['__proto__ u2', 'n/a u1']);
  // Two writes at once over one version: the second one is told, although the first is still being kept.
  const base = again.get('n/a', 'u1')?.version;
  const both = await Promise.allSettled([again.set('n/a', 'u1', { phase: 'One' }, base), again.set('n/a', 'u1', { phase: 'Two' }, base)]);
  expect(both.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
});

test('what JSON does not hold is refused with its path, and a member named __proto__ is data', async () => {
  const map = new StatefulMap<unknown>({ name: 'databases' });
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const bad: readonly (readonly [unknown, string])[] = [
    [undefined, 'undefined at its top'],
    [{ a: [1, Number.NaN] }, 'NaN at .a[1]'],
    [{ a: -0 }, '-0 at .a'],
    [{ a: { b: undefined } }, 'undefined at .a.b'],
    [{ when: new Date(0) }, 'an instance of a class at .when'],
    [new Map(), 'an instance of a class at its top'],
    [{ f: () => 1 }, 'a function at .f'],
    [{ n: 1n }, 'a bigint at .n'],
    [circle, 'refers to itself at .self'],
  ];
  for (const [state, reason] of bad) {
    const refused = map.set('n/a', 'u1', state, undefined);
    await expect(refused).rejects.toThrow(MapValueError);
    await expect(refused).rejects.toThrow(reason);
  }
  expect(map.size).toBe(0);
  await map.set('n/a', 'u1', JSON.parse('{"__proto__":{"a":1},"twice":[{"b":2},{"b":2}]}'), undefined);
  expect(JSON.stringify(map.get('n/a', 'u1')?.state)).toBe('{"__proto__":{"a":1},"twice":[{"b":2},{"b":2}]}');
  for (const uid of ['', undefined, 5] as string[]) {
    expect(() => map.get('n/a', uid)).toThrow(MapValueError);
    await expect(map.set('n/a', uid, 1, undefined)).rejects.toThrow(MapValueError);
    await expect(map.end('n/a', uid)).rejects.toThrow(MapValueError);
  }
});

test('members that JSON would lose, and states that are nested without end, are refused with their place', async () => {
  const map = new StatefulMap<unknown>({ name: 'databases' });
  let deep: unknown = {};
  for (let level = 0; level < 20_000; level += 1) deep = { a: deep };
  for (const [state, message] of [
    [{ parts: { [Symbol('mark')]: 1 } }, 'has the member Symbol(mark) at .parts'],
    [Object.defineProperty({}, 'hidden', { value: 1 }), 'has the member hidden at its top'],
    [{ parts: Object.assign([1], { extra: 2 }) }, 'has the member extra at .parts'],
    [deep, 'is nested more than 500 levels deep'],
  ] as const)
    await expect(map.set('n/a', 'u1', state, undefined)).rejects.toThrow(message);
  expect(map.size).toBe(0);
});

test('a log that gives back what no state is, is refused with the map and the key', async () => {
  const log = (record: unknown): StateLog => ({
    load: () => Promise.resolve([['n/a', record as KeptRecord]]),
    write: () => Promise.resolve(1),
    remove: () => Promise.resolve(),
  });
  for (const record of [
    { uid: 'u1', state: undefined, version: 1 },
    { state: {}, version: 1 },
    { uid: 'u1', state: {} },
    { uid: 'u1', state: {}, version: 0 },
    { uid: 'u1', state: {}, version: 1.5 },
  ])
    await expect(StatefulMap.open({ name: 'databases', log: log(record) })).rejects.toMatchObject({
      code: 'MAP_VALUE',
      message: expect.stringMatching(/"n\/a" of the map "databases"/) as unknown,
    });
});

test('an update whose function never answers ends by its signal', async () => {
  const controller = new AbortController();
  const update = new StatefulMap<Phase>().update('n/a', 'u1', () => new Promise<Phase>(() => {}), { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(update).rejects.toThrow('stopped');
});

test('what is no log, no function, no signal and no option is refused by name', async () => {
  const any = (value: unknown): never => value as never;
  for (const options of [null, { nam: 'x' }, { log: {} }]) expect(() => new StatefulMap(any(options))).toThrow(MapOptionsError);
  await expect(StatefulMap.open(any({}))).rejects.toThrow('the option "log" of the map "states" has load(), write() and remove()');
  const map = new StatefulMap<Phase>();
  const change = (): Phase => ({ phase: 'Ready' });
  for (const call of [
    map.update('n/a', 'u1', any(undefined)),
    map.update('n/a', 'u1', change, any(null)),
    map.update('n/a', 'u1', change, any({ signal: {} })),
    map.update('n/a', 'u1', change, any({ retries: 3 })),
  ])
    await expect(call).rejects.toThrow(MapOptionsError);
  expect(map.size).toBe(0);
});
