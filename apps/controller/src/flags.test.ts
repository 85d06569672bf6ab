import { expect, test } from 'vitest';
import { readControllerFlags } from './flags.ts';

test('without a command, or with run, it runs with the defaults that the help tells', () => {
  for (const argv of [[], ['run']]) {
    expect(readControllerFlags(argv, {})).toEqual({
      command: 'run',
      redisUrl: 'redis://127.0.0.1:6379',
      keyTemplate: '{app}_{model}',
      selector: '',
      healthPort: 8081,
      leaderElect: true,
      syncTimeoutMs: 0,
      resyncMs: 300_000,
      redisRetention: 'keep',
      concurrency: 4,
      logLevel: 'info',
      exitWithStdin: false,
    });
  }
});

test('flags and environment are read, flags win', () => {
  const flags = readControllerFlags(['--no-leader-elect', '--resync', '0', '--all-namespaces'], {
    KUBECAST_REDIS_RETENTION: 'delete',
    KUBECAST_RESYNC: '7',
    KUBECAST_LEADER_ELECT: 'true',
  });
  expect(flags).toMatchObject({ leaderElect: false, resyncMs: 0, namespace: '', redisRetention: 'delete' });
});

test('publish takes files, and force unless told otherwise', () => {
  expect(
    readControllerFlags(['publish', 'a.yaml', 'b.yaml', '--metadata', 'm.json', '--name', 'x', '--adopt', '--no-force', '--dry-run'], {}),
  ).toMatchObject({
    command: 'publish',
    files: ['a.yaml', 'b.yaml'],
    metadata: ['m.json'],
    name: 'x',
    adopt: true,
    force: false,
    dryRun: true,
    fieldManager: 'appmodels-manager',
  });
});

test('rollback takes a name, and models with the versions that they go back to', () => {
  expect(readControllerFlags(['rollback', 'iiot'], {})).not.toHaveProperty('models');
  expect(readControllerFlags(['rollback', 'iiot', 'a=1', 'b=v=2', '--app-version', '7'], {})).toMatchObject({
    command: 'rollback',
    name: 'iiot',
    models: new Map([
      ['a', '1'],
      ['b', 'v=2'],
    ]),
    appVersion: '7',
  });
});

test('what cannot be carried out is refused with the flag and the way out', () => {
  const refused =
    (argv: readonly string[], environment: Record<string, string> = {}): (() => unknown) =>
    () =>
      readControllerFlags(argv, environment);
  expect(refused(['--nonsense'])).toThrow(/--nonsense.*--help/);
  expect(refused(['frob'])).toThrow('there is no command "frob"; there are run, publish, rollback, uninstall');
  expect(refused(['publish'])).toThrow('at least one FILE');
  expect(refused(['publish', 'a', '--namespace', ''])).toThrow('--namespace is empty');
  expect(refused(['rollback'])).toThrow('rollback needs the NAME of an AppModel');
  for (const pair of ['m', 'm=', '=1']) expect(refused(['rollback', 'iiot', pair])).toThrow('is not MODEL=VERSION');
  expect(refused(['rollback', 'iiot', 'm=1', 'm=2'])).toThrow('the model "m" is named twice');
  expect(refused(['run', 'extra'])).toThrow('"extra"');
  expect(refused(['--redis-retention', 'burn'])).toThrow('--redis-retention is "burn"; it takes keep, delete');
  expect(refused(['--selector', 'a in ('])).toThrow('--selector "a in ("');
  expect(refused(['--all-namespaces', '--namespace', 'x'])).toThrow('exclude each other');
  expect(refused(['--health-port', '99999'])).toThrow('0 to 65535');
});

test('a Redis URL that is refused is not shown: it may hold a password', () => {
  expect(() => readControllerFlags(['--redis-url', 'http://:geheim@host'], {})).toThrow(/^(?!.*geheim).*redis:\/\//u);
});

test('each command has its help', () => {
  for (const argv of [['--help'], ['run', '--help'], ['publish', '--help'], ['rollback', '--help'], ['uninstall', '--help'], ['help']]) {
    const flags = readControllerFlags(argv, {});
    expect(flags.command).toBe('help');
    expect(flags.command === 'help' && flags.text).toContain('--kubeconfig FILE');
  }
});
