import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byField, createObjectStore } from '../index.ts';
import type { Entry } from '../index.ts';
import { JsonPath } from '@kubecast/json-bytes';

const encoder = new TextEncoder();
const read = (json: string, ...path: string[]): readonly string[] => new JsonPath(path).read(encoder.encode(json));

test('a field is read from bytes as JSON.parse reads it: escapes, doubles, white space, numbers and words', () => {
  expect(read('{"a":{"b":"x"}}', 'a', 'b')).toEqual(['x']);
  expect(read(' {\n"a" :\t{ "b" : "x" , "b":\r"y" } }', 'a', 'b')).toEqual(['y']);
  expect(read('{"\\u0061":{"b":"\\u00e9\\n\\"{"}}', 'a', 'b')).toEqual(['é\n"{']);
  expect(read('{"a":"{\\"b\\":1}","a":{"b":-1.5E+3}}', 'a', 'b')).toEqual(['-1500']);
  expect(read('{"a":[{"n":"x"},{"n":true},{"n":null},{"m":1},"n",["n"],{"n":{"n":1}}]}', 'a', '*', 'n')).toEqual(['x', 'true']);
  expect(read('{"a":["x",1,[2],null,{}]}', 'a', '*')).toEqual(['x', '1']);
  expect(read('{"a":{"*":"literally"}}', 'a', '*')).toEqual(['literally']);
  expect(read('{"__proto__":"x"}', '__proto__')).toEqual(['x']);
  for (const path of [['b'], ['a', 'b'], ['a', '*', 'x'], ['toString']]) expect(read('{"a":"x","ab":{"b":1}}', ...path)).toEqual([]);
  expect(read('{}', 'a')).toEqual([]);
});

const key = fc.constantFrom('a', 'b', '*', '__proto__', 'ä', '"', '');
const json = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { maxKeys: 4 }),
  ),
})).any;

test('for any object and path it reads what a walk over the parsed object reads', () => {
  const entryOf = (value: unknown): Entry<unknown> => ({ value }) as Entry<unknown>;
  fc.assert(
    fc.property(json, fc.array(key, { minLength: 1, maxLength: 4 }), fc.boolean(), (value, path, wide) => {
      const text = JSON.stringify(value, null, wide ? 2 : 0);
      expect(read(text, ...path)).toEqual(byField(...path)(entryOf(JSON.parse(text))));
    }),
    { numRuns: 2_000 },
  );
});

test('an index by a field finds what an index by the value finds, also by what is not kept', () => {
  const store = createObjectStore<{ spec?: { app?: string } }>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    indexes: { app: byField('spec', 'app'), kind: byField('kind'), model: byField('spec', 'models', '*', 'name') },
  });
  const put = (name: string, spec: unknown): unknown =>
    store.put({
      object: encoder.encode(
        JSON.stringify({
          apiVersion: 'example.com/v1',
          kind: 'Thing',
          metadata: { name, namespace: 'n', uid: name, resourceVersion: '1' },
          spec,
        }),
      ),
    });
  put('x', { app: 'A', models: [{ name: 'm' }, { name: 'm' }, { name: 'o' }] });
  put('y', { app: 'B', models: [{ name: 'm' }] });
  put('z', undefined);
  const found = (name: string, value: string): string[] =>
    [...store.view.select({ index: { name, value } })].map(({ key: { name: each } }) => each);
  expect([found('app', 'A'), found('app', 'B'), found('app', '')]).toEqual([['x'], ['y'], []]);
  expect(found('kind', 'Thing')).toEqual(['x', 'y', 'z']);
  expect([found('model', 'm'), found('model', 'o')]).toEqual([['x', 'y'], ['x']]);
});
