import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSplitter } from './split-frames.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

test('however the network cuts the bytes, the same frames come out', () => {
  const frame = fc.record({
    type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'),
    object: fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.boolean(), fc.array(fc.nat(400)), (frames, swapped, cuts) => {
      const lines = frames.map(({ type, object }) =>
        swapped ? `{ "object" : ${JSON.stringify(object)} , "type":"${type}"}\r\n` : `${JSON.stringify({ type, object })}\n`,
      );
      const bytes = encode(lines.join(''));
      const splitter = new FrameSplitter(1e6, 'x');
      const out: { type: string; object: unknown }[] = [];
      const stops = [...new Set([...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort((a, b) => a - b);
      let from = 0;
      for (const stop of stops) {
        // The chunk is overwritten afterwards, as a socket's buffer is.
        const chunk = bytes.slice(from, stop);
        for (const got of splitter.push(chunk)) out.push({ type: got.type, object: JSON.parse(decode(got.object)) });
        chunk.fill(0);
        from = stop;
      }
      splitter.end();
      expect(out).toEqual(JSON.parse(JSON.stringify(frames)));
    }),
  );
});

test('frames of one batch stay whole until the next push, also when a part of a line follows them', () => {
  const splitter = new FrameSplitter(1e6, 'x');
  splitter.push(encode('{"type":"ADDED","obj'));
  const frames = splitter.push(
    encode('ect":{"a":1}}\n{"type":"MODIFIED","object":{"b":2}}\n{"type":"DELETED","object":{"cccccccccccccccccc'),
  );
  expect(frames.map((frame) => decode(frame.object))).toEqual(['{"a":1}', '{"b":2}']);
});

test('a stream that comes in pieces takes turns with two buffers, and lets go of one that a large line needed', () => {
  const splitter = new FrameSplitter(1e6, 'x');
  const buffers = (lines: number, filler: string): Set<unknown> => {
    const seen = new Set<unknown>();
    for (let i = 0; i < lines; i += 1) {
      splitter.push(encode(`{"type":"ADDED","object":{"filler":"${filler}`));
      for (const { object } of splitter.push(encode('"}}\n'))) seen.add(object.buffer);
    }
    return seen;
  };
  expect(buffers(50, 'x').size).toBe(2);
  buffers(2, 'x'.repeat(600_000));
  for (const buffer of buffers(3, 'y')) expect((buffer as ArrayBuffer).byteLength).toBeLessThan(300_000);
});

test('a line that is no event, a type that nobody knows, and an end within an event are ProtocolErrors', () => {
  for (const line of [
    'hello',
    '[]',
    '{"type":"ADDED"}',
    '{"type":"WHAT","object":{}}',
    '{"type":"ADDED","object":{}',
    '{"type":"ADDED","object":{}} x',
    '{"type":"ADDED" "object":{}}',
  ]) {
    expect(() => new FrameSplitter(1e6, 'GET /x').push(encode(`${line}\n`))).toThrow(/GET \/x: a line of the watch is no event/);
  }
  const cut = new FrameSplitter(1e6, 'GET /x');
  cut.push(encode('{"type":"ADDED","obj'));
  expect(() => {
    cut.end();
  }).toThrow(/ended inside an event/);
  const clean = new FrameSplitter(1e6, 'GET /x');
  clean.push(encode('{"type":"ADDED","object":{}}\n\n  '));
  clean.end();
});

test('a line over the limit is refused, before its end came', () => {
  expect(() => new FrameSplitter(100, 'x').push(encode('x'.repeat(101)))).toThrow(/larger than 100 bytes/);
  const splitter = new FrameSplitter(100, 'x');
  splitter.push(encode('x'.repeat(60)));
  expect(() => splitter.push(encode('x'.repeat(60)))).toThrow(/larger than 100 bytes/);
});
