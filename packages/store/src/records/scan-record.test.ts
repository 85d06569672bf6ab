import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecordError, StoreError } from '../index.ts';
import { MAX_DEPTH } from '@kubecast/json-bytes';
import { RecordScanner } from './scan-record.ts';

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function kept(scanner: RecordScanner, bytes: Uint8Array): string {
  const { cuts } = scanner.scan(bytes);
  let text = '';
  let at = 0;
  for (let i = 0; i < cuts.length; i += 2) {
    text += strict.decode(bytes.subarray(at, cuts[i]));
    at = cuts[i + 1] ?? 0;
  }
  return text + strict.decode(bytes.subarray(at));
}

/** What the scan must agree with. */
function oracle(bytes: Uint8Array, drop: readonly (readonly string[])[]): unknown {
  const object: unknown = JSON.parse(strict.decode(bytes));
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new Error('not an object');
  for (const path of [['apiVersion'], ['kind'], ...drop]) {
    let place: unknown = object;
    for (const part of path.slice(0, -1))
      place =
        typeof place === 'object' && place !== null && !Array.isArray(place) && Object.hasOwn(place, part)
          ? (place as Record<string, unknown>)[part]
          : undefined;
    if (typeof place === 'object' && place !== null && !Array.isArray(place)) delete (place as Record<string, unknown>)[path.at(-1) ?? ''];
  }
  return object;
}

const drop = [['metadata', 'managedFields'], ['a'], ['b', 'a'], ['status', 'x', 'y']];
const scanner = new RecordScanner(drop);

function agrees(bytes: Uint8Array): 'read' | 'refused' {
  let expected: unknown;
  try {
    expected = oracle(bytes, drop);
  } catch {
    expect(() => scanner.scan(bytes)).toThrow(RecordError);
    return 'refused';
  }
  let text: string;
  try {
    text = kept(scanner, bytes);
  } catch (error) {
    // The one thing that is refused although JSON.parse reads it: a header part of another type.
    if (/metadata\.\w+ is .*, not a string/.test((error as Error).message)) return 'refused';
    throw error;
  }
  expect(JSON.parse(text)).toEqual(expected);
  return 'read';
}

// Names that are dropped meet names that are not, in objects small enough that first, last and only members all occur.
const name = fc.constantFrom(
  'a',
  'b',
  'c',
  'x',
  'y',
  'metadata',
  'managedFields',
  'status',
  'kind',
  'apiVersion',
  'labels',
  '__proto__',
  'é\n"',
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', 'true', 'false', '0', '-1.5e+3', '1E5', '""', '"\\u0041\\n"', '"\u{1F600}"', '[]', '{}'),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${(items as string[]).join(' , ')}]`),
  object: fc
    .array(fc.tuple(name, tie('value'), fc.boolean(), fc.constantFrom('', ' ', '\n\t')), { maxLength: 4 })
    .map(
      (members) =>
        `{${members.map(([key, each, escape, space]) => `${space}${writeKey(key, escape)}${space}:${space}${each as string}${space}`).join(',')}}`,
    ),
}));

function writeKey(key: string, escape: boolean): string {
  const plain = JSON.stringify(key);
  return escape && /^[a-zA-Z_]+$/.test(key) ? `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}"` : plain;
}

test('what is kept is what JSON.parse reads, without the dropped paths, for any JSON', () => {
  let read = 0;
  fc.assert(
    fc.property(value as fc.Arbitrary<string>, (text) => {
      // A key that stands twice cannot be compared by JSON.parse after a drop if the earlier one is what is left: none such, all are cut.
      if (agrees(encoder.encode(text)) === 'read') read += 1;
    }),
    { numRuns: 4000 },
  );
  expect(read).toBeGreaterThan(300);
});

test('bytes that were changed, cut, put in or taken out are read as JSON.parse reads them, or refused', () => {
  const start = encoder.encode(
    '{"apiVersion":"v1","metadata":{"name":"é\u{1F600}","labels":{"a":"\\u00e9"},"managedFields":[{"x":{}}],"uid":"u"},"b":{"a":1,"c":[1.5e3,true,false,null]},"a":{}}',
  );
  let refused = 0;
  fc.assert(
    fc.property(
      fc.nat({ max: start.length }),
      fc.constantFrom('set', 'insert', 'remove', 'cut'),
      fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x22, 0x5c, 0x7b, 0x7d, 0x2c, 0x3a, 0x30, 0x2d, 0x2e, 0xc0, 0xed, 0xf4)),
      (at, how, byte) => {
        const bytes = [...start];
        if (how === 'set') bytes[Math.min(at, bytes.length - 1)] = byte;
        else if (how === 'insert') bytes.splice(at, 0, byte);
        else if (how === 'remove') bytes.splice(at, 1);
        else bytes.length = at;
        if (agrees(new Uint8Array(bytes)) === 'refused') refused += 1;
      },
    ),
    { numRuns: 6000 },
  );
  expect(refused).toBeGreaterThan(1000);
});

test('every pair and triple of bytes in a string is UTF-8 to the scan exactly if it is to a TextDecoder', () => {
  expect.hasAssertions();
  const bytes = encoder.encode('{"k":"    "}');
  const edges = [
    0x22, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3,
    0xf4, 0xf5, 0xff,
  ];
  for (const a of edges)
    for (const b of edges)
      for (const c of edges) {
        bytes.set([a, b, c], 6);
        agrees(bytes);
        bytes.set([0xf0, a, b, c], 6);
        agrees(bytes);
        bytes.set([0x20], 9);
      }
});

const text = (bytes: Uint8Array, part: { start: number; end: number }): string => strict.decode(bytes.subarray(part.start, part.end));

test('the header is that of the last metadata, with keys read by what they mean', () => {
  const bytes = encoder.encode(
    '{"metadata":{"name":"old","uid":"gone"},"spec":{"name":"no"},"me\\u0074adata":{"na\\u006de":"new","name":"newest","labels":{"a":"b"}}}',
  );
  const scan = scanner.scan(bytes);
  expect(text(bytes, scan.name)).toBe('newest');
  expect(text(bytes, scan.labels)).toBe('{"a":"b"}');
  expect(scan.uid.start).toBe(-1);
});

test('nesting up to the limit is read, deeper is refused with its place', () => {
  const nest = (depth: number): Uint8Array => encoder.encode(`{"a1":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
  expect(() => scanner.scan(nest(MAX_DEPTH))).not.toThrow();
  expect(() => scanner.scan(nest(MAX_DEPTH + 1))).toThrow(/nested deeper than 500 \(byte \d+\)/);
  expect(() => scanner.scan(nest(200_000))).toThrow(RecordError);
});

test("an object's identity may not be dropped", () => {
  for (const path of [[], ['metadata'], ['metadata', 'name'], ['metadata', 'uid']])
    expect(() => new RecordScanner([path])).toThrow(StoreError);
});
