import { expect, test } from 'vitest';
import { describeFlags, readFlags, type Flag } from './cli-flags.ts';

const flags: readonly Flag[] = [
  { name: 'redis-url', value: 'URL', help: 'where Redis is' },
  { name: 'health-port', value: 'N', help: 'a port' },
  { name: 'leader-elect', help: 'take part in an election' },
  { name: 'dial', value: 'FROM=TO', help: 'may be repeated', many: true },
];

test('a flag wins over the environment, and the environment over the default', () => {
  const environment = { KUBECAST_REDIS_URL: 'redis://env', KUBECAST_LEADER_ELECT: 'false', KUBECAST_DIAL: 'a=b,c=d' };
  const given = readFlags(flags, ['--redis-url', 'redis://flag'], environment);
  expect(given.text('redis-url')).toBe('redis://flag');
  expect(given.on('leader-elect', true)).toBe(false);
  expect(given.all('dial')).toEqual(['a=b', 'c=d']);
  expect(readFlags(flags, [], environment).text('redis-url')).toBe('redis://env');
  expect(readFlags(flags, ['--leader-elect'], environment).on('leader-elect')).toBe(true);
});

test('--no-NAME turns a switch off', () => {
  expect(readFlags(flags, ['--no-leader-elect'], {}).on('leader-elect', true)).toBe(false);
  expect(readFlags(flags, ['--no-leader-elect', '--leader-elect'], {}).on('leader-elect', false)).toBe(true);
});

test('what is no flag, a missing value and an argument too many are refused with their name', () => {
  expect(() => readFlags(flags, ['--nonsense'], {})).toThrow(/--nonsense.*--help lists the flags/);
  expect(() => readFlags(flags, ['--redis-url'], {})).toThrow(/redis-url/);
  expect(() => readFlags(flags, ['extra'], {})).toThrow('"extra"');
  expect(readFlags(flags, ['a', 'b'], {}, { positionals: 2 }).positionals).toEqual(['a', 'b']);
});

test('numbers, words and switches say what they take', () => {
  const given = readFlags(flags, ['--health-port', '80x', '--redis-url', 'later'], { KUBECAST_LEADER_ELECT: 'maybe' });
  expect(() => given.number('health-port', 0, { max: 65_535, whole: true })).toThrow(
    '--health-port is "80x"; it takes a whole number from 0 to 65535',
  );
  expect(() => given.oneOf('redis-url', ['now', 'never'], 'now')).toThrow('--redis-url is "later"; it takes now, never');
  expect(() => given.on('leader-elect')).toThrow('KUBECAST_LEADER_ELECT is "maybe"; it takes true or false');
});

test('the help has a line for each flag', () => {
  expect(describeFlags(flags).split('\n')).toHaveLength(4);
});
