import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@kubecast/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionFromKubeconfig } from '../connect/connection-from-kubeconfig.ts';
import type { CredentialSource } from '../connection/connection.ts';
import { CredentialsError } from '../errors.ts';
import { oneUserKubeconfig } from '../testing/one-user-kubeconfig.ts';
import { answerJson, pem, startServer } from '../testing/test-server.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-oidc-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const kubeconfig = (name: string, user: object): string => oneUserKubeconfig(folder, name, user);

test('OIDC: an ID token that holds is used, and one that expired is made anew by the issuer, once, for all who wait', async () => {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  let given = 0;
  const refreshed: string[] = [];
  await using issuer = await startServer((request, response, raw) => {
    const url = `https://127.0.0.1:${(raw.socket as Socket).localPort}`;
    if (request.path === '/.well-known/openid-configuration')
      return answerJson(response, 200, {
        issuer: url,
        token_endpoint: `${url}/token`,
        authorization_endpoint: `${url}/auth`,
        jwks_uri: `${url}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      });
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('kubernetes:s3cret').toString('base64')}`);
    refreshed.push(new URLSearchParams(request.body).get('refresh_token') ?? '');
    given++;
    const claims = { iss: url, aud: 'kubernetes', sub: 'ann', iat: now, exp: now + 3600, n: given };
    return answerJson(response, 200, {
      access_token: 'a',
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: `r${given + 1}`,
      id_token: `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`,
    });
  });
  const user = (exp: number): object => ({
    'auth-provider': {
      name: 'oidc',
      config: {
        'client-id': 'kubernetes',
        'client-secret': 's3cret',
        'id-token': `${part({ alg: 'RS256' })}.${part({ exp })}.c2ln`,
        'refresh-token': 'r1',
        'idp-issuer-url': issuer.url,
        'idp-certificate-authority-data': Buffer.from(pem.ca).toString('base64'),
      },
    },
  });
  const clock: Clock = { ...systemClock, wall: () => Date.now() + ahead };
  let ahead = 0;
  const connect = async (exp: number): Promise<CredentialSource> =>
    (await connectionFromKubeconfig({ path: kubeconfig(`oidc-${exp}`, user(exp)), env: {}, clock })).credentials;
  const claimsOf = (token: string | undefined): { exp?: number; n?: number } =>
    JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()) as { exp?: number; n?: number };

  const holding = await connect(now + 600);
  expect(claimsOf((await holding.get({ fresh: false })).token).exp).toBe(now + 600);
  expect(given).toBe(0);

  const expired = await connect(now - 600);
  const tokens = await Promise.all(Array.from({ length: 10 }, () => expired.get({ fresh: false })));
  expect(tokens.map(({ token }) => claimsOf(token).n)).toEqual(Array.from({ length: 10 }, () => 1));
  expect(claimsOf((await expired.get({ fresh: false })).token).n).toBe(1);
  expect(refreshed).toEqual(['r1']);
  // An hour later, with the refresh token that the issuer gave last.
  ahead = 3600_000;
  expect(claimsOf((await expired.get({ fresh: false })).token).n).toBe(2);
  expect(refreshed).toEqual(['r1', 'r2']);
});

test('OIDC: an issuer that refuses is a CredentialsError without a secret in it', async () => {
  await using issuer = await startServer((_, response) => {
    answerJson(response, 400, { error: 'invalid_grant' });
  });
  const user = {
    'auth-provider': {
      name: 'oidc',
      config: {
        'client-id': 'kubernetes',
        'client-secret': 's3cret',
        'id-token': `e30.${Buffer.from('{"exp":1}').toString('base64url')}.c2ln`,
        'refresh-token': 'r3fresh',
        'idp-issuer-url': issuer.url,
        'idp-certificate-authority-data': Buffer.from(pem.ca).toString('base64'),
      },
    },
  };
  const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('oidc-refused', user), env: {} });
  const error: unknown = await credentials.get({ fresh: false }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CredentialsError);
  expect((error as Error).message).toMatch(/no ID token for user "u": https:.* answered 400 invalid_grant/);
  expect((error as Error).message).not.toMatch(/s3cret|r3fresh/);
});

test('OIDC: what is missing, an issuer that is another, and one without TLS are each told', async () => {
  await using issuer = await startServer((_, response) => {
    answerJson(response, 200, { issuer: 'https://other.example', token_endpoint: 'https://other.example/token' });
  });
  const failure = async (config: object): Promise<string> => {
    const provider = { name: 'oidc', config: { 'client-id': 'kubernetes', 'refresh-token': 'r3fresh', ...config } };
    const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('oidc-wrong', { 'auth-provider': provider }), env: {} });
    const error: unknown = await credentials.get({ fresh: false }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).not.toContain('r3fresh');
    return (error as Error).message;
  };
  expect(await failure({ 'refresh-token': undefined, 'idp-issuer-url': issuer.url })).toMatch(
    /there is no ID token, and there is no refresh-token to get another one by; log in again/,
  );
  const expiring = async (exp: number, fresh: boolean): Promise<string> => {
    const token = ['{}', JSON.stringify({ exp }), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
    const provider = { name: 'oidc', config: { 'client-id': 'kubernetes', 'idp-issuer-url': issuer.url, 'id-token': token } };
    const { credentials } = await connectionFromKubeconfig({ path: kubeconfig('oidc-wrong', { 'auth-provider': provider }), env: {} });
    return String(await credentials.get({ fresh }).catch((caught: unknown) => caught));
  };
  expect(await expiring(1000, false)).toMatch(/the ID token has expired, and there is no refresh-token/);
  expect(await expiring(4_102_444_800, true)).toMatch(/the server refused the ID token, and there is no refresh-token/);
  const ca = { 'idp-certificate-authority-data': Buffer.from(pem.ca).toString('base64') };
  expect(await failure({ ...ca, 'idp-issuer-url': issuer.url })).toMatch(
    /says that it is "https:\/\/other\.example"; correct idp-issuer-url/,
  );
  expect(await failure({ 'idp-issuer-url': 'http://127.0.0.1:1' })).toMatch(
    /http:\/\/127\.0\.0\.1:1\/\.well-known\/openid-configuration is not https/,
  );
  expect(await failure({ 'idp-issuer-url': issuer.url })).toMatch(/TLS failed/);
});
