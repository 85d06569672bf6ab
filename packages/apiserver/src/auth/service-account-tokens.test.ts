import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kubecast/clock';
import { afterEach, expect, test } from 'vitest';
import { createApiServer, type ApiServer } from '../api-server.ts';
import type { ApiServerOptions } from '../options.ts';
import { Probe } from '../testing/probe.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function started(options: ApiServerOptions = {}): Promise<{ server: ApiServer; admin: Probe }> {
  const server = createApiServer(options);
  undo.push(() => server.close());
  await server.listen();
  const admin = Probe.of(server);
  undo.push(() => admin.close());
  return { server, admin };
}

const accounts = '/api/v1/namespaces/default/serviceaccounts';

async function tokenOf(admin: Probe, spec: object = {}, name = 'sa'): Promise<string> {
  await admin.post(accounts, { metadata: { name } });
  return (await admin.post(`${accounts}/${name}/token`, { spec })).json.status.token;
}

async function statusOf(server: ApiServer, token: string): Promise<number> {
  const probe = new Probe({ url: server.url, ca: server.ca, token });
  try {
    return (await probe.get('/api')).status;
  } finally {
    probe.close();
  }
}

test('a token is a JWT with the claims that clients read', async () => {
  const { admin } = await started();
  const token = await tokenOf(admin, { expirationSeconds: 1200 });
  const { uid } = (await admin.get(`${accounts}/sa`)).json.metadata;
  const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
  expect(claims).toMatchObject({
    iss: 'https://kubernetes.default.svc',
    sub: 'system:serviceaccount:default:sa',
    aud: ['https://kubernetes.default.svc'],
    'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'sa', uid } },
  });
  expect(claims.exp - claims.iat).toBe(1200);
});

test('a token is refused once its time is over, with a minute for clocks that differ', async () => {
  let now = Date.now();
  const { server, admin } = await started({ clock: { ...systemClock, wall: () => now, now: () => systemClock.now() } });
  const token = await tokenOf(admin, { expirationSeconds: 600 });
  expect(await statusOf(server, token)).toBe(200);
  now += 655_000;
  expect(await statusOf(server, token)).toBe(200);
  now += 10_000;
  expect(await statusOf(server, token)).toBe(401);
});

test('a token goes with its account, and does not come back with another of the same name', async () => {
  const { server, admin } = await started();
  const token = await tokenOf(admin);
  await admin.delete(`${accounts}/sa`);
  expect(await statusOf(server, token)).toBe(401);
  await admin.post(accounts, { metadata: { name: 'sa' } });
  expect(await statusOf(server, token)).toBe(401);
});

test('a token that is bound to a Secret goes with it', async () => {
  const { server, admin } = await started();
  await admin.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'bound' } });
  const token = await tokenOf(admin, { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'bound' } });
  expect(await statusOf(server, token)).toBe(200);
  await admin.delete('/api/v1/namespaces/default/secrets/bound');
  expect(await statusOf(server, token)).toBe(401);
});

test('a token that was changed, is unsigned, or is another server its own is refused', async () => {
  const { server, admin } = await started();
  const other = await started();
  const token = await tokenOf(admin);
  const [head, body = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const written = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const changed = written({ ...claims, sub: 'system:serviceaccount:kube-system:root' });
  const forged = [
    `${head}.${changed}.${signature}`,
    `${written({ alg: 'none' })}.${body}.`,
    `${written({ alg: 'none' })}.${body}.${signature}`,
    `${head}.${body}`,
    `${head}.${body}.${signature}.x`,
    '..',
  ];
  for (const one of forged) expect(await statusOf(server, one)).toBe(401);
  expect(await statusOf(other.server, token)).toBe(401);
  expect(await statusOf(server, token)).toBe(200);
});

test('tokens stay good over a restart of a server with a data folder, and one from before there were keys gets them', async () => {
  const data = mkdtempSync(join(tmpdir(), 'kubecast-tokens-'));
  undo.push(() => rmSync(data, { recursive: true, force: true }));
  const first = await started({ data });
  const token = await tokenOf(first.admin);
  await first.server.close();
  const second = await started({ data });
  expect(await statusOf(second.server, token)).toBe(200);
  await second.server.close();
  const file = join(data, 'identity.json');
  const { signing, ...older } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(older));
  const third = await started({ data });
  expect(third.server.token()).toBe(older.token);
  expect(third.server.ca).toBe(older.authority.certificate);
  expect(await statusOf(third.server, token)).toBe(401);
  expect(await statusOf(third.server, await tokenOf(third.admin))).toBe(200);
  expect(JSON.parse(readFileSync(file, 'utf8')).signing).not.toEqual(signing);
});
