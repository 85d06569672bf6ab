import { expect, test } from 'vitest';
import { FlagError } from '@kubecast/runtime';
import { helpText, readFlags, type ResolverFlags } from './flags.ts';

const read = (args: string[], environment: Record<string, string> = {}): ResolverFlags => readFlags(args, environment) as ResolverFlags;

test('without flags the defaults stand', () => {
  expect(read([])).toEqual({
    selector: '',
    redisUrl: 'redis://127.0.0.1:6379',
    keyTemplate: '{app}_{model}',
    port: 8080,
    resyncMs: 300_000,
    syncTimeoutMs: 0,
    callTimeoutMs: 30_000,
    maxValueBytes: 16 * 2 ** 20,
    limits: { process: 4_096, app: 2_048, endpoint: 512, streams: 8_192 },
    trustedProxies: [],
    dial: new Map(),
    logLevel: 'info',
    exitWithStdin: false,
  });
});

test('a flag wins over the environment, and each flag has its variable', () => {
  expect(
    read(['--port', '0'], {
      KUBECAST_PORT: '99',
      KUBECAST_REDIS_URL: 'rediss://r:1',
      KUBECAST_RESYNC: '1.5',
      KUBECAST_EXIT_WITH_STDIN: 'true',
    }),
  ).toMatchObject({ port: 0, redisUrl: 'rediss://r:1', resyncMs: 1500, exitWithStdin: true });
});

test('the empty namespace means all, and so does --all-namespaces', () => {
  expect(read(['--namespace', '']).namespace).toBe('');
  expect(read(['--namespace=']).namespace).toBe('');
  expect(read(['--all-namespaces']).namespace).toBe('');
  expect(read(['--namespace', 'n']).namespace).toBe('n');
  expect(() => read(['--all-namespaces', '--namespace', 'n'])).toThrow(/exclude each other/u);
});

test('dial is repeatable and takes IPv6', () => {
  expect(read(['--dial', '192.0.2.1:80=127.0.0.1:3000', '--dial', '[2001:db8::1]:80=[::1]:3001']).dial).toEqual(
    new Map([
      ['192.0.2.1:80', { host: '127.0.0.1', port: 3000 }],
      ['[2001:db8::1]:80', { host: '::1', port: 3001 }],
    ]),
  );
  expect(read([], { KUBECAST_DIAL: 'a:1=b:2,c:3=d:4' }).dial.size).toBe(2);
});

test('limits, grace and proxies are read; a grace that is not given is left to where it runs', () => {
  expect(
    read(['--max-calls', '9', '--max-streams', '7', '--drain-grace', '0', '--trusted-proxy', '10.0.0.0/8', '--trusted-proxy', '::1']),
  ).toMatchObject({
    limits: { process: 9, app: 2_048, streams: 7 },
    drainGraceMs: 0,
    trustedProxies: ['10.0.0.0/8', '::1'],
  });
  expect(read([])).not.toHaveProperty('drainGraceMs');
});

test.each([
  [['--no-such-flag'], /no-such-flag.*--help/u],
  [['extra'], /extra/u],
  [['--port', '99999'], /--port is "99999"/u],
  [['--port', '1.5'], /whole number/u],
  [['--port'], /port/u],
  [['--log-level', 'loud'], /trace, debug/u],
  [['--redis-url', 'http://x'], /redis:\/\//u],
  [['--dial', 'x'], /FROM=TO/u],
  [['--selector', 'a in ('], /--selector "a in \("/u],
  [['--resync', '-1'], /resync/u],
  [['--max-calls', '0'], /--max-calls is "0".*from 1/u],
  [['--drain-grace', 'x'], /--drain-grace/u],
  [['--trusted-proxy', '10.0.0.0/33'], /ADDRESS\/BITS/u],
  [['--trusted-proxy', 'proxy.example'], /ADDRESS\/BITS/u],
])('%j is refused with the name of the flag', (args, message) => {
  expect(() => read(args)).toThrow(message);
  expect(() => read(args)).toThrow(FlagError);
});

test('a size is bytes, or Ki, Mi or Gi of them; a budget of 0 is none', () => {
  const budget = (text: string): number | undefined => read(['--payload-budget', text]).payloadBudget;
  expect(['1000', '2Ki', '64Mi', '1Gi', '0'].map(budget)).toEqual([1000, 2048, 64 * 2 ** 20, 2 ** 30, Infinity]);
  expect(read([]).payloadBudget).toBe(undefined);
  expect(read([], { KUBECAST_MAX_VALUE: '1Mi' }).maxValueBytes).toBe(2 ** 20);
  for (const text of ['', '64MB', '-1', '1.5Gi', '64 Mi', '0x10', '1e6', 'Mi', '99999999999999999'])
    for (const flag of ['payload-budget', 'max-value']) {
      const given = (): unknown => read([`--${flag}=${text}`]);
      expect(given, `${flag} ${text}`).toThrow(FlagError);
      expect(given).toThrow(`--${flag} is ${JSON.stringify(text)}`);
    }
  expect(() => read(['--max-value', '0'])).toThrow('at least 1');
});

test('a refused Redis URL does not show its password', () => {
  expect(() => read(['--redis-url', 'http://:secret@h'])).not.toThrow(/secret/u);
});

test('the help names every flag', () => {
  for (const name of ['kubeconfig', 'all-namespaces', 'redis-url', 'dial', 'exit-with-stdin', 'KUBECAST_REDIS_URL'])
    expect(helpText()).toContain(name);
  expect(readFlags(['--help'], {})).toBe('help');
});
