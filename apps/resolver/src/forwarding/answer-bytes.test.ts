import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import { rawBackend, resolver, sendRaw } from '../testing/test-resolver.ts';

const path = '/v1/namespaces/n/models/m/call/x';
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** A backend that answers the head it was given with these bytes (one character for each), in these packets. */
async function answering(...packets: readonly string[]): Promise<{ port: number; heads: string[] }> {
  const heads: string[] = [];
  const port = await rawBackend((socket: Socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      heads.push(text.slice(0, end));
      text = '';
      void (async () => {
        for (const packet of packets) {
          await new Promise((resolve) => socket.write(packet, 'latin1', resolve));
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        }
      })();
    });
  });
  return { port, heads };
}

const call = (url: string, headers = ''): Promise<string> =>
  sendRaw(url, `GET ${path} HTTP/1.1\r\nhost: h\r\n${headers}connection: close\r\n\r\n`);

test.each([
  ['UTF-8', latin1('attachment; filename="设备.xlsx"')],
  ['latin-1', 'attachment; filename="caf\xe9.txt"'],
  ['bytes of no encoding', 'a\x80\xff\xfe\xc3z'],
  ['a tab', 'a\tb'],
  ['nothing', ''],
])('a header value in %s passes byte by byte', async (_what, value) => {
  const { port } = await answering(`HTTP/1.1 200 OK\r\nContent-Disposition: ${value}\r\nContent-Length: 2\r\n\r\nhi`);
  const { url } = await resolver({ ports: [port] });
  const got = await call(url);
  expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/u);
  expect(got).toContain(`\r\nContent-Disposition: ${value}\r\n`);
  expect(got.endsWith('hi')).toBe(true);
});

test.each([
  ['UTF-8', latin1('设备 nicht gefunden')],
  ['latin-1', 'Nicht gefunden, \xfcberhaupt nicht'],
  ['bytes of no encoding', '\x80\xff\xfe'],
  ['ASCII of its own', 'I Am A Teapot'],
  ['nothing', ''],
])('a reason phrase in %s passes byte by byte, in one packet and in several', async (_what, phrase) => {
  const half = Math.ceil(phrase.length / 2);
  for (const packets of [
    [`HTTP/1.1 418 ${phrase}\r\nContent-Length: 2\r\n\r\nhi`],
    [`HTTP/1.1 418 ${phrase.slice(0, half)}`, `${phrase.slice(half)}\r\nContent-Le`, 'ngth: 2\r\n\r\nhi'],
    [`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 418 ${phrase}\r\nContent-Length: 2\r\n\r\nhi`],
  ]) {
    const { port } = await answering(...packets);
    const { url } = await resolver({ ports: [port] });
    // Twice: the second answer comes over a connection that was used before.
    for (let i = 0; i < 2; i += 1) expect((await call(url)).split('\r\n', 1)[0]).toBe(`HTTP/1.1 418 ${phrase}`);
  }
});

test('bytes of the head pass as they are also where the body comes later', async () => {
  const { port } = await answering('HTTP/1.1 200 M\xe4rz\r\nX: caf\xe9\r\nContent-Length: 4\r\n\r\n', 'hi', 'ho');
  const { url } = await resolver({ ports: [port] });
  for (let i = 0; i < 2; i += 1) {
    const got = await call(url);
    expect(got).toMatch(/^HTTP\/1\.1 200 M\xe4rz\r\nX: caf\xe9\r\n/u);
    expect(got.endsWith('\r\n\r\nhiho')).toBe(true);
  }
});

test('headers keep their case, their doubles and their order, in both directions', async () => {
  const { port, heads } = await answering(
    'HTTP/1.1 200 OK\r\nX-B: 2\r\nSet-Cookie: a=1\r\nx-A: 1\r\nSet-Cookie: b=2\r\nX-B: 3\r\nContent-Length: 0\r\n\r\n',
  );
  const { url } = await resolver({ ports: [port] });
  const got = await call(url, `X-Name: ${latin1('设备')}\r\nx-Twice: 1\r\nX-Latin: caf\xe9\r\nX-TWICE: 2\r\n`);
  expect(got).toContain('\r\nX-B: 2\r\nSet-Cookie: a=1\r\nx-A: 1\r\nSet-Cookie: b=2\r\nX-B: 3\r\n');
  expect(heads[0]).toContain(`X-Name: ${latin1('设备')}\r\nx-Twice: 1\r\nX-Latin: caf\xe9\r\nX-TWICE: 2\r\n`);
});

test.each([
  ['NUL in a value', 'X-Bad: a\0b\r\n'],
  ['a bare CR in a value', 'X-Bad: a\rb\r\n'],
  ['a bare CR before what looks like a header', 'X-Bad: a\rSet-Cookie: evil=1\r\n'],
  ['a control character in a value', 'X-Bad: a\x01b\r\n'],
  ['DEL in a value', 'X-Bad: a\x7fb\r\n'],
  ['a space in a name', 'X Bad: a\r\n'],
  ['a line without a colon', 'nothing\r\n'],
  ['two lengths', 'Content-Length: 3\r\n'],
  ['a length that is none', 'Content-Length: +2\r\n'],
])('an answer with %s is a 502, told and counted; the next call goes on', async (_what, header) => {
  const { port } = await answering(`HTTP/1.1 200 OK\r\n${header}Content-Length: 2\r\n\r\nhi`);
  const { url, forwarder, illegal } = await resolver({ ports: [port] });
  const got = await call(url);
  expect(got).toMatch(/^HTTP\/1\.1 502 /u);
  expect(got).toContain('"BackendMalformed"');
  expect(got).not.toContain('evil');
  expect(forwarder.counters).toMatchObject({ illegalAnswers: 1, failures: 1, retries: 0 });
  expect(illegal).toMatchObject([{ endpoint: '192.0.2.1:80', untold: 0 }]);
  expect(illegal[0]?.app).toContain('A');
});

test.each([
  ['a control character in the reason phrase', 'HTTP/1.1 200 a\x01b\r\nContent-Length: 2\r\n\r\nhi'],
  ['NUL in the reason phrase', 'HTTP/1.1 200 a\0b\r\nContent-Length: 2\r\n\r\nhi'],
  ['HTML without a head', '<html>no HTTP</html>'],
  ['the version 0.9', 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
  ['the version 2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
  ['the version 0.9 after a 100', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
  ['a head of 20 KB', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['a transfer coding besides chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ['the status 000', 'HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\nhi'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
])('an answer with %s never passes as it is', async (_what, bytes) => {
  const { port } = await answering(bytes);
  const { url, forwarder } = await resolver({ ports: [port] });
  const got = await call(url);
  if (got.startsWith('HTTP/1.1 200 ')) expect(got).not.toMatch(/content-length/iu);
  else {
    expect(got).toMatch(/^HTTP\/1\.1 502 /u);
    expect(got).toContain('"BackendMalformed"');
    expect(forwarder.counters.illegalAnswers).toBe(1);
  }
});

const answer = 'HTTP/1.1 201 M\xe4de\r\nX: y\r\nContent-Length: 2\r\n\r\nhi';
const go = 'HTTP/1.1 100 Continue\r\n\r\n';
const hints = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n';

test.each<readonly [string, readonly string[]]>([
  ['in one packet', [go + answer]],
  ['alone', [go, answer]],
  ['twice', [go + go, answer]],
  ['byte by byte', (go + answer).split('')],
  ['with headers', [`HTTP/1.1 100 Continue\r\nX-Lost: 1\r\n\r\n${answer}`]],
  ['of HTTP/1.0', [`HTTP/1.0 100 Go\r\n\r\n${answer}`]],
  ['with bare line ends', [`HTTP/1.1 100 Continue\n\n${answer}`]],
  ['before and after early hints', [go + hints + go.slice(0, 9), go.slice(9) + hints, answer]],
  ['before an answer that is cut within its first line', [`${go}HTTP/1.1 2`, answer.slice(10)]],
  ['before an answer in two packets', [go + answer.slice(0, 30), answer.slice(30)]],
])('a 100 Continue that nobody asked for, %s, is passed over, and the answer is whole', async (_what, packets) => {
  const { port, heads } = await answering(...packets);
  const { url, forwarder } = await resolver({ ports: [port] });
  // Twice: the second answer comes over a connection that was used before.
  for (let i = 0; i < 2; i += 1) {
    const got = await call(url);
    expect(got.startsWith(`${answer.slice(0, answer.indexOf('\r\n'))}\r\nX: y\r\n`)).toBe(true);
    expect(got.endsWith('\r\n\r\nhi')).toBe(true);
    expect(got).not.toContain('X-Lost');
  }
  expect(heads).toHaveLength(2);
  expect(forwarder.counters).toMatchObject({ failures: 0, retries: 0, illegalAnswers: 0 });
});

test('bodies that look like heads pass as they are', async () => {
  const body = `${go}${go}HTTP/1.1 100`;
  const { port } = await answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, ...body.split(/(?<=\n)/u));
  const { url } = await resolver({ ports: [port] });
  for (let i = 0; i < 2; i += 1) expect((await call(url)).endsWith(`\r\n\r\n${body}`)).toBe(true);
});

test('illegal answers are told once a second, however many there are', async () => {
  const { port } = await answering('HTTP/1.1 200 OK\r\nX: a\x01\r\nContent-Length: 0\r\n\r\n');
  const { url, forwarder, illegal } = await resolver({ ports: [port], clock: createVirtualClock() });
  await Promise.all(Array.from({ length: 20 }, () => call(url)));
  expect(forwarder.counters.illegalAnswers).toBe(20);
  expect(illegal).toHaveLength(1);
});
