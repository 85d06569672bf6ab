import { expect, test } from 'vitest';
import { environmentProxy } from './environment-proxy.ts';

const passes = async (noProxy: string, server: string): Promise<boolean> =>
  (await environmentProxy(server, { HTTPS_PROXY: 'proxy:1', NO_PROXY: noProxy })) === '';

test('HTTPS_PROXY and HTTP_PROXY go by the scheme of the server, in capitals first, and an empty one is none', async () => {
  const env = { HTTPS_PROXY: '', https_proxy: 'socks5://s:1', HTTP_PROXY: 'p:2' };
  expect(await environmentProxy('https://kube.example', env)).toBe('socks5://s:1');
  expect(await environmentProxy('http://kube.example', env)).toBe('http://p:2');
  expect(await environmentProxy('https://kube.example', { HTTP_PROXY: 'p:2' })).toBe('');
  for (const loopback of ['https://localhost:1', 'https://127.9.9.9', 'https://[::1]:6443'])
    expect(await environmentProxy(loopback, env)).toBe('');
});

test('NO_PROXY names hosts, all below them, addresses and blocks of addresses, each with a port or without', async () => {
  const cases: [noProxy: string, server: string, passes: boolean][] = [
    ['*', 'https://any', true],
    ['example', 'https://kube.example', true],
    ['.example', 'https://kube.example', true],
    ['*.example', 'https://kube.example', true],
    ['.example', 'https://example', false],
    ['ample', 'https://kube.example', false],
    ['KUBE.example', 'https://kube.EXAMPLE', true],
    ['kube.example:6443', 'https://kube.example:6443', true],
    ['kube.example:6443', 'https://kube.example', false],
    ['kube.example:443', 'https://kube.example', true],
    ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://10.example', false],
    ['10.0.0.0/99, 10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.1:443', 'https://10.0.0.1:6443', false],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['fd00::2', 'https://[fd00::1]', false],
  ];
  for (const [noProxy, server, expected] of cases)
    expect([noProxy, server, await passes(noProxy, server)]).toEqual([noProxy, server, expected]);
});
