import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEnvelope, payloadDigest, readEnvelope, ValueError } from '../index.ts';
import { readValue } from './read-value.ts';
import { sha256 } from './sha256.ts';

const owner = { namespace: 'n', app: 'iiot', model: '__proto__' };
const read = (text: string): ReturnType<typeof readEnvelope> => readEnvelope(text, JSON.parse(text));

test('what was written is read back, whatever the names and the payload', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.integer({ min: 1 }), fc.jsonValue(), (app, version, number, payload) => {
      const text = formatEnvelope({ ...owner, app, version, number, payload });
      expect(read(text)).toEqual({
        ...owner,
        app,
        version,
        number,
        digest: payloadDigest(payload, owner),
        payload: JSON.parse(JSON.stringify(payload)) as unknown,
      });
    }),
  );
});

test('the digest is that of the bytes of the payload as they stand there: any writer of JSON can make one', () => {
  const payload = '{ "a" : 1.0,\n "b": "x}\\"" }';
  const text = `{ "payload" : ${payload} , "digest":"${sha256(payload)}", "number": 3, "version":"v", "model":"m","app":"a","namespace":"n"}`;
  expect(read(text)).toMatchObject({ version: 'v', number: 3, payload: { a: 1, b: 'x}"' } });
  for (const scalar of ['null', 'true', '-1.5e3', '"text, with ,"', '[]', '[1,[2,{"payload":3}]]']) {
    expect(
      read(`{"namespace":"n","app":"a","model":"m","version":"v","number":1,"payload": ${scalar} ,"digest":"${sha256(scalar)}"}`)?.payload,
    ).toEqual(JSON.parse(scalar));
  }
});

test('an envelope that was changed after it was written is refused by name', () => {
  const text = formatEnvelope({ ...owner, version: 'v-1', number: 1, payload: { title: 'x' } });
  const changed = text.replace('"title":"x"', '"title":"y"');
  expect(() => read(changed)).toThrow(ValueError);
  expect(() => read(changed)).toThrow(/model "__proto__" of app "iiot" in namespace "n" version "v-1" does not have its digest/);
});

test.each([
  '{"title":"plain"}',
  '[]',
  'null',
  '3',
  '{"namespace":"n","app":"a","model":"m","version":"1"}',
  '{"namespace":"n","app":"a","model":"m","version":1,"number":1,"digest":"d","payload":1}',
  '{"namespace":"n","app":"a","model":"m","version":"1","number":1.5,"digest":"d","payload":1}',
])('%s is no envelope', (text) => {
  expect(read(text)).toBeUndefined();
});

test.each([
  [() => 1, /function/],
  [undefined, /undefined/],
  [1n, /cannot be written as JSON/],
])('a payload that JSON cannot hold is refused (%s)', (payload, reason) => {
  expect(() => formatEnvelope({ ...owner, version: '1', number: 1, payload })).toThrow(reason);
});

test.each([0, -1, 1.5, 2 ** 53, NaN])('%d is no number of an envelope', (number) => {
  expect(() => formatEnvelope({ ...owner, version: '1', number, payload: 1 })).toThrow(/whole number from 1/);
});

test('what is nested too deep to be written by everybody is refused, in and out; brackets in strings are text', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const bytes = (text: string): Buffer => Buffer.from(text);
  for (const depth of [1_001, 100_000]) {
    expect(() => readValue(bytes(nested(depth)), 'envelope', owner)).toThrow(/more than 1000 containers in each other/);
    expect(() => payloadDigest(JSON.parse(nested(depth)), owner)).toThrow(ValueError);
  }
  expect(readValue(bytes(nested(1_000)), 'json', owner).kind).toBe('unverified');
  expect(payloadDigest(JSON.parse(nested(999)), owner)).toMatch(/^sha256:/);
  const text = JSON.stringify(['[{"\\'.repeat(5_000), '"'.repeat(3_000)]);
  expect(readValue(bytes(text), 'json', owner).kind).toBe('unverified');
  // Names and texts with quotation marks, backslashes and brackets around the containers that count.
  for (const inner of ['"\\\\"', '"a\\"[[["', '"]]]\\\\\\""', '""'])
    for (const pairs of [499, 500]) {
      const deep = `${'[{"]\\"":'.repeat(pairs)}[${inner}]${'}]'.repeat(pairs)}`;
      expect(JSON.parse(deep)).toHaveLength(1);
      const read = (): unknown => readValue(bytes(deep), 'json', owner).kind;
      if (pairs === 499) expect(read()).toBe('unverified');
      else expect(read).toThrow(/more than 1000 containers/);
    }
});
