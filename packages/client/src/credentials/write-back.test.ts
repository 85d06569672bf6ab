import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kubecast/clock';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectionFromKubeconfig } from '../connect/connection-from-kubeconfig.ts';
import type { KubeconfigOptions } from '../connect/kubeconfig-options.ts';
import type { CredentialSource } from '../connection/connection.ts';
import { answerJson, pem, startServer, type TestServer } from '../testing/test-server.ts';
import { readTokens, writeTokens } from './write-back.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-write-back-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const text = (refresh = 'r1', id = 'old-id', issuer = 'https://127.0.0.1:1'): string => `# mine
users:
- name: other   # stays
  user: {token: "x"}
- name: "u"
  user:
    auth-provider:
      name: oidc
      config:
        refresh-token: '${refresh}'     # who has this is me
        client-id:   kubernetes
        idp-issuer-url: ${issuer}
        idp-certificate-authority-data: ${Buffer.from(pem.ca).toString('base64')}
        id-token: ${id}
current-context: dev
contexts:
    - {name: dev, context: {cluster: c, user: u}}
clusters:
    - {name: c, cluster: {server: "https://127.0.0.1:1"}}
`;

test('new tokens are written over the old, every other byte stays; so do the mode and a symbolic link', async () => {
  const real = join(folder, 'real');
  const link = join(folder, 'config');
  writeFileSync(real, text());
  chmodSync(real, 0o640);
  symlinkSync('real', link);
  expect(await writeTokens({ path: link, user: 'u' }, 'r1', { refreshToken: 'r2', idToken: 'new: "id' }, systemClock)).toBe(true);
  expect(readFileSync(real, 'utf8')).toBe(text().replace("'r1'", '"r2"').replace('old-id', JSON.stringify('new: "id')));
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['config', 'real']);
  expect(await readTokens({ path: link, user: 'u' })).toEqual({ refreshToken: 'r2', idToken: 'new: "id' });
});

test('a file that has another refresh token by now is left as it is', async () => {
  const path = join(folder, 'config');
  writeFileSync(path, text('newer'));
  expect(await writeTokens({ path, user: 'u' }, 'r1', { refreshToken: 'r2', idToken: 'n' }, systemClock)).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe(text('newer'));
  await expect(writeTokens({ path, user: '__proto__' }, 'r1', { refreshToken: 'r2', idToken: 'n' }, systemClock)).rejects.toThrow(
    /not there any more/,
  );
});

test('an ID token that was not there before is added, with comments and order kept', async () => {
  const path = join(folder, 'config');
  writeFileSync(path, text().replace('        id-token: old-id\n', ''));
  expect(await writeTokens({ path, user: 'u' }, 'r1', { refreshToken: 'r2', idToken: 'n' }, systemClock)).toBe(true);
  const written = readFileSync(path, 'utf8');
  expect(written).toMatch(/^# mine\nusers:/);
  expect(written).toMatch(/refresh-token: 'r2' +# who has this is me/);
  expect(written).toMatch(/id-token: n\n/);
  expect(written.indexOf('current-context')).toBeLessThan(written.indexOf('clusters:'));
});

test('two who write at once do so one after the other, and neither loses what the other wrote', async () => {
  const path = join(folder, 'config');
  const users = Array.from({ length: 8 }, (_, i) => ({
    name: `u${i}`,
    user: { 'auth-provider': { name: 'oidc', config: { 'refresh-token': `r${i}`, 'id-token': 'x' } } },
  }));
  writeFileSync(path, JSON.stringify({ users }));
  const done = users.map(({ name }, i) =>
    writeTokens({ path, user: name }, `r${i}`, { refreshToken: `new${i}`, idToken: 'y' }, systemClock),
  );
  expect(await Promise.all(done)).toEqual(users.map(() => true));
  for (const [i, { name }] of users.entries())
    expect(await readTokens({ path, user: name })).toEqual({ refreshToken: `new${i}`, idToken: 'y' });
});

test("another's lock is waited for, and a file that stays locked is not written", async () => {
  const path = join(folder, 'config');
  writeFileSync(path, text());
  writeFileSync(`${path}.lock`, '');
  const clock = createVirtualClock();
  const writing = writeTokens({ path, user: 'u' }, 'r1', { refreshToken: 'r2', idToken: 'n' }, clock).catch((error: unknown) => error);
  const ended = new AbortController();
  void writing.then(() => {
    ended.abort();
  });
  while (!ended.signal.aborted) {
    await clock.advance(50);
    await systemClock.yield();
  }
  expect(String(await writing)).toMatch(/config\.lock is there for more than 3000 ms; remove it/);
  expect(readFileSync(path, 'utf8')).toBe(text());
  expect(readdirSync(folder).sort()).toEqual(['config', 'config.lock']);
});

/** An issuer that takes each refresh token once, and gives the next. */
async function startIssuer(): Promise<TestServer & { readonly used: string[]; readonly refused: string[] }> {
  const used: string[] = [];
  const refused: string[] = [];
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = await startServer((request, response, raw) => {
    const url = `https://127.0.0.1:${(raw.socket as Socket).localPort}`;
    if (request.path !== '/token') return answerJson(response, 200, { issuer: url, token_endpoint: `${url}/token` });
    const token = new URLSearchParams(request.body).get('refresh_token') ?? '';
    if (used.includes(token)) {
      refused.push(token);
      return answerJson(response, 400, { error: 'invalid_grant', error_description: `${token} was used` });
    }
    used.push(token);
    const id = `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600, n: used.length })}.c2ln`;
    return answerJson(response, 200, { id_token: id, refresh_token: `r${used.length + 1}` });
  });
  return { ...server, used, refused };
}

async function start(path: string, options: KubeconfigOptions = {}): Promise<CredentialSource> {
  return (await connectionFromKubeconfig({ path, env: {}, ...options })).credentials;
}

test('a refresh token that the issuer replaced serves after a restart; two processes at once are both served', async () => {
  await using issuer = await startIssuer();
  const path = join(folder, 'config');
  writeFileSync(path, text('r1', 'expired', issuer.url));
  const first = await start(path);
  const { token } = await first.get({ fresh: false });
  expect(first.counters).toMatchObject({ refreshes: 1, written: 1, notWritten: 0 });
  expect(await readTokens({ path, user: 'u' })).toEqual({ refreshToken: 'r2', idToken: token });
  // Begun anew, the ID token of the file holds; refused, the refresh token of the file does.
  const second = await start(path);
  expect(await second.get({ fresh: false })).toEqual({ token });
  expect(issuer.used).toEqual(['r1']);
  const both = await Promise.all([second.get({ fresh: true }), (await start(path)).get({ fresh: true })]);
  expect(both.every((given) => given.token !== undefined && given.token !== token)).toBe(true);
  // The first one reads what they wrote, and asks for nothing with a token that was used up: some issuers then end the whole session.
  issuer.refused.length = 0;
  expect((await first.get({ fresh: true })).token).toBe((await readTokens({ path, user: 'u' }))?.idToken);
  expect(issuer.refused).toEqual([]);
});

test('a file that cannot be written ends no request: it is counted and told, without a secret', async () => {
  await using issuer = await startIssuer();
  const path = join(folder, 'config');
  writeFileSync(path, text('r1', 'expired', issuer.url));
  writeFileSync(`${path}.lock`, '');
  const warnings: string[] = [];
  const fast = { ...systemClock, now: () => systemClock.now() * 100 };
  const credentials = await start(path, { onWarning: (warning) => warnings.push(warning), clock: fast });
  expect((await credentials.get({ fresh: false })).token).toEqual(expect.any(String));
  expect(credentials.counters).toMatchObject({ refreshes: 1, written: 0, notWritten: 1 });
  expect(warnings).toEqual([expect.stringMatching(/tokens of user "u" could not be written back to .*config: .*config\.lock/)]);
  expect(warnings.join('')).not.toMatch(/r1|r2|eyJ/);
});

test('nothing is written where that is turned off', async () => {
  await using issuer = await startIssuer();
  const path = join(folder, 'config');
  writeFileSync(path, text('r1', 'expired', issuer.url));
  const credentials = await start(path, { writeBack: false });
  await credentials.get({ fresh: false });
  expect(credentials.counters).toMatchObject({ refreshes: 1, written: 0, notWritten: 0 });
  expect(readFileSync(path, 'utf8')).toBe(text('r1', 'expired', issuer.url));
});
