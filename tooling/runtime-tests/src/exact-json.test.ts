import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonWriteError, parseJson, shareExactTexts, writeJson } from '@kubecast/exact-json';

test('exact-json: what is read and written back has the same digits, also through a spread, Object.assign and the change of another member', () => {
  const text =
    '{"spec":{"nanos":1764468000000000001,"max":9223372036854775807},"list":[-9007199254740993,1],"pi":3.14159265358979323846264}';
  const read = parseJson(text) as { spec: { nanos: number; max: number; unit?: string }; list: number[] };
  assert.equal(writeJson(read), text);
  assert.equal(writeJson({ ...read, spec: Object.assign({}, read.spec) }), text);
  assert.equal(writeJson({ ...read.spec, unit: 'ns' }), '{"nanos":1764468000000000001,"max":9223372036854775807,"unit":"ns"}');
  assert.equal(writeJson({ ...read.spec, nanos: 5 }), '{"nanos":5,"max":9223372036854775807}');
  assert.deepEqual(Object.keys(read.spec), ['nanos', 'max']);
});

test('exact-json: a BigInt is its digits, and a number whose digits are not known is refused by its path', () => {
  assert.equal(writeJson({ a: 18446744073709551615n, b: [-0, 1e300] }), '{"a":18446744073709551615,"b":[-0,1e+300]}');
  const read = parseJson('{"spec":{"n":[9007199254740993]}}') as { spec: { n: number[] } };
  const copy = structuredClone(read);
  assert.throws(
    () => writeJson(copy),
    (error) => error instanceof JsonWriteError && error.path === 'spec.n[0]',
  );
  shareExactTexts(read.spec.n, copy.spec.n);
  assert.equal(writeJson(copy), '{"spec":{"n":[9007199254740993]}}');
});

test('exact-json: what JSON cannot say is refused by its path and a cycle is told', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  for (const [value, message] of [
    [{ a: Number.NaN }, /^a is NaN/],
    [{ a: [undefined] }, /^a\[0\] is undefined/],
    [{ a: new Map() }, /^a is a Map/],
    [{ a: new Uint8Array(2) }, /^a is a Uint8Array/],
    [{ a: '\uD800' }, /^a has half of a surrogate pair/],
    [{ a: new Date(Number.NaN) }, /^a is an invalid Date/],
    [{ a: () => 1 }, /^a is a function/],
    [cycle, /cycle/],
    [undefined, /^the value is nothing that JSON has/],
  ] as const)
    assert.throws(
      () => writeJson(value),
      (error) => error instanceof JsonWriteError && message.test(error.message),
    );
  assert.throws(() => parseJson('{"a":12345678901234567890,}'), SyntaxError);
});
