import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { appModelCrd } from '../testing/cluster.ts';
import { httpsCall } from './https-json.ts';
import { createTestCluster } from './create-test-cluster.ts';
import { RealCluster } from './real-cluster.ts';
import { adminUser, certificateUser, nobodyUser, serviceAccountUser, type TestCluster } from './test-cluster.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-envtest-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// The real binaries are built by another command and take minutes; where they are named, everything here runs on them as well.
const assets = process.env['KUBEBUILDER_ASSETS'];
const kinds: readonly ('embedded' | 'real')[] = assets === undefined || assets === '' ? ['embedded'] : ['embedded', 'real'];

const maps = '/api/v1/namespaces/default/configmaps';
const get = (cluster: TestCluster, path: string, user?: string): ReturnType<typeof httpsCall> =>
  httpsCall({ url: cluster.url, ca: cluster.ca, token: cluster.token(user) }, 'GET', path);

for (const use of kinds) {
  test(`${use}: it starts, installs CRDs from files and folders, is killed and comes back with its objects`, async () => {
    const cluster = createTestCluster({ use });
    await cluster.start();
    try {
      expect(cluster.kind).toBe(use);
      mkdirSync(join(folder, 'crds'));
      writeFileSync(join(folder, 'crds', 'a.yaml'), `kind: List\n---\n${stringify(appModelCrd)}`);
      writeFileSync(join(folder, 'crds', 'notes.txt'), 'no CRD');
      expect(await cluster.installCrds([join(folder, 'crds')])).toEqual(['appmodels.iidp.com']);
      expect((await get(cluster, '/apis/iidp.com/v1/appmodels')).status).toBe(200);
      const made = await httpsCall(
        { url: cluster.url, ca: cluster.ca, token: cluster.token() },
        'POST',
        maps,
        JSON.stringify({ metadata: { name: 'kept' } }),
      );
      expect(made.status).toBe(201);
      const { url } = cluster;
      await cluster.kill();
      await expect(get(cluster, '/version')).rejects.toThrow(/ECONNREFUSED|hang up|ECONNRESET/);
      await cluster.restart();
      expect(cluster.url).toBe(url);
      expect((await get(cluster, `${maps}/kept`)).status).toBe(200);
      expect(cluster.kubeconfig()).toContain(url);
    } finally {
      await cluster.stop();
    }
  }, 120_000);

  test(`${use}: a missing path is an error unless told otherwise, and a refused CRD says why`, async () => {
    const cluster = createTestCluster({ use });
    await cluster.start();
    try {
      const nowhere = join(folder, 'nowhere');
      await expect(cluster.installCrds([nowhere])).rejects.toThrow(`${nowhere} does not exist`);
      expect(await cluster.installCrds([nowhere], { missing: 'ignore' })).toEqual([]);
      const bad = join(folder, 'bad.yaml');
      writeFileSync(bad, stringify({ ...appModelCrd, metadata: { name: 'wrong.iidp.com' } }));
      await expect(cluster.installCrds([bad])).rejects.toThrow(
        /bad\.yaml: the server refused wrong\.iidp\.com: .*must be spec\.names\.plural\+"\."\+spec\.group/,
      );
    } finally {
      await cluster.stop();
    }
  }, 120_000);
}

for (const use of kinds) {
  test(`${use}: only who was given a right has it, and a token that is bound to a Secret goes with it`, async () => {
    const cluster = createTestCluster({ use });
    await cluster.start();
    try {
      const admin = { url: cluster.url, ca: cluster.ca, token: cluster.token() };
      const secrets = '/api/v1/namespaces/default/secrets';
      for (const user of [nobodyUser, serviceAccountUser])
        expect([(await get(cluster, '/api', user)).status, (await get(cluster, maps, user)).status]).toEqual([200, 403]);
      expect((await httpsCall(admin, 'POST', secrets, JSON.stringify({ metadata: { name: 'bound' } }))).status).toBe(201);
      const token = await cluster.serviceAccountToken('default', 'other', { boundTo: 'bound' });
      expect((await httpsCall(admin, 'DELETE', `${secrets}/bound`)).status).toBe(200);
      // Not asked before: the real server remembers a good token for some seconds.
      expect((await httpsCall({ ...admin, token }, 'GET', '/api')).status).toBe(401);
    } finally {
      await cluster.stop();
    }
  }, 120_000);

  test(`${use}: each user of its kubeconfigs is who it says, by token, by certificate and by service account`, async () => {
    const cluster = createTestCluster({ use });
    await cluster.start();
    try {
      const who = async (user: string): Promise<unknown> => {
        const { users } = parse(cluster.kubeconfig(user)) as {
          users: readonly { user: Readonly<Record<'token' | 'client-certificate-data' | 'client-key-data', string | undefined>> }[];
        };
        const shown = users[0]?.user;
        const decoded = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString();
        const answer = await new Promise<string>((resolve, reject) => {
          const sent = request(
            `${cluster.url}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
            {
              method: 'POST',
              agent: false,
              ca: cluster.ca,
              ...(shown?.token === undefined
                ? { cert: decoded(shown?.['client-certificate-data']), key: decoded(shown?.['client-key-data']) }
                : {}),
              headers: {
                'Content-Type': 'application/json',
                ...(shown?.token === undefined ? {} : { Authorization: `Bearer ${shown.token}` }),
              },
            },
            (response) => {
              let text = '';
              response.on('data', (chunk: Buffer) => (text += chunk.toString()));
              response.on('end', () => resolve(text));
            },
          );
          sent.on('error', reject);
          sent.end('{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}');
        });
        const { userInfo } = (JSON.parse(answer) as { status: { userInfo: { username: string; groups: readonly string[] } } }).status;
        return [userInfo.username, ...userInfo.groups];
      };
      expect(await who(adminUser)).toEqual([adminUser, 'system:masters', 'system:authenticated']);
      expect(await who(certificateUser)).toEqual([certificateUser, 'system:masters', 'system:authenticated']);
      expect(await who(nobodyUser)).toEqual([nobodyUser, 'system:authenticated']);
      expect(await who(serviceAccountUser)).toEqual([
        serviceAccountUser,
        'system:serviceaccounts',
        'system:serviceaccounts:default',
        'system:authenticated',
      ]);
    } finally {
      await cluster.stop();
    }
  }, 120_000);
}

// In a list of tests an absent one is not seen; `npm run test:real` runs them all.
test.skipIf(!kinds.includes('real'))(
  'real: where this is skipped nothing ran on it, since KUBEBUILDER_ASSETS names no folder with its programs',
  () => {
    expect(kinds).toContain('real');
  },
);

test('a folder without the binaries is an error that names what is missing', () => {
  expect(() => createTestCluster({ assets: folder })).toThrow(`${folder} has no kube-apiserver that can be run`);
  expect(createTestCluster({ assets: folder, use: 'embedded' }).kind).toBe('embedded');
});

test.skipIf(assets === undefined || assets === '')(
  'real: etcd alone is killed and comes back, is compacted, and goes back to a copy under an API server that lives on',
  async () => {
    const cluster = new RealCluster({ assets: String(assets) });
    await cluster.start();
    const post = async (name: string): Promise<number> => {
      const body = JSON.stringify({ metadata: { name } });
      const made = await httpsCall({ url: cluster.url, ca: cluster.ca, token: cluster.token() }, 'POST', maps, body);
      expect(made.status).toBe(201);
      return Number((JSON.parse(made.text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
    };
    try {
      await post('before');
      await cluster.backup(join(folder, 'copy'));
      for (let i = 0; i < 20; i += 1) await post(`undone-${i}`);
      await cluster.killEtcd();
      await cluster.restart();
      expect((await get(cluster, `${maps}/undone-0`)).status).toBe(200);
      const newest = await post('newest');
      expect(Number(await cluster.compact())).toBeGreaterThanOrEqual(newest);
      await cluster.restoreEtcd(join(folder, 'copy'));
      // The only sign that a reader gets of it.
      expect(await post('after')).toBeLessThan(newest);
      await cluster.kill();
      await cluster.restart();
      expect((await get(cluster, `${maps}/newest`)).status).toBe(404);
      expect((await get(cluster, `${maps}/before`)).status).toBe(200);
    } finally {
      await cluster.stop();
    }
  },
  120_000,
);
