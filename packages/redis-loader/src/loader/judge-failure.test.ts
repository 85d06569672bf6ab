import { expect, test } from 'vitest';
import { judgeFailure } from './judge-failure.ts';

const judge = (message: string, keys: number, cluster = false): string => {
  const { action, code, cut } = judgeFailure(
    new Error(message),
    Array.from({ length: keys }, (_, i) => `k${i}`),
    cluster,
  );
  return `${action} ${code}${cut ? ' cut' : ''}`;
};

test.each([
  ['LOADING Redis is loading the dataset in memory', 2, 'pause Away'],
  ['Connection is closed.', 2, 'pause Away cut'],
  ['Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.', 1, 'pause Away cut'],
  ['Command timed out', 1, 'pause Away cut'],
  ['connect ECONNREFUSED 127.0.0.1:1', 2, 'pause Away'],
  ['NOAUTH Authentication required.', 2, 'pause Away'],
  ['NOPERM this user has no permissions to access one of the keys used as arguments', 2, 'split Denied'],
  ['NOPERM this user has no permissions to access one of the keys used as arguments', 1, 'each Denied'],
  ['ERR something odd', 2, 'split Unreadable'],
  ['ERR something odd', 1, 'each Unreadable'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 1, 'each Missing'],
])('%s, of %i keys: %s', (message, keys, verdict) => {
  expect(judge(message, keys)).toBe(verdict);
});

test('in a cluster a shard that is away makes its own keys wait, not those of the others', () => {
  expect(judge('CLUSTERDOWN The cluster is down', 3, true)).toBe('each Away');
  expect(judge('Command timed out', 3, true)).toBe('each Away cut');
});
