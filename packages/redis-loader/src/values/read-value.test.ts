import { expect, test } from 'vitest';
import { formatEnvelope, ValueError } from '../index.ts';
import type { LazyPayload } from './lazy-payload.ts';
import { readValue as read, type ValueForm } from './read-value.ts';

const owner = { namespace: 'n', app: 'a', model: 'm' };
/** With the payload read. */
const readValue = (...args: [Uint8Array, ValueForm, typeof owner]): unknown => {
  const reading = read(...args);
  return 'payload' in reading ? { ...reading, payload: (reading.payload as LazyPayload<unknown>).read() } : reading;
};
const bytes = (text: string): Buffer => Buffer.from(text);

test('an envelope of the owner is read, one of somebody else is foreign', () => {
  const text = bytes(formatEnvelope({ ...owner, version: '1', number: 7, payload: { x: 1 } }));
  expect(readValue(text, 'envelope', owner)).toMatchObject({ kind: 'envelope', version: '1', number: 7, payload: { x: 1 } });
  for (const other of [
    { ...owner, namespace: 'o' },
    { ...owner, app: 'o' },
    { ...owner, model: 'o' },
  ]) {
    expect(readValue(text, 'envelope', other)).toMatchObject({
      kind: 'foreign',
      owner,
      message: expect.stringContaining('model "m" of app "a" in namespace "n"') as string,
    });
  }
});

test('JSON without an envelope is unverified; in the form json an envelope is only JSON', () => {
  expect(readValue(bytes('{"x":1}'), 'envelope', owner)).toEqual({ kind: 'unverified', payload: { x: 1 } });
  const text = formatEnvelope({ ...owner, version: '1', number: 7, payload: 1 });
  expect(readValue(bytes(text), 'json', owner)).toEqual({ kind: 'unverified', payload: JSON.parse(text) as unknown });
});

test('in the form raw the bytes are handed out as they are, and are a copy', () => {
  const raw = Buffer.from([0, 255, 128]);
  const reading = readValue(raw, 'raw', owner);
  raw[0] = 9;
  expect(reading).toEqual({ kind: 'unverified', payload: new Uint8Array([0, 255, 128]) });
});

test.each([
  ['', /is empty/],
  ['{', /1 bytes is not JSON/],
  ['secret', /^the value of 6 bytes is not JSON$/],
])('%j is malformed, and the message does not quote it', (text, reason) => {
  expect(() => readValue(bytes(text), 'envelope', owner)).toThrow(reason);
  expect(() => readValue(bytes(text), 'envelope', owner)).toThrow(ValueError);
});

test('bytes that are no UTF-8 are malformed, not read as replacement characters', () => {
  expect(() => readValue(Buffer.from([0x22, 0xff, 0x22]), 'json', owner)).toThrow(/not UTF-8/);
});
