import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes, compareKeys, compareResourceVersions, decodeGenericKey, encodeGenericKey, encodeKey } from '../index.ts';

// Short texts over few letters meet often, which is where an encoding that is not injective shows.
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', '\0', '\u0001', '1', ':', 'é', '\u{1F600}', '\uFFFD'), maxLength: 4 }),
  fc.constantFrom('__proto__', 'constructor', 'x'.repeat(253)),
);
const key = fc.record({ cluster: part, namespace: part, name: part });

test('parts that join to the same text are different keys all the same', () => {
  const pairs = [
    [
      { cluster: '', namespace: 'a/b', name: 'c' },
      { cluster: '', namespace: 'a', name: 'b/c' },
    ],
    [
      { cluster: 'a', namespace: 'b', name: 'c' },
      { cluster: '', namespace: 'ab', name: 'c' },
    ],
    [
      { cluster: '', namespace: '', name: 'a/b' },
      { cluster: '', namespace: 'a', name: 'b' },
    ],
    [
      { cluster: 'a/b', namespace: 'c', name: 'd' },
      { cluster: 'a', namespace: 'b/c', name: 'd' },
    ],
    [
      { cluster: '', namespace: 'a\0', name: 'b' },
      { cluster: '', namespace: 'a', name: '\0b' },
    ],
  ] as const;
  for (const [a, b] of pairs) expect(encodeKey(a)).not.toBe(encodeKey(b));
});

test('two keys share an encoding only if they are the same key', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const same = a.cluster === b.cluster && a.namespace === b.namespace && a.name === b.name;
      expect(encodeKey(a) === encodeKey(b)).toBe(same);
    }),
    { numRuns: 5000 },
  );
});

test('encoded keys sort by bytes as the server lists: cluster, then namespace/name with the slash', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareBytes(encodeKey(a), encodeKey(b)))).toBe(Math.sign(compareKeys(a, b)));
    }),
    { numRuns: 5000 },
  );
  expect(compareKeys({ cluster: '', namespace: 'a-0', name: 'x' }, { cluster: '', namespace: 'a', name: 'x' })).toBe(-1);
});

test('bytes order texts above U+FFFF after the private use area, unlike UTF-16', () => {
  expect(compareBytes('\uE000', '\u{1F600}')).toBe(-1);
  expect(['\u{1F600}', '\uE000'].sort()[0]).toBe('\u{1F600}');
  expect(compareBytes('\uD800', '\uD801')).not.toBe(0);
});

const generic = fc.record(
  { group: part, apiVersion: part, kind: part, cluster: part, namespace: part, name: part, resourceVersion: part, uid: part },
  { requiredKeys: ['group', 'apiVersion', 'kind', 'cluster', 'namespace', 'name'] },
);

test('a generic key comes back from its text as it was, absent and empty parts told apart', () => {
  fc.assert(
    fc.property(generic, (each) => {
      expect(decodeGenericKey(encodeGenericKey(each))).toEqual({ ...each });
    }),
  );
});

test('a text that is cut or has more behind it is no generic key', () => {
  const text = encodeGenericKey({
    group: 'iidp.com',
    apiVersion: 'v1',
    kind: 'AppModel',
    cluster: '',
    namespace: 'a',
    name: 'b',
    uid: 'u',
  });
  for (let end = 0; end < text.length; end += 1) expect(decodeGenericKey(text.slice(0, end))).toBeUndefined();
  expect(decodeGenericKey(`${text}x`)).toBeUndefined();
});

test('resourceVersions are decimal numbers of any length; other forms can only be equal', () => {
  expect(compareResourceVersions('9', '10')).toBe(-1);
  expect(compareResourceVersions('100000000000000000000001', '100000000000000000000000')).toBe(1);
  expect(compareResourceVersions('7', '7')).toBe(0);
  expect(compareResourceVersions('abc', 'abc')).toBe(0);
  for (const odd of ['', '01', '-1', '1.0', 'abc', ' 1', '1e3']) expect(compareResourceVersions(odd, '5')).toBeUndefined();
});
