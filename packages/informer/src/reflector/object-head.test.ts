import { expect, test } from 'vitest';
import fc from 'fast-check';
import { parseHead, readHead } from './object-head.ts';

const encoder = new TextEncoder();
const bytes = (value: unknown): Uint8Array => encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));

const usual = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: {
    annotations: { note: 'a "quoted" \\ {brace} [bracket]' },
    labels: {},
    managedFields: [{ 'f:metadata': { 'f:name': {} } }],
    name: 'a',
    namespace: 'n',
    resourceVersion: '12',
    uid: 'u',
  },
  spec: { kind: 'not this', metadata: { name: 'nor this' }, list: [1, -2.5e3, true, null, 'x'] },
};

test('the usual object is cut from its bytes, and what only looks like its head is passed over', () => {
  expect(readHead(bytes(usual))).toEqual({
    kind: 'Thing',
    apiVersion: 'example.com/v1',
    namespace: 'n',
    name: 'a',
    uid: 'u',
    version: '12',
    initialEventsEnd: undefined,
  });
});

test('every form of JSON is read as a parser reads it: blanks, escapes, repeated names, other scripts, other types', () => {
  for (const text of [
    JSON.stringify(usual, null, 1),
    '{"kind":"T","metadata":{"name":"a\\u0062"}}',
    '{"kind":"A","kind":"B","metadata":{}}',
    '{"kind":"A","kind":5,"metadata":{}}',
    '{"k\\u0069nd":"A","metadata":{"n\\u0061me":"x"}}',
    '{"metadata":{"name":"a","uid":"u"},"metadata":{"name":"b"}}',
    '{"metadata":{"name":"a","uid":"u"},"metadata":null}',
    '{"kind":"T","metadata":{"name":"é\uFEFF","namespace":"\uFEFFn"}}',
    '{"kind":5,"metadata":{}}',
    '{"kind":"T"}',
    '{"kind":"T","metadata":null}',
    '{}',
    ' {"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}} ',
  ])
    expect(readHead(bytes(text)), text).toEqual({ ...parseHead(bytes(text)), initialEventsEnd: undefined });
});

test('bytes that are cut off or are no object throw', () => {
  const whole = bytes(usual);
  for (let length = 0; length < whole.length; length += 1) expect(() => readHead(whole.subarray(0, length))).toThrow();
  for (const text of ['', 'null', '5', '"a"', '[1]', '{}x', '{}{}']) expect(() => readHead(bytes(text))).toThrow();
});

test('whatever the object, the cut head is the parsed one', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const word = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), json);
  const meta = fc.dictionary(
    fc.oneof(fc.constantFrom('name', 'namespace', 'uid', 'resourceVersion', 'labels', 'managedFields'), fc.string()),
    word,
  );
  const object = fc.dictionary(fc.oneof(fc.constantFrom('kind', 'apiVersion', 'metadata', 'spec'), fc.string()), fc.oneof(word, meta));
  fc.assert(
    fc.property(object, fc.oneof(fc.constant(undefined), fc.constant(1)), (value, indent) => {
      const encoded = bytes(JSON.stringify(value, null, indent));
      expect(readHead(encoded)).toEqual({ ...parseHead(encoded), initialEventsEnd: undefined });
    }),
    { numRuns: 2000 },
  );
});
