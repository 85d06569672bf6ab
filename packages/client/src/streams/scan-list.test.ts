import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { scanList } from './scan-list.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));

test('any list is cut into the items that JSON.parse sees, whatever the order and the spaces', () => {
  const item = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }));
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 5 }),
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.shuffledSubarray(['apiVersion', 'kind', 'metadata', 'items', 'extra'], { minLength: 5 }),
      fc.constantFrom(0, 1, '\t'),
      (items, version, token, order, space) => {
        const whole: Record<string, unknown> = {
          apiVersion: 'v1',
          kind: 'ThingList',
          metadata: { resourceVersion: version, continue: token, remainingItemCount: 3 },
          items,
          extra: { items: ['"]}'] },
        };
        const text = JSON.stringify(Object.fromEntries(order.map((name) => [name, whole[name]])), null, space);
        const list = scanList(encode(text), 'x');
        expect(list.items.map(parse)).toEqual(JSON.parse(JSON.stringify(items)));
        expect(list).toMatchObject({
          kind: 'ThingList',
          apiVersion: 'v1',
          resourceVersion: version,
          continueToken: token,
          remainingItemCount: 3,
        });
      },
    ),
  );
});

test('items that are null, as Go writes an empty list, are none', () => {
  expect(scanList(encode('{"kind":"L","metadata":{"resourceVersion":"5"},"items":null}'), 'x').items).toEqual([]);
});

test('what is no list, or is cut anywhere, is a ProtocolError that names the request', () => {
  const text = '{"kind":"L","metadata":{"resourceVersion":"5"},"items":[{"a":"b\\"c"},{"d":[1]}]}';
  expect(scanList(encode(text), 'x').items).toHaveLength(2);
  for (let i = 0; i < text.length; i++) expect(() => scanList(encode(text.slice(0, i)), 'GET /p')).toThrow(ProtocolError);
  for (const bad of ['<html>', '[]', '{"kind":"Status"}', `${text} x`, '{"items":{}}', '{"items":[1,]}'])
    expect(() => scanList(encode(bad), 'GET /p')).toThrow(/GET \/p: the answer is no list/);
});

test('a version or a token of a wrong type is an error: taken for absent, the list would end before its end', () => {
  for (const metadata of ['{"continue":5}', '{"resourceVersion":7}', '{"continue":{}}', '[]', '"5"', 'true'])
    expect(() => scanList(encode(`{"metadata":${metadata},"items":[]}`), 'GET /p')).toThrow(/^GET \/p: metadata/);
  for (const metadata of ['null', '{}', '{"continue":null,"resourceVersion":null}'])
    expect(scanList(encode(`{"metadata":${metadata},"items":[]}`), 'x')).toMatchObject({ continueToken: '', resourceVersion: '' });
});
