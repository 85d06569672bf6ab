import { expect, test } from 'vitest';
import { parseFlags, UsageError } from './flags.ts';

test('without flags it is the embedded server, on node, until Ctrl-C', () => {
  expect(parseFlags([])).toMatchObject({ once: false, runtime: 'node', namespace: 'meta-test', changes: 50, kubeconfig: undefined });
});

test.each([
  [['--nope'], /nope/],
  [['--runtime', 'rhino'], /node, bun or deno/],
  [['--json'], /--once/],
  [['--kubeconfig', 'a'], /--redis-url go together/],
  [['--redis-url', 'redis://h'], /go together/],
  [['--context', 'c'], /needs --kubeconfig/],
  [['--changes', '3'], /50 up/],
  [['--once', '--kubeconfig', 'a', '--redis-url', 'b'], /--allow-writes/],
  [['--kubeconfig', 'a', '--redis-url', 'b', '--write-kubeconfig', 'c'], /embedded server/],
  [['extra'], /extra/],
])('%j is refused with a message that says what to do', (argv, message) => {
  expect(() => parseFlags(argv)).toThrow(UsageError);
  expect(() => parseFlags(argv)).toThrow(message);
});
