import { expect, test } from 'vitest';
import { checkServer } from './connection-from.ts';

test('the path of a server is what client-go sends for it: decoded, cleaned and escaped anew', () => {
  // As Go's net/url and path.Join give it, in the way of client-go's rest.Request.
  const sent: readonly (readonly [given: string, path: string])[] = [
    ['/a%2Fb', '/a/b'],
    ['/a%2fb/', '/a/b'],
    ['/a%20b/', '/a%20b'],
    ['/a%41', '/aA'],
    ['/a%2F..%2Fb', '/b'],
    ['/a//b', '/a/b'],
    ['/a/./b/..', '/a'],
    ["/(x)!'*", '/%28x%29%21%27%2A'],
    ['/x$&+,:;=@~', '/x$&+,:;=@~'],
    ['/ä', '/%C3%A4'],
    ['/%c3%a4', '/%C3%A4'],
    ['/a%252Fb', '/a%252Fb'],
    ['/%2F', ''],
    ['/a[b]', '/a%5Bb%5D'],
    ['/a|b^c`"', '/a%7Cb%5Ec%60%22'],
    ['/a%5Cb', '/a%5Cb'],
    ['/a%3Fb%23c', '/a%3Fb%23c'],
    ['/..', ''],
    ['/{a}', '/%7Ba%7D'],
    ['/%E2%80%A8', '/%E2%80%A8'],
    ['/', ''],
    ['', ''],
  ];
  for (const [given, path] of sent) expect(checkServer(`https://h:6443${given}`, 'o'), given).toBe(`https://h:6443${path}`);
});

test('a path of a server that is no text, or that no request line carries, is refused', () => {
  for (const path of ['/a%zz', '/a%ff', '/a%', '/%00', '/a%0d%0ab', '/%7f'])
    expect(() => checkServer(`https://h${path}`, 'context "x"'), path).toThrow(/^context "x": the path of the server's URL/);
});
