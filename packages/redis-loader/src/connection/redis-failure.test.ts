import { expect, test } from 'vitest';
import { readFailure, redisFailed } from './redis-failure.ts';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

test.each([
  ['LOADING Redis is loading the dataset in memory', 'away'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'away'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'away'],
  ['CLUSTERDOWN Hash slot not served', 'away'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'away'],
  ['Connection is closed.', 'away'],
  ['Too many Cluster redirections. Last error: Error: Connection is closed.', 'away'],
  ['Command timed out', 'timeout'],
  ["READONLY You can't write against a read only replica.", 'elsewhere'],
  ['MOVED 3999 127.0.0.1:6381', 'elsewhere'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'refused'],
  ["NOPERM this user has no permissions to run the 'set' command", 'refused'],
  ["ERR The user executing the script can't run this command or subcommand script: 1, on @user_script:1.", 'refused'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'unwritable'],
  ['NOREPLICAS Not enough good replicas to write.', 'unwritable'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'wrong-type'],
  ['ERR syntax error', 'other'],
] as const)('%s: %s', (message, kind) => {
  expect(readFailure(new Error(message)).kind).toBe(kind);
});

test('a failure of the network is known by its code, too', () => {
  expect(readFailure(coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')).kind).toBe('away');
  expect(readFailure(coded('self signed certificate', 'SELF_SIGNED_CERT_IN_CHAIN'))).toEqual({
    kind: 'away',
    message: 'self signed certificate (SELF_SIGNED_CERT_IN_CHAIN)',
  });
});

test('nothing that a command carried leaves the package: no arguments, no URL, no other errors', () => {
  const error = Object.assign(new Error("ERR unknown command 'x', with args beginning with: 'hunter2' "), {
    command: { name: 'hello', args: ['3', 'AUTH', 'default', 'hunter2'] },
    previousErrors: [new Error('hunter2')],
    cert: {},
    input: 'redis://:hunter2@h',
  });
  const failed = redisFailed('publishing', error);
  const shown = [
    failed.message,
    failed.stack,
    JSON.stringify(failed),
    JSON.stringify(Object.getOwnPropertyDescriptors(failed.cause)),
    String(failed.cause),
  ].join('\n');
  expect(shown).not.toContain('hunter2');
  expect(failed.message).toBe("publishing: ERR unknown command 'x'");
  expect(redisFailed('reading', new Error('Invalid URL redis://:hunter2@h:1')).message).not.toContain('hunter2');
});

test('a wrong password is told with the way out', () => {
  expect(redisFailed('reading', new Error('WRONGPASS invalid username-password pair or user is disabled.')).message).toMatch(
    /redis:\/\/:password@host/,
  );
});
