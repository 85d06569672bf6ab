import { resolve } from 'node:path';
import type { Clock } from '@kubecast/store';
import { systemClock } from '@kubecast/store/clock';
import { connectionFrom } from './connection-from.ts';
import { type Connection, type Credentials, type CredentialSource, type Impersonation, staticCredentials } from './connection.ts';
import type { KubeconfigOptions } from './connection-from-kubeconfig.ts';
import { ConfigError } from './errors.ts';
import {
  type ConfigPart,
  dataOrFile,
  isRecord,
  kubeconfigFiles,
  type MergedConfig,
  readKubeconfigs,
  relativeTo,
  textOf,
} from './kubeconfig-file.ts';
import { TokenFile } from './token-file.ts';

/** The work behind connectionFromKubeconfig; a module of its own, so that who needs no kubeconfig does not load it. */
export async function readConnection(options: KubeconfigOptions): Promise<Connection> {
  const env = options.env ?? process.env;
  const { files, from, optional } = kubeconfigFiles(options.path, env);
  const config = await readKubeconfigs(
    files.map((file) => resolve(file)),
    optional,
  );
  const name = options.context ?? config.currentContext;
  if (name === '') throw new ConfigError(`${from}: no current-context is set; name one of: ${known(config.contexts)}`);
  const context = config.contexts.get(name);
  if (context === undefined)
    throw new ConfigError(`${from}: there is no context ${JSON.stringify(name)}; known: ${known(config.contexts)}`);
  const origin = `context ${JSON.stringify(name)} of ${context.file}`;
  const clusterName = textOf(context.value['cluster']);
  const cluster = config.clusters.get(clusterName);
  if (cluster === undefined)
    throw new ConfigError(`${origin}: there is no cluster ${JSON.stringify(clusterName)}; known: ${known(config.clusters)}`);
  const userName = textOf(context.value['user']);
  const user = config.users.get(userName);
  if (user === undefined && userName !== '')
    throw new ConfigError(`${origin}: there is no user ${JSON.stringify(userName)}; known: ${known(config.users)}`);
  const server = textOf(cluster.value['server']);
  if (server === '') throw new ConfigError(`${origin}: cluster ${JSON.stringify(clusterName)} has no server`);
  const ca = await dataOrFile(cluster, 'certificate-authority', `cluster ${JSON.stringify(clusterName)}`);
  const serverName = textOf(cluster.value['tls-server-name']);
  const proxyUrl = textOf(cluster.value['proxy-url']) || proxyOf(server, env);
  const impersonate = user === undefined ? undefined : impersonationOf(user);
  const insecure = cluster.value['insecure-skip-tls-verify'] === true;
  if (insecure && ca !== undefined)
    throw new ConfigError(
      `${origin}: cluster ${JSON.stringify(clusterName)} has a certificate authority and insecure-skip-tls-verify; one of both`,
    );
  return connectionFrom({
    server,
    origin,
    namespace: options.namespace ?? (textOf(context.value['namespace']) || 'default'),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === '' ? {} : { serverName }),
    ...(insecure ? { insecure } : {}),
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    ...(cluster.value['disable-compression'] === true ? { compression: false } : {}),
    ...(impersonate === undefined ? {} : { impersonate }),
    credentials:
      user === undefined ? staticCredentials({}) : await credentialsOf(user, userName, { origin, config, context: name, ...options }),
  });
}

async function credentialsOf(
  user: ConfigPart,
  name: string,
  from: { readonly origin: string; readonly config: MergedConfig; readonly context: string; readonly clock?: Clock },
): Promise<CredentialSource> {
  const what = `user ${JSON.stringify(name)}`;
  const cert = await dataOrFile(user, 'client-certificate', what);
  const key = await dataOrFile(user, 'client-key', what);
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigError(`${from.origin}: ${what} has a client certificate or its key, but not both`);
  const certificate: Credentials = cert === undefined || key === undefined ? {} : { cert, key };
  const tokenFile = textOf(user.value['tokenFile']);
  const token = textOf(user.value['token']);
  const username = textOf(user.value['username']);
  // The order of client-go: a token file wins over a token.
  if (tokenFile !== '') {
    const source = new TokenFile(relativeTo(user.file, tokenFile), from.clock === undefined ? {} : { clock: from.clock });
    return { get: async (options) => ({ ...certificate, ...(await source.get(options)) }) };
  }
  if (token !== '') return staticCredentials({ ...certificate, token });
  if (username !== '') return staticCredentials({ ...certificate, username, password: textOf(user.value['password']) });
  const provider = user.value['auth-provider'];
  if (!isRecord(user.value['exec']) && isRecord(provider) && provider['name'] === 'oidc') return oidcOf(user, provider, what, from);
  if (isRecord(user.value['exec']) || isRecord(provider)) {
    const { pluginCredentials } = await import('./plugin-credentials.ts');
    return pluginCredentials({ ...from, user, what });
  }
  return staticCredentials(certificate);
}

/** OIDC by ourselves: client-node 2.0.1 gives its OpenID library the issuer in a form that it refuses, and never gets a second token. */
async function oidcOf(
  user: ConfigPart,
  provider: Readonly<Record<string, unknown>>,
  what: string,
  from: { readonly origin: string; readonly clock?: Clock },
): Promise<CredentialSource> {
  const config = isRecord(provider['config']) ? provider['config'] : {};
  const { oidcCredentials } = await import('./oidc-credentials.ts');
  return oidcCredentials({
    origin: from.origin,
    what,
    idToken: textOf(config['id-token']),
    refreshToken: textOf(config['refresh-token']),
    issuer: textOf(config['idp-issuer-url']),
    clientId: textOf(config['client-id']),
    clientSecret: textOf(config['client-secret']),
    ca: await dataOrFile({ value: config, file: user.file }, 'idp-certificate-authority', `the issuer of ${what}`),
    clock: from.clock ?? systemClock,
  });
}

function impersonationOf(user: ConfigPart): Impersonation | undefined {
  const as = textOf(user.value['as']);
  if (as === '') return undefined;
  const groups = user.value['as-groups'];
  const extra = user.value['as-user-extra'];
  const uid = textOf(user.value['as-uid']);
  return {
    user: as,
    ...(uid === '' ? {} : { uid }),
    ...(Array.isArray(groups) ? { groups: groups.filter((group) => typeof group === 'string') } : {}),
    ...(isRecord(extra) ? { extra: extra as Record<string, string[]> } : {}),
  };
}

// As Go's http.ProxyFromEnvironment: HTTPS_PROXY or HTTP_PROXY by the server's scheme, unless NO_PROXY names the host; loopback never.
function proxyOf(server: string, env: Readonly<Record<string, string | undefined>>): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    return '';
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return '';
  const proxy =
    url.protocol === 'https:' ? (env['HTTPS_PROXY'] ?? env['https_proxy'] ?? '') : (env['HTTP_PROXY'] ?? env['http_proxy'] ?? '');
  if (proxy === '') return '';
  for (const entry of (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',')) {
    const pattern = entry.trim().toLowerCase().replace(/:\d+$/, '');
    if (pattern === '*') return '';
    const domain = pattern.replace(/^\*?\./, '');
    if (domain !== '' && (host === domain || host.endsWith(`.${domain}`))) return '';
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function known(parts: ReadonlyMap<string, unknown>): string {
  return parts.size === 0 ? 'none' : [...parts.keys()].map((name) => JSON.stringify(name)).join(', ');
}
