import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedCluster, RealCluster } from '@kubecast/apiserver/envtest';
import { type ClientOptions, connectionFromKubeconfig, createClient, type KubernetesClient } from '@kubecast/client';
import { parse } from 'yaml';
import { folder } from './targets.ts';

/** A private CA that signed nothing of the servers under test, and a client certificate of it. */
export const foreign = {
  ca: readFileSync(new URL('../../../../packages/client/testdata/ca.crt', import.meta.url), 'utf8'),
  cert: readFileSync(new URL('../../../../packages/client/testdata/client.crt', import.meta.url), 'utf8'),
  key: readFileSync(new URL('../../../../packages/client/testdata/client.key', import.meta.url), 'utf8'),
};

let files = 0;

/** Writes a file that only this run reads, and gives its path. */
export function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder(), `${files++}-${name}`);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The path of a new kubeconfig for the cluster; `cluster` and `user` are entries of it, over those that it has. */
export function kubeconfig(of: EmbeddedCluster | RealCluster, user: object, cluster: object = {}): string {
  return file(
    'kubeconfig',
    JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'c', user: 'u', namespace: 'default' } }],
      clusters: [{ name: 'c', cluster: { server: of.url, 'certificate-authority-data': base64(of.ca), ...cluster } }],
      users: [{ name: 'u', user }],
    }),
  );
}

/** The entry that the cluster's own kubeconfig has for a user. */
export function userOf(cluster: EmbeddedCluster | RealCluster, user: string): Readonly<Record<string, string>> {
  const config = parse(cluster.kubeconfig(user)) as { users: readonly { user: Record<string, string> }[] };
  return config.users[0]?.user ?? {};
}

/** A client by a kubeconfig. No budget: these tests ask more at once than a good citizen should. */
export async function clientOf(path: string, options: ClientOptions = {}): Promise<KubernetesClient> {
  return createClient(await connectionFromKubeconfig({ path, env: {} }), { budget: { perSecond: 0 }, ...options });
}

/** Who the server takes the client for. */
export async function whoAmI(client: KubernetesClient): Promise<string> {
  const review = (await client.request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
  })) as { readonly status: { readonly userInfo: { readonly username: string } } };
  return review.status.userInfo.username;
}

/** A token that was good once and is no more, and that the server never saw: it must not be in a cache of the server's. */
export async function revokedToken(cluster: EmbeddedCluster | RealCluster): Promise<string> {
  const admin = await clientOf(kubeconfig(cluster, { token: cluster.token() }));
  try {
    const secrets = '/api/v1/namespaces/default/secrets';
    const name = `bound-${files++}`;
    await admin.request({ method: 'POST', path: secrets, body: JSON.stringify({ metadata: { name } }) });
    const token = await cluster.serviceAccountToken('default', 'revoked', { boundTo: name });
    await admin.request({ method: 'DELETE', path: `${secrets}/${name}` });
    return token;
  } finally {
    admin.close();
  }
}
