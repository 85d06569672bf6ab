import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonBytesError, JsonCursor, JsonName, JsonPath, JsonValidator } from '@kubecast/json-bytes';

const encoder = new TextEncoder();

test('json-bytes: validator, cursor and path agree with JSON.parse', () => {
  const value = { kind: 'Pod', name: 'é😀\uFEFF', list: [{ n: 1.5 }, { n: 'x' }, { n: true }], deep: { a: [[], {}, null] } };
  const validator = new JsonValidator();
  for (const indent of [0, 2]) {
    const bytes = encoder.encode(JSON.stringify(value, null, indent));
    validator.check(bytes);
    const cursor = new JsonCursor().members(bytes);
    const name = new JsonName('name');
    let found: string | undefined;
    while (cursor.next()) if (cursor.isNamed(name)) found = cursor.text();
    assert.equal(found, value.name);
    assert.deepEqual(new JsonPath(['list', '*', 'n']).read(bytes), ['1.5', 'x', 'true']);
    for (let end = 0; end < bytes.length; end += 1) assert.throws(() => validator.check(bytes.subarray(0, end)), JsonBytesError);
  }
});

test('json-bytes: bytes that are not UTF-8, and a byte order mark before the text, are refused', () => {
  const validator = new JsonValidator();
  for (const bad of [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
    assert.throws(() => validator.check(Uint8Array.from([0x22, ...bad, 0x22])), JsonBytesError);
  assert.throws(() => validator.check(encoder.encode('\uFEFF{}')), JsonBytesError);
});
