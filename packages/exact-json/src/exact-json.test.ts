import { expect, test } from 'vitest';
import { exactTextOf, JsonWriteError, keepExactText, parseJson, shareExactTexts, writeJson } from './index.ts';

const texts = [
  '{"a":9007199254740993}',
  '{"a":9007199254740992,"b":-9007199254740993}',
  '{"spec":{"max":9223372036854775807,"min":-9223372036854775808},"n":1}',
  '[9007199254740993,1,18446744073709551615]',
  '{"deep":[[{"__proto__":{"x":1764468000000000001}}]]}',
  '{"pi":3.14159265358979323846264338327950288,"big":123456789012345678901234567890}',
  '{"huge":1e400,"zero":-0.0}',
  '{"a":0.1,"b":100,"text":"9007199254740993 1e400"}',
];

test('what is read and written back is what it was, to the last digit', () => {
  for (const text of texts) expect(writeJson(parseJson(text))).toBe(text.replace('-0.0', '-0'));
  expect(writeJson(parseJson('{"a":1.0,"b":1e3,"c":-0}'))).toBe('{"a":1,"b":1000,"c":-0}');
});

test('the digits survive spreading, Object.assign, and the changes of other members', () => {
  const read = parseJson('{"spec":{"nanos":1764468000000000001,"unit":"ns"},"list":[9007199254740993,2]}') as {
    spec: { nanos: number; unit: string };
    list: number[];
  };
  expect(writeJson({ ...read, spec: { ...read.spec, unit: 's' } })).toBe(
    '{"spec":{"nanos":1764468000000000001,"unit":"s"},"list":[9007199254740993,2]}',
  );
  read.list.unshift(7);
  expect(writeJson(read.list)).toBe('[7,9007199254740993,2]');
  read.spec.nanos = 5;
  expect(writeJson(read.spec)).toBe('{"nanos":5,"unit":"ns"}');
  expect(Object.keys(read.spec)).toEqual(['nanos', 'unit']);
  expect(JSON.stringify(read.list)).toBe('[7,9007199254740992,2]');
});

test('a copy that does not know the digits is refused with its path, and shareExactTexts tells them', () => {
  const read = parseJson('{"spec":{"nanos":[9007199254740993]}}') as { spec: { nanos: number[] } };
  const copy = structuredClone(read);
  expect(() => writeJson(copy)).toThrow(/^spec\.nanos\[0\] is 9007199254740992: beyond 2\^53/);
  shareExactTexts(read.spec.nanos, copy.spec.nanos);
  expect(writeJson(copy)).toBe('{"spec":{"nanos":[9007199254740993]}}');
  const own = { value: 9007199254740992 };
  keepExactText(own, 'value', '9007199254740993');
  expect([writeJson(own), exactTextOf(own, 'value'), exactTextOf(own, 'other')]).toEqual([
    '{"value":9007199254740993}',
    '9007199254740993',
    undefined,
  ]);
});

test('two items of a list with one double and different digits are refused: after a sort nobody could tell them apart', () => {
  const list = parseJson('[9007199254740993,9007199254740992]') as number[];
  expect(() => writeJson(list)).toThrow(JsonWriteError);
  expect(writeJson(parseJson('[9007199254740993,9007199254740993]'))).toBe('[9007199254740993,9007199254740993]');
});

test('BigInt is written as its digits; doubles beyond int64 as doubles', () => {
  expect(writeJson({ a: 9007199254740993n, b: -1n, c: 1e30, d: 1.5e300, e: 0.1 })).toBe(
    '{"a":9007199254740993,"b":-1,"c":1e+30,"d":1.5e+300,"e":0.1}',
  );
});

test('what JSON.stringify would drop, null or empty is refused by path', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = { cycle };
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const refused: readonly (readonly [unknown, string])[] = [
    [undefined, ''],
    [() => {}, ''],
    [Symbol('s'), ''],
    [Number.NaN, ''],
    [{ a: Number.NaN }, 'a'],
    [{ a: [Infinity] }, 'a[0]'],
    [{ a: [1, undefined] }, 'a[1]'],
    [{ a: { f() {} } }, 'a.f'],
    [{ a: Symbol.iterator }, 'a'],
    [{ 'x/y': { m: new Map() } }, '["x/y"].m'],
    [{ s: new Set([1]) }, 's'],
    [{ b: new Uint8Array(2) }, 'b'],
    [{ b: new ArrayBuffer(2) }, 'b'],
    [{ s: new ReadableStream() }, 's'],
    [{ p: Promise.resolve(1) }, 'p'],
    [{ r: /x/ }, 'r'],
    [{ e: new Error('x') }, 'e'],
    [{ d: new Date(Number.NaN) }, 'd'],
    [{ s: '\ud800' }, 's'],
    [{ '\udfff': 1 }, '["\\udfff"]'],
    [{ n: 2 ** 53 }, 'n'],
    [{ n: -(2 ** 63) }, 'n'],
    [cycle, ''],
    [deep, ''],
    [
      {
        toJSON() {
          throw new Error('mine');
        },
      },
      '',
    ],
  ];
  for (const [value, path] of refused) {
    let error: unknown;
    try {
      writeJson(value);
    } catch (caught) {
      error = caught;
    }
    expect(error, String(path)).toBeInstanceOf(JsonWriteError);
    expect((error as JsonWriteError).path).toBe(path);
  }
});

test('what JSON can say is written as JSON.stringify writes it', () => {
  class Model {
    readonly metadata = { name: 'x' };
  }
  const good = [
    null,
    0,
    '',
    true,
    [],
    {},
    { a: undefined, b: null },
    new Date(0),
    new Model(),
    Object.assign(Object.create(null) as object, { a: 1 }),
    { n: new Number(5) },
    'üñ😀',
    { toJSON: () => ({ made: 1 }) },
  ];
  for (const value of good) expect(writeJson(value)).toBe(JSON.stringify(value));
});

test('a number keeps its digits exactly where the double that is written would be another number', () => {
  const kept = [
    '1e-400',
    '0.00000000000000000000000000000000001e-300',
    '1.00000000000000000000001',
    '4503599627370497.25',
    '-0.10000000000000000001',
  ];
  for (const text of kept) {
    for (const whole of [`{"a":${text}}`, `[1,${text}]`, `{ "a" : [ { "b" : ${text} } ] }`])
      expect(writeJson(parseJson(whole)), text).toBe(whole.replaceAll(' ', ''));
  }
  const plain: readonly (readonly [string, string])[] = [
    ['1.0000000000000000000', '1'],
    ['100000000000000e-14', '1'],
    ['0.000000000000000000000', '0'],
    ['1234567.5000000000000', '1234567.5'],
    ['1E-007', '1e-7'],
    ['0.5e0000000000000000001', '5'],
  ];
  for (const [text, written] of plain) {
    const read = parseJson(`{"a":${text}}`) as { a: number };
    expect(writeJson(read)).toBe(`{"a":${written}}`);
    expect(Object.getOwnPropertySymbols(read)).toEqual([]);
  }
});

test('long digits within texts are no numbers: nothing is kept for them', () => {
  const text = '{"digest":"sha256:12345678901234567890","list":["9007199254740993",", 9007199254740993"],"n":[1]}';
  const read = parseJson(text) as { n: object };
  expect(writeJson(read)).toBe(text);
  expect([Object.getOwnPropertySymbols(read), Object.getOwnPropertySymbols(read.n)]).toEqual([[], []]);
});

test('members with one name count once: the last has its digits, or none', () => {
  expect(writeJson(parseJson('{"a":9007199254740993,"a":1}'))).toBe('{"a":1}');
  expect(writeJson(parseJson('{"a":1,"a":9007199254740993}'))).toBe('{"a":9007199254740993}');
  expect(writeJson(parseJson('{"__proto__":9007199254740993,"constructor":9007199254740995}'))).toBe(
    '{"__proto__":9007199254740993,"constructor":9007199254740995}',
  );
});

test(
  'a list or an object of very many long numbers is read and written in time that grows with their count alone',
  { timeout: 60_000 },
  () => {
    const list = (count: number): string =>
      `[${Array.from({ length: count }, (_, i) => `${9_007_199_254_740_993n + BigInt(i) * 2_048n}`).join()}]`;
    const object = (count: number): string =>
      `{${Array.from({ length: count }, (_, i) => `"m${i}":${9_007_199_254_740_993n + BigInt(i)}`).join()}}`;
    // A list that was spliced finds its numbers by what they are.
    const moved = (text: string): string => {
      const read = parseJson(text) as unknown[];
      if (Array.isArray(read)) read.unshift(0.5);
      return writeJson(read);
    };
    for (const make of [list, object]) {
      const text = make(4_000);
      expect(writeJson(parseJson(text))).toBe(text);
      expect(moved(text)).toBe(text.replace('[', '[0.5,'));
      const costOf = (count: number): number => {
        const given = make(count);
        let best = Infinity;
        for (let run = 0; run < 5; run += 1) {
          const begun = process.cpuUsage();
          moved(given);
          const { user, system } = process.cpuUsage(begun);
          best = Math.min(best, user + system);
        }
        return best;
      };
      // Eight times the numbers: a cost that grew with their square would be 64 times as much.
      expect(costOf(8_000) / costOf(1_000)).toBeLessThan(24);
    }
  },
);

test('invalid JSON is a SyntaxError, with and without long numbers', () => {
  for (const text of ['{', '[9007199254740993', '{"a":01234567890123456789}', '']) expect(() => parseJson(text)).toThrow(SyntaxError);
});

test('nesting beyond the stack is a RangeError where a number needs its digits, and is read where none does', () => {
  const deep = (inner: string): string => `${'['.repeat(100_000)}${inner}${']'.repeat(100_000)}`;
  expect(() => parseJson(deep('9007199254740993'))).toThrow(RangeError);
  expect(parseJson(deep('1'))).toHaveLength(1);
  const within = `${'['.repeat(500)}9007199254740993${']'.repeat(500)}`;
  expect(writeJson(parseJson(within))).toBe(within);
});

test('a program that sets a number to the double that was read has not changed it; a copied list and a renamed member are refused', () => {
  const read = parseJson('{"n":9007199254740993,"list":[9007199254740993]}') as { n: number; list: number[] };
  read.n = 5;
  read.n = 2 ** 53;
  expect(writeJson(read)).toBe('{"n":9007199254740993,"list":[9007199254740993]}');
  expect(() => writeJson([...read.list])).toThrow(/^\[0\] is 9007199254740992: beyond 2\^53/);
  expect(() => writeJson({ renamed: read.n })).toThrow(/^renamed is 9007199254740992/);
});
