import { resolve } from 'node:path';
import { systemClock } from '@kubecast/clock';
import { connectionFrom } from '../connection/connection-from.ts';
import { type Connection, type Impersonation, staticCredentials, type TrustSource } from '../connection/connection.ts';
import { carriesCredentials } from '../connection/identity.ts';
import { authorityFile, readAuthorities } from '../credentials/certificate-files.ts';
import { ConfigError } from '../errors.ts';
import type { ClusterEntry, Kubeconfig, UserEntry } from '../kubeconfig/kubeconfig.ts';
import { kubeconfigFiles, parseKubeconfig, readKubeconfigFiles, relativeTo } from '../kubeconfig/kubeconfig-file.ts';
import { environmentProxy } from './environment-proxy.ts';
import { checkKubeconfigOptions, type KubeconfigOptions } from './kubeconfig-options.ts';
import { checkUser, credentialsOf } from './user-credentials.ts';

/** The work behind connectionFromKubeconfig; a module of its own, so that who needs no kubeconfig does not load it. */
export async function readConnection(options: KubeconfigOptions): Promise<Connection> {
  checkKubeconfigOptions(options);
  const env = options.env ?? process.env;
  const { config, from } = await configOf(options, env);
  const { origin, cluster, user, namespace } = chosen(config, from, options.context);
  if (user !== undefined) checkUser(user);
  const { credentialsWithoutTls = false } = options;
  const carries = carriesCredentials({ server: cluster.server, credentialsWithoutTls });
  if (cluster.authority !== '' && cluster.authorityData !== '')
    throw new ConfigError(`${cluster.place}: certificate-authority and certificate-authority-data exclude each other`);
  // Without TLS nobody is trusted, and nobody is told who asks, as kubectl does it: then neither files nor plugins are looked at.
  const trusted = /^https:/i.test(cluster.server) ? await trustOf(cluster, options) : {};
  if (cluster.insecure && trusted.ca !== undefined)
    throw new ConfigError(`${cluster.place}: a certificate authority and insecure-skip-tls-verify exclude each other`);
  const proxyUrl = cluster.proxyUrl || (await environmentProxy(cluster.server, env));
  const impersonate = user === undefined ? undefined : impersonationOf(user);
  if (!carries && user !== undefined && hasCredentials(user))
    options.onWarning?.(
      `${origin}: the server is reached without TLS, so that the credentials of the user are not sent; credentialsWithoutTls sends them all the same`,
    );
  return connectionFrom({
    server: cluster.server,
    origin,
    namespace: options.namespace ?? (namespace || 'default'),
    ...trusted,
    ...(cluster.serverName === '' ? {} : { serverName: cluster.serverName }),
    ...(cluster.insecure ? { insecure: true } : {}),
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    ...(cluster.disableCompression ? { compression: false } : {}),
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(credentialsWithoutTls ? { credentialsWithoutTls } : {}),
    ...(!carries
      ? {}
      : user === undefined
        ? { credentials: staticCredentials({}) }
        : { credentials: await userOf(user, origin, cluster, trusted.ca, options, env) }),
  });
}

async function configOf(
  options: KubeconfigOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly config: Kubeconfig; readonly from: string }> {
  if (options.text !== undefined) {
    // A name that no file has; its folder, the working directory, is where relative paths start.
    const file = resolve('the text of a kubeconfig');
    return { config: await parseKubeconfig(new TextEncoder().encode(options.text), file), from: 'the text of a kubeconfig' };
  }
  const { files, from, optional } = kubeconfigFiles(options.path, env);
  return { config: await readKubeconfigFiles(files, optional), from };
}

interface Chosen {
  readonly origin: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry | undefined;
  readonly namespace: string;
}

function chosen(config: Kubeconfig, from: string, context: string | undefined): Chosen {
  const name = context ?? config.currentContext;
  const found = config.contexts.get(name);
  if (found === undefined)
    throw new ConfigError(
      name === ''
        ? `${from}: no current-context is set; name one of: ${known(config.contexts)}`
        : `${from}: there is no context ${JSON.stringify(name)}; known: ${known(config.contexts)}`,
    );
  const origin = `context ${JSON.stringify(name)} of ${found.file}`;
  const cluster = config.clusters.get(found.cluster);
  if (cluster === undefined)
    throw new ConfigError(`${origin}: there is no cluster ${JSON.stringify(found.cluster)}; known: ${known(config.clusters)}`);
  const user = config.users.get(found.user);
  if (user === undefined && found.user !== '')
    throw new ConfigError(`${origin}: there is no user ${JSON.stringify(found.user)}; known: ${known(config.users)}`);
  if (cluster.server === '') throw new ConfigError(`${cluster.place} has no server`);
  return { origin, cluster, user, namespace: found.namespace };
}

async function trustOf(cluster: ClusterEntry, options: KubeconfigOptions): Promise<{ readonly ca?: string; readonly trust?: TrustSource }> {
  const { authority, authorityData, place } = cluster;
  if (authority === '' && authorityData === '') return {};
  const path = relativeTo(cluster.file, authority);
  let ca: string;
  try {
    ca = await readAuthorities(authority === '' ? { text: authorityData } : { path });
  } catch (cause) {
    throw new ConfigError(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (authority === '') return { ca };
  return { ca, trust: authorityFile(ca, path, { clock: options.clock ?? systemClock, place, onWarning: options.onWarning }) };
}

function userOf(
  user: UserEntry,
  origin: string,
  cluster: ClusterEntry,
  ca: string | undefined,
  options: KubeconfigOptions,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof credentialsOf> {
  return credentialsOf(user, { origin, options, env, execCluster: execClusterOf(cluster, ca) });
}

/** What an exec plugin is told of the cluster, where it asks for that (client.authentication.k8s.io v1, Cluster). */
function execClusterOf(cluster: ClusterEntry, ca: string | undefined): Readonly<Record<string, unknown>> {
  const own = 'client.authentication.k8s.io/exec';
  return {
    server: cluster.server,
    ...(cluster.serverName === '' ? {} : { 'tls-server-name': cluster.serverName }),
    ...(cluster.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca, 'utf8').toString('base64') }),
    ...(cluster.proxyUrl === '' ? {} : { 'proxy-url': cluster.proxyUrl }),
    ...(cluster.disableCompression ? { 'disable-compression': true } : {}),
    ...(cluster.extensions.has(own) ? { config: cluster.extensions.get(own) ?? null } : {}),
  };
}

function hasCredentials(user: UserEntry): boolean {
  const texts = [user.token, user.tokenFile, user.username, user.certificate, user.certificateData];
  return texts.some((text) => text !== '') || user.exec !== undefined || user.authProvider !== undefined;
}

function impersonationOf(user: UserEntry): Impersonation | undefined {
  const { as, asUid, asGroups, asUserExtra, place } = user;
  if (as === '') {
    // Passed over, it would leave the user with all rights of his own.
    if (asUid !== '' || asGroups.length > 0 || asUserExtra.size > 0)
      throw new ConfigError(`${place} impersonates groups, a uid or extra, and no user; add "as"`);
    return undefined;
  }
  return {
    user: as,
    ...(asUid === '' ? {} : { uid: asUid }),
    ...(asGroups.length === 0 ? {} : { groups: asGroups }),
    ...(asUserExtra.size === 0 ? {} : { extra: Object.fromEntries(asUserExtra) }),
  };
}

function known(parts: ReadonlyMap<string, unknown>): string {
  return parts.size === 0 ? 'none' : [...parts.keys()].map((name) => JSON.stringify(name)).join(', ');
}
