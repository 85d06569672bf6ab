import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createApiServer, type ApiServer } from './api-server.ts';
import { isApiServerError } from './errors.ts';
import { appModel, collection, startCluster } from './testing/cluster.ts';
import { Probe } from './testing/probe.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kubecast-apiserver-'));
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function started(options: Parameters<typeof createApiServer>[0] = {}): Promise<{ server: ApiServer; probe: Probe }> {
  const server = createApiServer(options);
  undo.push(() => server.close());
  await server.listen();
  const probe = Probe.of(server);
  undo.push(() => probe.close());
  return { server, probe };
}

test('nothing is opened before listen, and what needs an address says so', () => {
  const server = createApiServer();
  expect(() => server.url).toThrow('listen first');
  expect(() => server.kubeconfig()).toThrow('listen first');
});

test('a kubeconfig names the address, the CA and the token, and only its owner may read the file', async () => {
  const { server } = await started();
  const file = join(folder(), 'deep', 'kubeconfig.yaml');
  server.writeKubeconfig(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const config = parse(readFileSync(file, 'utf8'));
  expect(config.clusters[0].cluster.server).toBe(server.url);
  expect(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64').toString()).toBe(server.ca);
  expect(config.users[0].user.token).toBe(server.token());
});

test('a wrong token is 401, no token is anonymous and 403, health and version are open to everyone', async () => {
  const { server } = await started();
  const wrong = await new Probe({ url: server.url, ca: server.ca, token: 'nope' }).get('/api/v1/namespaces');
  expect([wrong.status, wrong.json.message, wrong.json.reason, wrong.json.details]).toEqual([
    401,
    'Unauthorized',
    'Unauthorized',
    undefined,
  ]);
  const nobody = new Probe({ url: server.url, ca: server.ca, token: '' });
  const refused = await nobody.get('/api/v1/namespaces');
  expect(refused.status).toBe(403);
  expect(refused.json.message).toBe(
    'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
  );
  expect((await nobody.get('/nope')).json.message).toBe('forbidden: User "system:anonymous" cannot get path "/nope"');
  expect((await nobody.get('/healthz')).text).toBe('ok');
  expect((await nobody.get('/version')).json.gitVersion).toBe('v1.36.3');
});

test('more users have tokens of their own', async () => {
  const { server } = await started({ users: [{ name: 'bob', token: 'bobs-token' }] });
  expect(server.kubeconfig('bob')).toContain('bobs-token');
  expect((await Probe.of(server, 'bob').get('/api')).status).toBe(200);
  // And nothing beyond what everybody has who is known.
  expect((await Probe.of(server, 'bob').get('/api/v1/namespaces')).status).toBe(403);
  expect(() => server.kubeconfig('eve')).toThrow('there is no user "eve"');
});

test('a taken port is an error that names the port', async () => {
  const { server } = await started();
  const port = Number(new URL(server.url).port);
  const second = createApiServer({ port });
  const error: unknown = await second.listen().catch((thrown: unknown) => thrown);
  expect(isApiServerError(error)).toBe(true);
  expect(String(error)).toContain(`port ${port} on 127.0.0.1 is taken`);
});

test('close ends watches cleanly, and a second listen serves the same objects at the same address', async () => {
  const cluster = await startCluster();
  undo.push(() => cluster.close());
  await cluster.probe.post(collection, appModel('a'));
  const url = cluster.server.url;
  const watch = await cluster.probe.watch(`${collection}?watch=1`);
  expect(await watch.take(1)).toHaveLength(1);
  await cluster.server.close();
  expect((await watch.ended()).how).toBe('end');
  await cluster.server.listen();
  expect(cluster.server.url).toBe(url);
  expect((await cluster.probe.get(`${collection}/a`)).status).toBe(200);
});

test('with a data folder a new server has the objects, the CA and the token of the old one, and versions go on', async () => {
  const data = join(folder(), 'data');
  const first = await startCluster({ data });
  const made = await first.probe.post(collection, appModel('a'));
  await first.probe.post(collection, appModel('gone'));
  await first.probe.delete(`${collection}/gone`);
  const { ca } = first.server;
  const token = first.server.token();
  const stand = first.server.counters.revision;
  await first.close();
  const { server, probe } = await started({ data, storageInitMs: 0 });
  expect([server.ca, server.token()]).toEqual([ca, token]);
  const again = await probe.get(`${collection}/a`);
  expect(again.text).toBe(made.text);
  expect((await probe.get(`${collection}/gone`)).status).toBe(404);
  const next = await probe.post(collection, appModel('b'));
  expect(Number(next.json.metadata.resourceVersion)).toBeGreaterThan(stand);
});

test('a watch from before a restart is expired, even from the newest version', async () => {
  const data = join(folder(), 'data');
  const first = await startCluster({ data });
  const list = await first.probe.get(collection);
  await first.close();
  const { probe } = await started({ data, storageInitMs: 0 });
  const watch = await probe.watch(`${collection}?watch=1&resourceVersion=${list.json.metadata.resourceVersion}`);
  const line = await watch.next();
  expect([line?.type, line?.object.code, line?.object.reason]).toEqual(['ERROR', 410, 'Expired']);
  expect((await watch.ended()).how).toBe('end');
});

test('a torn last line of the journal is cut away; damage before it is refused and nothing is changed', async () => {
  const data = join(folder(), 'data');
  const first = await startCluster({ data });
  await first.probe.post(collection, appModel('a'));
  await first.close();
  const journal = join(data, 'journal');
  const whole = readFileSync(journal);
  writeFileSync(journal, Buffer.concat([whole, Buffer.from('1234abcd {"op":"put","table":"iidp.com/appmod')]));
  const torn = await started({ data, storageInitMs: 0 });
  expect((await torn.probe.get(`${collection}/a`)).status).toBe(200);
  await torn.server.close();
  const damaged = Buffer.from(whole);
  damaged[damaged.indexOf('appmodels') + 2] = 0x21;
  writeFileSync(journal, damaged);
  await expect(createApiServer({ data }).listen()).rejects.toThrow(/journal is damaged at line \d+ \(byte \d+\)/);
  expect(readFileSync(journal).equals(damaged)).toBe(true);
});

test('the CA and the token are kept in files that only their owner may read', async () => {
  const data = join(folder(), 'data');
  await started({ data });
  for (const file of ['identity.json', 'journal']) expect(statSync(join(data, file)).mode & 0o777).toBe(0o600);
});

test('requests are counted by verb and resource, answers by code', async () => {
  const { server, probe } = await started();
  await probe.get('/api/v1/namespaces');
  await probe.get('/api/v1/namespaces/nope');
  expect(server.counters.requests).toMatchObject({ 'list namespaces': 1, 'get namespaces': 1 });
  expect(server.counters.answers).toMatchObject({ 200: 1, 404: 1 });
});
