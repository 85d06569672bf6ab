import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isText, JsonBytesError, JsonCursor, JsonName, JsonPath, JsonValidator, MAX_DEPTH, skipSpace, textOf } from './index.ts';

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** What every reader here must agree with. */
function oracle(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(strict.decode(bytes)) };
  } catch {
    return undefined;
  }
}

const validator = new JsonValidator();
function isValid(bytes: Uint8Array): boolean {
  try {
    validator.check(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(JsonBytesError);
    return false;
  }
}

/** Everything, read with cursors alone. */
function readAll(bytes: Uint8Array): unknown {
  const start = skipSpace(bytes, 0, bytes.length);
  const value = (from: number, to: number): unknown => {
    const first = bytes[from];
    if (first === 0x22) return textOf(bytes, from, to);
    if (first === 0x7b) {
      const object: Record<string, unknown> = {};
      const cursor = new JsonCursor().members(bytes, from, to);
      while (cursor.next()) {
        const name = textOf(bytes, cursor.nameStart, cursor.nameEnd);
        expect(cursor.isNamed(new JsonName(name))).toBe(true);
        Object.defineProperty(object, name, {
          value: value(cursor.start, cursor.end),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      if (cursor.behind !== to) throw new JsonBytesError('more follows', cursor.behind);
      return object;
    }
    if (first === 0x5b) {
      const array: unknown[] = [];
      const cursor = new JsonCursor().items(bytes, from, to);
      while (cursor.next()) array.push(value(cursor.start, cursor.end));
      if (cursor.behind !== to) throw new JsonBytesError('more follows', cursor.behind);
      return array;
    }
    return JSON.parse(strict.decode(bytes.subarray(from, to)));
  };
  // As the only item of an array a text may be of any type.
  const wrapped = new Uint8Array(bytes.length + 2);
  wrapped.set(bytes, 1);
  wrapped[0] = 0x5b;
  wrapped[wrapped.length - 1] = 0x5d;
  const cursor = new JsonCursor().items(wrapped);
  if (!cursor.next()) throw new JsonBytesError('empty', 0);
  const [from, to] = [cursor.start - 1, cursor.end - 1];
  if (cursor.next() || cursor.behind !== wrapped.length) throw new JsonBytesError('more follows', to);
  expect(from).toBe(start);
  return value(from, to);
}

const piece = fc.oneof(
  fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"a":', '"a"', '""', '{}', '[]', '0', '-', '1', '.5', 'e', 'E+', '-0', '01'),
  fc.constantFrom(
    'true',
    'false',
    'null',
    'nul',
    'True',
    'NaN',
    'Infinity',
    ' ',
    '\n',
    '\t',
    '\r',
    '\v',
    '\f',
    '\u00a0',
    '\ufeff',
    '\u2028',
  ),
  fc.constantFrom(
    '"\\u0061"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"\\x"',
    '"\\u00g0"',
    '"\\',
    '"\u0000"',
    '"\u007f"',
    '"é"',
    '"😀"',
    '/*x*/',
    '//',
  ),
);
const bad = fc.constantFrom(
  [0x80],
  [0xc0, 0x80],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xff],
  [0xe2, 0x82],
  [0xf0, 0x9f],
);
const whole = fc.json({ maxDepth: 4 });

/** Texts that are JSON, nearly JSON, and not at all. */
const texts = fc.oneof(
  whole.map(bytesOf),
  fc
    .tuple(whole, fc.constantFrom(1, '\t', '\r\n'))
    .map(([text, indent]) =>
      bytesOf(JSON.stringify(JSON.parse(text), null, indent).replaceAll('\n', String(indent) === '\r\n' ? '\r\n' : '\n')),
    ),
  fc.array(piece, { maxLength: 12 }).map((pieces) => bytesOf(pieces.join(''))),
  fc
    .array(fc.tuple(fc.constantFrom('"a"', '"\\u0061"', '"b"', '"__proto__"', '""'), whole), { maxLength: 5 })
    .map((members) => bytesOf(`{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`)),
  fc
    .tuple(
      whole.map(bytesOf),
      fc.nat(),
      fc.nat(3),
      fc.oneof(
        bad,
        fc.uint8Array({ maxLength: 3 }).map((each) => [...each]),
      ),
    )
    .map(([bytes, place, cut, more]) => {
      const at = place % (bytes.length + 1);
      return Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at + cut)]);
    }),
  fc.tuple(whole.map(bytesOf), fc.nat()).map(([bytes, place]) => bytes.subarray(0, place % (bytes.length + 1))),
  fc.tuple(whole, bad).map(([text, more]) => Uint8Array.from([...bytesOf('{"a":"'), ...more, ...bytesOf(`","b":${text}}`)])),
);

test('the validator takes and refuses what JSON.parse behind a fatal TextDecoder takes and refuses', () => {
  fc.assert(
    fc.property(texts, (bytes) => {
      expect(isValid(bytes)).toBe(oracle(bytes) !== undefined);
    }),
    { numRuns: 8_000 },
  );
});

test('what is read with cursors is what JSON.parse reads, duplicate names and all, and they refuse together', () => {
  fc.assert(
    fc.property(texts, (bytes) => {
      const expected = oracle(bytes);
      if (expected) expect(readAll(bytes)).toEqual(expected.value);
      else expect(() => readAll(bytes)).toThrow();
    }),
    { numRuns: 8_000 },
  );
});

test('a text that is cut off anywhere is refused by the validator and by the cursor', () => {
  const bytes = bytesOf('{"a":[1,{"b":"x\\u00e9\\\\"},-1.5e+3],"c":true,"é😀":null}');
  expect(isValid(bytes)).toBe(true);
  for (let end = 0; end < bytes.length; end += 1) {
    const cut = bytes.subarray(0, end);
    expect(isValid(cut), String(end)).toBe(false);
    const cursor = new JsonCursor();
    const walk = (limit: number, over: Uint8Array): void => {
      cursor.members(over, 0, limit);
      while (cursor.next());
    };
    expect(() => walk(cut.length, cut), String(end)).toThrow(JsonBytesError);
    expect(() => walk(end, bytes), String(end)).toThrow(JsonBytesError);
  }
});

test('a value that goes on behind the limit is no value: the bytes there belong to somebody else', () => {
  for (const text of ['{"a":"bcdef"}', '{"a":[1,[2]]}', '{"a":{"b":1}}']) {
    const bytes = bytesOf(text);
    expect(() => new JsonCursor().members(bytes, 0, 9).next()).toThrow(JsonBytesError);
    expect(new JsonCursor().members(bytes).next()).toBe(true);
  }
});

test('nesting is refused behind the bound, and the bound costs no stack', () => {
  const nested = (depth: number): Uint8Array => bytesOf('['.repeat(depth) + ']'.repeat(depth));
  expect(isValid(nested(MAX_DEPTH))).toBe(true);
  expect(() => validator.check(nested(MAX_DEPTH + 1))).toThrow(`nested deeper than ${MAX_DEPTH} (byte ${MAX_DEPTH})`);
  new JsonValidator(100_000).check(nested(100_000));
  const cursor = new JsonCursor().items(nested(100_000));
  expect([cursor.next(), cursor.next()]).toEqual([true, false]);
});

test('a byte order mark is refused before a text and is a character within a string', () => {
  expect(isValid(bytesOf('\uFEFF{}'))).toBe(false);
  expect(() => new JsonCursor().members(bytesOf('\uFEFF{}'))).toThrow('expected an object (byte 0)');
  const bytes = bytesOf('{"\uFEFFa":"\uFEFFb"}');
  const cursor = new JsonCursor().members(bytes);
  expect(cursor.next() && cursor.isNamed(new JsonName('\uFEFFa'))).toBe(true);
  expect(cursor.isNamed(new JsonName('a'))).toBe(false);
  expect(cursor.text()).toBe('\uFEFFb');
  expect(new JsonPath(['\uFEFFa']).read(bytes)).toEqual(['\uFEFFb']);
});

test('an error names the reason and the byte, and quotes nothing of what it read', () => {
  const failed = (text: string): unknown => {
    try {
      validator.check(bytesOf(text));
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(failed('{"token":"s3cret" "b"}')).toMatchObject({
    code: 'JSON_INVALID',
    name: 'JsonBytesError',
    reason: 'not JSON: unexpected byte',
    offset: 18,
  });
  expect(failed('{"token":"s3cret')).toMatchObject({ message: 'not JSON: it ends in the middle (byte 16)' });
  expect(failed('')).toMatchObject({ message: 'not JSON: it is empty (byte 0)' });
  expect(failed('{} {}')).toMatchObject({ message: 'not JSON: there is more after its end (byte 3)' });
  expect(failed('"a\u0001"')).toMatchObject({ message: 'not JSON: a control character in a string (byte 2)' });
});

test('a name with a backslash is no name that is written with an escape', () => {
  const cursor = new JsonCursor().members(bytesOf('{"a\\nb":1,"a\\\\nb":2}'));
  const raw = new JsonName('a\\nb');
  const line = new JsonName('a\nb');
  const seen: boolean[][] = [];
  while (cursor.next()) seen.push([cursor.isNamed(raw), cursor.isNamed(line)]);
  expect(seen).toEqual([
    [false, true],
    [true, false],
  ]);
});

test('a text is compared with ASCII byte by byte', () => {
  const bytes = bytesOf('{"type"}');
  expect(isText(bytes, 1, 7, '"type"')).toBe(true);
  expect(isText(bytes, 1, 7, '"typo"')).toBe(false);
  expect(isText(bytes, 1, 8, '"type"')).toBe(false);
});

function walk(value: unknown, path: readonly string[]): readonly string[] {
  let places: unknown[] = [value];
  for (const step of path) {
    places = places.flatMap((place) => {
      if (typeof place !== 'object' || place === null) return [];
      if (Array.isArray(place)) return step === '*' ? (place as unknown[]) : [];
      return Object.hasOwn(place, step) ? [(place as Record<string, unknown>)[step]] : [];
    });
  }
  return places.flatMap((place) => (['string', 'number', 'boolean'].includes(typeof place) ? [String(place)] : []));
}

test('a path reads the texts that a walk over the parsed value finds, whatever is doubled or escaped', () => {
  const name = fc.constantFrom('a', 'b', '*', '__proto__', 'ä', '"', '');
  fc.assert(
    fc.property(texts, fc.array(name, { maxLength: 4 }), (bytes, path) => {
      const expected = oracle(bytes);
      if (expected) expect(new JsonPath(path).read(bytes)).toEqual(walk(expected.value, path));
    }),
    { numRuns: 8_000 },
  );
});

test('of members with one name the last counts on every level of a path', () => {
  const path = new JsonPath(['a', 'b']);
  expect(path.read(bytesOf('{"a":{"b":"x"},"a":{"b":"y","\\u0062":"z"}}'))).toEqual(['z']);
  expect(path.read(bytesOf('{"a":{"b":"x"},"a":5}'))).toEqual([]);
});

test('what is no bytes is refused as such by every reader: a text is not taken for JSON', () => {
  for (const given of [
    '{}',
    'garbage',
    '',
    new ArrayBuffer(2),
    new Uint16Array([0x7b7d]),
    [0x7b, 0x7d],
    new DataView(new ArrayBuffer(2)),
  ]) {
    const bytes = given as unknown as Uint8Array;
    for (const read of [
      () => new JsonValidator().check(bytes),
      () => new JsonCursor().members(bytes),
      () => new JsonCursor().items(bytes),
      () => new JsonPath(['a']).read(bytes),
    ])
      expect(read).toThrow(expect.objectContaining({ code: 'JSON_INVALID', reason: 'not bytes: give a Uint8Array', offset: 0 }));
  }
});

test('a cursor that is behind the last member stays there, however often it is asked', () => {
  const bytes = bytesOf('{"a":[1,2],"b":{}} x');
  const cursor = new JsonCursor();
  expect(cursor.next()).toBe(false);
  cursor.members(bytes);
  expect([cursor.next(), cursor.next(), cursor.next(), cursor.next(), cursor.next()]).toEqual([true, true, false, false, false]);
  expect(cursor.behind).toBe(18);
  expect(cursor.items(bytes, 5).next()).toBe(true);
});

test('a bound of nesting that is no whole number, below 0 or beyond memory is refused when the validator is made', () => {
  for (const bound of [Number.NaN, -1, 1.5, Infinity, 2 ** 31, '500' as unknown as number])
    expect(() => new JsonValidator(bound)).toThrow(`maxDepth is ${bound}`);
  expect(() => new JsonValidator(0).check(bytesOf('1'))).not.toThrow();
  expect(() => new JsonValidator(0).check(bytesOf('[]'))).toThrow('nested deeper than 0');
});

test('a path gives integers with all their digits, and other numbers as String gives them', () => {
  const numbers = '[9007199254740993,-9223372036854775808,18446744073709551615,-0,0,1.50,1e2,1e400]';
  expect(new JsonPath(['*']).read(bytesOf(numbers))).toEqual([
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551615',
    '0',
    '0',
    '1.5',
    '100',
    'Infinity',
  ]);
});
