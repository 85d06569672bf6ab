import {
  ClosedError,
  ConfigError,
  ConnectionError,
  CredentialsError,
  ProtocolError,
  RequestError,
  StatusError,
  TimeoutError,
  TlsError,
} from '@kubecast/client';
import { expect, test } from 'vitest';
import { Fault, faultOf, programFault } from './fault.ts';
import type { FaultKind } from './fault.ts';

const withCode = (error: Error, code: string): Error => Object.assign(error, { code });

const cases: readonly (readonly [string, unknown, FaultKind])[] = [
  // 410, as an answer and in an ERROR event, in the encodings of servers and proxies
  ['a Status with code 410', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }, 'expired'],
  ['code 410 alone', { code: 410 }, 'expired'],
  ['code 410 as a text', { code: '410', message: 'Gone' }, 'expired'],
  ['reason Gone alone', { reason: 'Gone' }, 'expired'],
  ['reason Expired in small letters', { reason: 'expired' }, 'expired'],
  ['the code in a body', { body: { code: 410 } }, 'expired'],
  ['the code as httpStatus', { httpStatus: 410 }, 'expired'],
  ['the words of etcd under a 500', { code: 500, message: 'etcdserver: mvcc: required revision has been compacted' }, 'expired'],
  ['the words of etcd without a code', { message: 'etcdserver: mvcc: required revision has been compacted' }, 'expired'],
  ['the words of the watch cache without a code', { message: 'too old resource version: 5 (900)' }, 'expired'],
  ['the words of old servers', { message: 'The resourceVersion for the provided watch is too old.' }, 'expired'],
  ['the words of a list under a 400', { code: 400, message: 'The resourceVersion for the provided list is too old.' }, 'expired'],
  ['a 403 that quotes these words', { code: 403, message: 'user "too old resource version" cannot watch' }, 'forbidden'],
  ['a StatusError of the client', new StatusError({ statusCode: 410, reason: 'Expired', message: 'x' }), 'expired'],
  // other answers
  ['429', { code: 429 }, 'rate-limited'],
  ['401', { code: 401 }, 'forbidden'],
  ['403 as a text', { code: '403' }, 'forbidden'],
  ['404', { code: 404 }, 'gone'],
  ['405', { code: 405, reason: 'MethodNotAllowed' }, 'invalid'],
  ['406', { code: 406 }, 'invalid'],
  ['503', { code: 503 }, 'server'],
  ['reason InternalError alone', { reason: 'InternalError' }, 'server'],
  ['a redirect', new StatusError({ statusCode: 307, reason: '', message: 'HTTP 307' }), 'protocol'],
  ['code 999', { code: 999 }, 'protocol'],
  // ERROR events that tell nothing
  ['null', null, 'protocol'],
  ['a number', 7, 'protocol'],
  ['a text', 'broken', 'protocol'],
  ['an empty object', {}, 'protocol'],
  ['an array', [], 'protocol'],
  ['a Status without code and reason', { kind: 'Status', status: 'Failure' }, 'protocol'],
  ['fields of other types', { code: null, reason: 5, message: [], details: 'x' }, 'protocol'],
  ['a code that is not a number', { code: Number.NaN }, 'protocol'],
  // the client's own errors
  ['a closed client', new ClosedError(), 'closed'],
  ['a request that cannot be made', new RequestError('a header has a line break'), 'request'],
  ['no credentials', new CredentialsError('the plugin failed'), 'credentials'],
  ['a configuration', new ConfigError('no such file'), 'config'],
  ['a broken answer', new ProtocolError('the answer is no list'), 'protocol'],
  ['a broken connection', new ConnectionError('ECONNRESET'), 'connection'],
  ['a deadline', new TimeoutError('idle', 5, 'nothing came'), 'connection'],
  ['TLS', new TlsError('unknown CA'), 'connection'],
  [
    'a header that Node refuses, under an error of the connection',
    new ConnectionError('x', { cause: withCode(new TypeError('Invalid character in header content'), 'ERR_INVALID_CHAR') }),
    'request',
  ],
  // sources of another make
  ['an error with a code of the system', withCode(new Error('read ECONNRESET'), 'ECONNRESET'), 'connection'],
  ['any other error', new Error('socket hang up'), 'connection'],
  ['fetch failed', new TypeError('fetch failed', { cause: withCode(new Error('x'), 'ECONNREFUSED') }), 'connection'],
  ['a DOMException', new DOMException('aborted', 'AbortError'), 'connection'],
  ['a property of undefined', new TypeError('Cannot read properties of undefined'), 'program'],
  ['an unknown name', new ReferenceError('x is not defined'), 'program'],
  ['too deep a recursion', new RangeError('Maximum call stack size exceeded'), 'program'],
  ['undefined', undefined, 'protocol'],
];

test.each(cases)('%s is a fault of its kind', (_name, thing, kind) => {
  const fault = faultOf(thing);
  expect(fault).toBeInstanceOf(Fault);
  expect(fault.kind).toBe(kind);
  expect(fault.message).not.toBe('');
});

test.each([
  [{ code: 429, details: { retryAfterSeconds: 5 } }, 5000],
  [{ code: 429, details: { retryAfterSeconds: '5' } }, 5000],
  [new StatusError({ statusCode: 429, reason: '', message: 'x', retryAfterMs: 7000 }), 7000],
  [{ code: 429, details: { retryAfterSeconds: -3 } }, 0],
  [{ code: 429, details: { retryAfterSeconds: Number.NaN } }, 0],
  // An hour at most: a broken answer must not silence an informer for a year.
  [{ code: 429, details: { retryAfterSeconds: 1e9 } }, 3_600_000],
])('what a server asks to wait is a bounded number: %o', (thing, ms) => {
  expect(faultOf(thing).retryAfterMs).toBe(ms);
});

test('what is thrown outside of a source is an error of the program, whatever it looks like', () => {
  for (const thrown of [new ConnectionError('x'), new Error('x'), 'x', undefined, { code: 410 }])
    expect(programFault(thrown).kind).toBe('program');
  const fault = new Fault('idle', 'x');
  expect(programFault(fault)).toBe(fault);
});
