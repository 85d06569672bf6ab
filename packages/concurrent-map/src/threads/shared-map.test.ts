import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConflictError, isConcurrentMapError, KeyError, MapOptionsError, MapValueError } from '../index.ts';
import { MapFullError, SharedMap } from './index.ts';

interface App {
  readonly name: string;
  readonly replicas: number;
}

const pair = <V = unknown>(options: ConstructorParameters<typeof SharedMap<V>>[0] = {}): readonly [SharedMap<V>, SharedMap<V>] => {
  const map = new SharedMap<V>({ name: 'apps', ...options });
  return [map, SharedMap.attach<V>(structuredClone(map.share()))];
};

describe('values and keys', () => {
  test('what one handle writes the other reads, frozen and as it was', () => {
    const [map, other] = pair<App>();
    expect(map.get('a')).toBeUndefined();
    expect(map.set('a', { name: 'iiot', replicas: 2 })).toBe(1);
    expect(other.get('a')).toEqual({ name: 'iiot', replicas: 2 });
    expect(Object.isFrozen(other.get('a'))).toBe(true);
    expect(Object.isFrozen(map.get('a'))).toBe(true);
    expect(other.get('a')).toBe(other.get('a'));
    expect(other.has('a')).toBe(true);
    expect(other.size).toBe(1);
    expect(other.delete('a')).toBe(true);
    expect(map.get('a')).toBeUndefined();
    expect(map.has('a')).toBe(false);
    expect(map.delete('a')).toBe(false);
    expect([map.size, other.size]).toEqual([0, 0]);
  });

  test('any value that JSON holds comes back as it was: numbers beyond 2^53 as the same double, half a surrogate pair, __proto__, null', () => {
    const [map, other] = pair();
    const values: readonly unknown[] = [
      null,
      false,
      0,
      '',
      '\ud800 and \udc00\ufeff\0ü€😀',
      2 ** 53 + 2,
      -1.5e300,
      5e-324,
      [],
      {},
      [[1, [2, { a: null }]]],
      JSON.parse('{"__proto__":{"x":1},"constructor":2,"":3}'),
      'x'.repeat(20_000),
    ];
    for (const [index, value] of values.entries()) map.set(`k${index}`, value);
    for (const [index, value] of values.entries()) {
      expect(other.get(`k${index}`)).toStrictEqual(value);
      expect(other.has(`k${index}`)).toBe(true);
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        // -0 has no JSON of its own.
        const kept: unknown = JSON.parse(JSON.stringify(value));
        map.set('any', kept);
        expect(other.get('any')).toStrictEqual(kept);
      }),
      { numRuns: 200 },
    );
  });

  test('what JSON does not hold is refused with map, key and place, and nothing is changed', () => {
    const [map] = pair();
    map.set('k', 1);
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let i = 0; i < 600; i += 1) deep = [deep];
    const bad: readonly (readonly [unknown, string])[] = [
      [undefined, 'is undefined'],
      [Number.NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-0, '-0'],
      [1n, 'a bigint'],
      [() => 1, 'a function'],
      [Symbol('s'), 'a symbol'],
      [{ a: [1, undefined] }, 'undefined at .a[1]'],
      [circle, 'refers to itself'],
      [deep, '500 levels'],
      [new Date(0), 'an instance of a class'],
      [new Map(), 'an instance of a class'],
    ];
    for (const [value, words] of bad) {
      for (const write of [() => map.set('k', value), () => map.getOrInsert('k', value), () => map.compareAndSet('k', 1, value)]) {
        expect(write).toThrow(MapValueError);
        expect(write).toThrow(words);
        expect(write).toThrow('"k" of the map "apps"');
      }
    }
    expect(map.get('k')).toBe(1);
    expect(map.sequence).toBe(1);
  });

  test('any string of at most 1,024 characters is a key; a longer one, and what is no string, is a KeyError', () => {
    const [map, other] = pair<number>();
    const keys = [
      '',
      '__proto__',
      'constructor',
      '\0',
      '\ud800',
      '\udc00',
      '\ufeffk',
      'k',
      'ü'.repeat(1024),
      'x'.repeat(1024),
      'x'.repeat(253),
    ];
    for (const [index, key] of keys.entries()) map.set(key, index);
    expect(keys.map((key) => other.get(key))).toEqual(keys.map((_, index) => index));
    expect(new Set(other.keys())).toEqual(new Set(keys));
    for (const bad of [undefined, null, 1, {}, ['k']] as unknown as readonly string[])
      for (const act of [
        () => map.get(bad),
        () => map.has(bad),
        () => map.entry(bad),
        () => map.set(bad, 1),
        () => map.delete(bad),
        () => map.getOrInsert(bad, 1),
        () => map.compareAndSet(bad, 1, 1),
        () => map.compareAndDelete(bad, 1),
        () => map.update(bad, () => 1),
        () => map.snapshot().get(bad),
      ])
        expect(act).toThrow(KeyError);
    expect(() => map.set('x'.repeat(1025), 1)).toThrow('at most 1024 characters');
    expect(() => map.get('x'.repeat(1025))).toThrow('apps');
  });

  test('options that cannot work, and what is no handle, are refused by name', () => {
    const bad: readonly (readonly [object, string])[] = [
      [{ maxBytes: 1 }, 'maxBytes'],
      [{ maxBytes: 2 ** 31 }, 'maxBytes'],
      [{ maxEntries: 0 }, 'maxEntries'],
      [{ changes: 1.5 }, 'changes'],
      [{ changes: 2 ** 17 }, 'changes'],
      [{ name: 7 }, 'name'],
      [{ hotBytes: -1 }, 'hotBytes'],
    ];
    for (const [options, name] of bad) {
      expect(() => new SharedMap(options)).toThrow(MapOptionsError);
      expect(() => new SharedMap(options)).toThrow(`"${name}"`);
    }
    const handle = new SharedMap().share();
    for (const wrong of [undefined, {}, { ...handle, format: 1 }, { ...handle, data: new ArrayBuffer(8) }])
      expect(() => SharedMap.attach(wrong as never)).toThrow('no handle');
    expect(() => SharedMap.attach({ ...handle, control: new SharedArrayBuffer(1024) })).toThrow('another version');
  });
});

describe('versions', () => {
  test('versions grow with each write of the map, and compareAndSet writes only over the version it read', () => {
    const [map, other] = pair<number>();
    expect(map.compareAndSet('a', undefined, 1)).toBe(1);
    expect(map.compareAndSet('a', undefined, 2)).toBeUndefined();
    expect(other.entry('a')).toEqual({ value: 1, version: 1 });
    expect(other.compareAndSet('a', 1, 2)).toBe(2);
    expect(map.compareAndSet('a', 1, 3)).toBeUndefined();
    expect(map.compareAndDelete('a', 1)).toBe(false);
    expect(map.compareAndDelete('a', 2)).toBe(true);
    expect(map.compareAndSet('a', 2, 3)).toBeUndefined();
    expect(map.set('a', 2)).toBe(4);
    expect(map.entry('a')?.version).toBe(4);
    expect(other.compareAndSet('b', 4, 1)).toBeUndefined();
    expect(map.sequence).toBe(4);
  });

  test('update computes from what stands there, deletes for undefined, refuses a promise, and gives up after its tries', () => {
    const [map, other] = pair<number>();
    expect(map.update('a', (current) => (current ?? 0) + 1)).toBe(1);
    let calls = 0;
    expect(
      map.update('a', (current) => {
        calls += 1;
        if (calls < 3) other.set('a', 10 * calls);
        return (current ?? 0) + 1;
      }),
    ).toBe(21);
    expect(calls).toBe(3);
    expect(map.update('a', () => undefined)).toBeUndefined();
    expect(other.has('a')).toBe(false);
    expect(() => map.update('a', (() => Promise.resolve(1)) as never)).toThrow('must not be async');
    let value = 0;
    expect(() => map.update('b', () => other.set('b', (value += 1)), { tries: 4 })).toThrow(ConflictError);
    expect(value).toBe(4);
    expect(() => map.update('b', () => 1, { tries: 0 })).toThrow(MapOptionsError);
    expect(() =>
      map.update('b', () => {
        throw new Error('own');
      }),
    ).toThrow('own');
    expect(map.getOrInsert('b', 99)).toBe(4);
    expect(map.getOrInsert('c', 99)).toBe(99);
  });
});

describe('bounds', () => {
  test('a map that is full says so with map and key, changes nothing, can be emptied, and takes values again', () => {
    const [map, other] = pair<string>({ maxBytes: 1 << 16, changes: 64 });
    const text = 'x'.repeat(500);
    let count = 0;
    const fill = (): void => {
      for (;;) {
        map.set(`k${count}`, text);
        count += 1;
      }
    };
    expect(fill).toThrow(MapFullError);
    expect(fill).toThrow(`the map "apps" has no room for "k${count}"`);
    expect(fill).toThrow('"maxBytes"');
    expect(count).toBeGreaterThan(80);
    const { sequence } = map;
    expect(() => other.set('k0', text)).toThrow(MapFullError);
    expect(map.sequence).toBe(sequence);
    expect(other.get('k0')).toBe(text);
    for (let i = 0; i < count; i += 1) expect(other.delete(`k${i}`)).toBe(true);
    expect(map.size).toBe(0);
    const before = count;
    count = 0;
    expect(fill).toThrow(MapFullError);
    expect(count).toBe(before);
    expect(() => map.set('large', 'x'.repeat(20_000))).toThrow('a quarter of the 65536 bytes');
  });

  test('a map holds at most maxEntries keys, and as many whatever their hashes', () => {
    const [map] = pair<number>({ maxEntries: 5_000 });
    for (let i = 0; i < 5_000; i += 1) map.set(`k${i}`, i);
    expect(() => map.set('more', 1)).toThrow('it has 5000 keys of at most 5000');
    map.set('k7', 8);
    map.delete('k8');
    map.set('more', 1);
    expect(map.size).toBe(5_000);
    expect(new Map(map.entries()).size).toBe(5_000);
    for (let i = 9; i < 5_000; i += 1) expect(map.get(`k${i}`)).toBe(i);
  });

  test('room is used again: a map that is written over and over takes no more than its content and its history', () => {
    const [map, other] = pair<string>({ changes: 256 });
    const write = (rounds: number): void => {
      for (let i = 0; i < rounds; i += 1) (i % 2 === 0 ? map : other).set(`k${i % 100}`, 'x'.repeat(i % 300));
      for (let i = 0; i < 100; i += 2) map.delete(`k${i}`);
    };
    write(3_000);
    const { bytes } = map;
    for (let i = 0; i < 10; i += 1) write(3_000);
    expect(map.bytes).toBeLessThan(bytes * 1.3);
  });

  test('an entry of 97 bytes of JSON under a key of 8 takes 160 bytes', () => {
    const map = new SharedMap<{ readonly text: string; readonly n: number }>();
    map.set('key-0000', { text: 'x'.repeat(80), n: 1 });
    const { bytes } = map;
    for (let i = 1; i < 1_000; i += 1) map.set(`key-${String(i).padStart(4, '0')}`, { text: 'x'.repeat(80), n: 1 });
    expect(map.bytes - bytes).toBe(999 * 160);
  });

  test('values that a thread has decoded are kept within hotBytes', () => {
    const map = new SharedMap<string>({ hotBytes: 10_000 });
    for (let i = 0; i < 1_000; i += 1) map.set(`k${i}`, 'x'.repeat(100));
    for (let i = 0; i < 1_000; i += 1) expect(map.get(`k${i}`)).toHaveLength(100);
    const none = SharedMap.attach<{ a: number }>(new SharedMap<{ a: number }>().share(), { hotBytes: 0 });
    none.set('a', { a: 1 });
    expect(none.get('a')).toEqual({ a: 1 });
    expect(none.get('a')).not.toBe(none.get('a'));
  });
});

test('a record with any one word changed is never shown, nor its version, nor what it says was before', () => {
  const map = new SharedMap<string>({ maxBytes: 1 << 16 });
  map.set('key', 'the first');
  map.set('key', 'the value');
  const changes = map.changesAfter(0);
  const words = new Int32Array(map.share().data);
  let damaged = 0;
  const shownBy = <R>(read: () => R): R | undefined => {
    try {
      return read();
    } catch (error) {
      expect(isConcurrentMapError(error) && error.code).toBe('MAP_DAMAGED');
      damaged += 1;
      return undefined;
    }
  };
  for (let at = 16; at < 64; at += 1) {
    const kept = words[at] as number;
    words[at] = kept ^ 0x100;
    const reader = SharedMap.attach<string>(map.share());
    expect([undefined, { value: 'the value', version: 2 }]).toContainEqual(shownBy(() => reader.entry('key')));
    expect([undefined, changes]).toContainEqual(shownBy(() => reader.changesAfter(0)));
    words[at] = kept;
  }
  expect(damaged).toBeGreaterThan(20);
  expect(SharedMap.attach<string>(map.share()).get('key')).toBe('the value');
});
