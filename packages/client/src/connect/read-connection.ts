import { resolve } from 'node:path';
import { systemClock } from '@kubecast/clock';
import { connectionFrom } from '../connection/connection-from.ts';
import {
  type Connection,
  type Credentials,
  type CredentialSource,
  type Impersonation,
  staticCredentials,
} from '../connection/connection.ts';
import type { KubeconfigOptions } from './connection-from-kubeconfig.ts';
import { environmentProxy } from './environment-proxy.ts';
import { ConfigError } from '../errors.ts';
import {
  type ConfigPart,
  dataOrFile,
  isRecord,
  kubeconfigFiles,
  readKubeconfigs,
  relativeTo,
  textOf,
} from '../kubeconfig/kubeconfig-file.ts';
import { TokenFile } from '../credentials/token-file.ts';

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
  const ownProxy = textOf(cluster.value['proxy-url']);
  const proxyUrl = ownProxy || (await environmentProxy(server, env));
  const impersonate = user === undefined ? undefined : impersonationOf(user, `${origin}: user ${JSON.stringify(userName)}`);
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
      user === undefined
        ? staticCredentials({})
        : await credentialsOf(user, userName, {
            origin,
            options,
            env,
            execCluster: () => execClusterOf(cluster, { server, ca, serverName, insecure, proxyUrl: ownProxy }),
          }),
  });
}

/** From what a user's credentials are made, besides the user. */
interface CredentialsFrom {
  readonly origin: string;
  readonly options: KubeconfigOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execCluster: () => Readonly<Record<string, unknown>>;
}

/** What an exec plugin is told of the cluster, where it asks for that (client.authentication.k8s.io v1, Cluster). */
function execClusterOf(
  cluster: ConfigPart,
  known: {
    readonly server: string;
    readonly ca: string | undefined;
    readonly serverName: string;
    readonly insecure: boolean;
    readonly proxyUrl: string;
  },
): Readonly<Record<string, unknown>> {
  const extensions = cluster.value['extensions'];
  const own = Array.isArray(extensions)
    ? (extensions as unknown[]).filter(isRecord).find((entry) => entry['name'] === 'client.authentication.k8s.io/exec')
    : undefined;
  return {
    server: known.server,
    ...(known.serverName === '' ? {} : { 'tls-server-name': known.serverName }),
    ...(known.insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(known.ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(known.ca, 'utf8').toString('base64') }),
    ...(known.proxyUrl === '' ? {} : { 'proxy-url': known.proxyUrl }),
    ...(cluster.value['disable-compression'] === true ? { 'disable-compression': true } : {}),
    ...(own === undefined ? {} : { config: own['extension'] ?? null }),
  };
}

async function credentialsOf(user: ConfigPart, name: string, from: CredentialsFrom): Promise<CredentialSource> {
  const { clock = systemClock } = from.options;
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
    const source = new TokenFile(relativeTo(user.file, tokenFile), { clock });
    return { get: async (options) => ({ ...certificate, ...(await source.get(options)) }) };
  }
  if (token !== '') return staticCredentials({ ...certificate, token });
  if (username !== '') return staticCredentials({ ...certificate, username, password: textOf(user.value['password']) });
  const provider = user.value['auth-provider'];
  const hasExec = isRecord(user.value['exec']);
  if (hasExec && isRecord(provider)) throw new ConfigError(`${from.origin}: ${what} has an exec plugin and an auth-provider; one of both`);
  if (hasExec) {
    const [{ readExecConfig }, { execCredentials }] = await Promise.all([
      import('../kubeconfig/exec-config.ts'),
      import('../credentials/exec-credentials.ts'),
    ]);
    return execCredentials({
      origin: from.origin,
      what,
      exec: readExecConfig(user, `${from.origin}: ${what}`),
      cluster: from.execCluster(),
      env: from.env,
      clock,
      terminal: from.options.terminal ?? process.stdin.isTTY,
      limitMs: from.options.pluginMs ?? 60_000,
    });
  }
  if (isRecord(provider)) {
    if (provider['name'] === 'oidc') return oidcOf(user, name, provider, what, from);
    const { providerCredentials } = await import('../credentials/provider-credentials.ts');
    return providerCredentials({ origin: from.origin, user, what });
  }
  return staticCredentials(certificate);
}

/** OIDC by ourselves: client-node 2.0.1 gives its OpenID library the issuer in a form that it refuses, and never gets a second token. */
async function oidcOf(
  user: ConfigPart,
  name: string,
  provider: Readonly<Record<string, unknown>>,
  what: string,
  from: CredentialsFrom,
): Promise<CredentialSource> {
  const config = isRecord(provider['config']) ? provider['config'] : {};
  const { oidcCredentials } = await import('../credentials/oidc-credentials.ts');
  return oidcCredentials({
    origin: from.origin,
    what,
    idToken: textOf(config['id-token']),
    refreshToken: textOf(config['refresh-token']),
    issuer: textOf(config['idp-issuer-url']),
    clientId: textOf(config['client-id']),
    clientSecret: textOf(config['client-secret']),
    ca: await dataOrFile({ value: config, file: user.file }, 'idp-certificate-authority', `the issuer of ${what}`),
    clock: from.options.clock ?? systemClock,
    proxyUrl: await environmentProxy(textOf(config['idp-issuer-url']), from.env),
    ...(from.options.writeBack === false ? {} : { file: { path: user.file, user: name } }),
    ...(from.options.onWarning === undefined ? {} : { onWarning: from.options.onWarning }),
  });
}

function impersonationOf(user: ConfigPart, place: string): Impersonation | undefined {
  const as = textOf(user.value['as']);
  const uid = textOf(user.value['as-uid']);
  const groups = user.value['as-groups'] ?? [];
  const extra = user.value['as-user-extra'] ?? {};
  if (!isTexts(groups)) throw new ConfigError(`${place} has as-groups that are no list of texts`);
  if (!isRecord(extra) || !Object.values(extra).every(isTexts))
    throw new ConfigError(`${place} has as-user-extra that is no map of lists of texts`);
  if (as === '') {
    // Passed over, it would leave the user with all rights of his own.
    if (uid !== '' || groups.length > 0 || Object.keys(extra).length > 0)
      throw new ConfigError(`${place} impersonates groups, a uid or extra, and no user; add "as"`);
    return undefined;
  }
  return {
    user: as,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra: extra as Record<string, string[]> }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function known(parts: ReadonlyMap<string, unknown>): string {
  return parts.size === 0 ? 'none' : [...parts.keys()].map((name) => JSON.stringify(name)).join(', ');
}
