import { expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { parseKubeconfig } from './kubeconfig-file.ts';

const parse = (text: string): ReturnType<typeof parseKubeconfig> => parseKubeconfig(new TextEncoder().encode(text), '/home/ann/config');

test('a field of a wrong type is an error that names the file, the entry and the field, and quotes nothing', async () => {
  const wrong: [text: string, message: string][] = [
    ['users: [{name: u, user: {as: 1000}}]', 'user "u": as is a number; expected a text; write it in quotes'],
    ['users: [{name: u, user: {token: 4711}}]', 'user "u": token is a number; expected a text; write it in quotes'],
    ['users: [{name: u, user: {as-groups: [a, 7]}}]', 'user "u": as-groups[1] is a number; expected a text; write it in quotes'],
    ['users: [{name: u, user: {as-user-extra: {k: v}}}]', 'user "u": as-user-extra["k"] is a text; expected a list'],
    [
      'users: [{name: u, user: {exec: {env: [{name: A, value: 4711}]}}}]',
      'user "u": exec.env[0].value is a number; expected a text; write it in quotes',
    ],
    ['users: [{name: u, user: {exec: s3cret}}]', 'user "u": exec is a text; expected a map'],
    [
      'users: [{name: u, user: {auth-provider: {config: {client-secret: 4711}}}}]',
      'user "u": auth-provider.config["client-secret"] is a number; expected a text; write it in quotes',
    ],
    ['contexts: [{name: dev, context: {namespace: 123}}]', 'context "dev": namespace is a number; expected a text; write it in quotes'],
    [
      'contexts: [{name: dev, context: {namespace: no}}]',
      'context "dev": namespace is true or false (unquoted yes, no, on, off, y and n are that too); expected a text; write it in quotes',
    ],
    [
      "clusters: [{name: c, cluster: {insecure-skip-tls-verify: 'true'}}]",
      'cluster "c": insecure-skip-tls-verify is a text; expected true or false',
    ],
    [
      'clusters: [{name: c, cluster: {certificate-authority-data: s3cret}}]',
      'cluster "c": certificate-authority-data is not base64 with its padding',
    ],
    ['clusters: [{name: c, cluster: {extensions: {a: b}}}]', 'cluster "c": extensions is a map; expected a list'],
    ['clusters: [{name: 7}]', 'clusters[0].name is a number; expected a text; write it in quotes'],
    ['users: [s3cret]', 'users[0] is a text; expected a map'],
    ['preferences: {colors: 1}', 'preferences.colors is a number; expected true or false'],
    ['current-context: 2024', 'current-context is a number; expected a text; write it in quotes'],
  ];
  for (const [text, message] of wrong) {
    const error: unknown = await parse(text).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toBe(`the kubeconfig /home/ann/config: ${message}`);
    expect((error as Error).message).not.toMatch(/4711|s3cret/);
  }
});

test('what is null counts as absent, what holds nothing is an empty kubeconfig, and unknown fields are passed over', async () => {
  for (const text of ['', '\n', '# nothing\n', '---\n', 'null', '{}', 'clusters: null\nusers: []\nno-such-field: 7\n'])
    expect((await parse(text)).users.size).toBe(0);
  // Two entries without a name are one name twice.
  await expect(parse('users: [{user: null}, null]')).rejects.toThrow(/users has the name "" twice/);
  const one = await parse('users: [{name: u, user: {token: null, as-groups: null, exec: null, Token: 7}}, null]');
  expect(one.users.get('u')).toMatchObject({ token: '', asGroups: [], exec: undefined });
  expect([...one.users.keys()]).toEqual(['u', '']);
});

test('the text of a file that is no YAML is never in the error, and neither deep nesting nor aliases of aliases take the process down', async () => {
  const lines = Array.from(
    { length: 9 },
    (_, at) =>
      `${'abcdefghi'[at]}: &${'abcdefghi'[at]} [${Array(9)
        .fill(at === 0 ? 'x' : `*${'abcdefghi'[at - 1]}`)
        .join(', ')}]`,
  );
  const wrong = [
    'users: [{token: s3cret',
    '"s3cret\\q"',
    'a: *s3cret',
    `a: !!int s3cret`,
    '[s3cret, s3cret]: 1',
    's3cret\u0007',
    '['.repeat(200_000),
    '- '.repeat(200_000),
    '{a: '.repeat(200_000),
    `${lines.join('\n')}\n`,
  ];
  for (const text of wrong) {
    const error: unknown = await parse(text).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toContain('s3cret');
    expect((error as Error).message).toContain('the kubeconfig /home/ann/config');
  }
});
