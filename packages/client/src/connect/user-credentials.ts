import { systemClock } from '@kubecast/clock';
import { type CredentialSource, staticCredentials } from '../connection/connection.ts';
import { besideCertificate, certificateFiles, type PemPlace, readAuthorities, readKeyPair } from '../credentials/certificate-files.ts';
import { TokenFile } from '../credentials/token-file.ts';
import { ConfigError } from '../errors.ts';
import { messageOf } from '../kubeconfig/kubeconfig-file.ts';
import type { ExecConfig } from '../kubeconfig/exec-config.ts';
import type { UserEntry } from '../kubeconfig/kubeconfig.ts';
import { relativeTo } from '../kubeconfig/kubeconfig-file.ts';
import { environmentProxy } from './environment-proxy.ts';
import type { KubeconfigOptions } from './kubeconfig-options.ts';

/** From what a user's credentials are made, besides the user. */
export interface CredentialsFrom {
  readonly origin: string;
  readonly options: KubeconfigOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What an exec plugin is told of the cluster. */
  readonly execCluster: Readonly<Record<string, unknown>>;
}

/** The auth providers that somebody here can ask. */
const providers: readonly string[] = ['oidc', 'azure', 'gcp'];

/** Throws ConfigError for a user whose fields contradict each other, whichever of them would be used: the same that kubectl refuses. */
export function checkUser(user: UserEntry): void {
  const wrong = (why: string): ConfigError => new ConfigError(`${user.place}: ${why}`);
  const { certificate, certificateData, key, keyData, authProvider } = user;
  if (certificate !== '' || certificateData !== '') {
    if (certificate !== '' && certificateData !== '') throw wrong('client-certificate and client-certificate-data exclude each other');
    if (key !== '' && keyData !== '') throw wrong('client-key and client-key-data exclude each other');
    if (key === '' && keyData === '') throw wrong('a client certificate needs its key: client-key or client-key-data');
  }
  if ((user.token !== '' || user.tokenFile !== '') && user.username !== '') throw wrong('a token and a username exclude each other');
  if (user.token !== '' && user.password !== '') throw wrong('a token and a password exclude each other');
  if (user.exec !== undefined && authProvider !== undefined) throw wrong('exec and auth-provider exclude each other');
  if (authProvider === undefined) return;
  if (!providers.includes(authProvider.name))
    throw wrong(
      `there is no auth-provider ${JSON.stringify(authProvider.name)}; there are ${providers.join(', ')}, and exec for all others`,
    );
  if (authProvider.name !== 'oidc') return;
  for (const name of ['idp-issuer-url', 'client-id'])
    if ((authProvider.config.get(name) ?? '') === '') throw wrong(`auth-provider.config has no ${name}`);
}

/**
 * The credentials of a user in the order of client-go: a client certificate goes with every connection; beside it the token file's token, the token, or
 * user and password. An exec plugin is asked only where there is none of all these, an auth provider wherever there is no token or password.
 */
export async function credentialsOf(user: UserEntry, from: CredentialsFrom): Promise<CredentialSource> {
  const { clock = systemClock } = from.options;
  const exec = user.exec === undefined ? undefined : (await import('../kubeconfig/exec-config.ts')).checkExec(user.exec, user);
  const certificate = await certificateOf(user, from);
  let other: CredentialSource | undefined;
  if (user.tokenFile !== '') other = await tokenFileOf(user, clock);
  else if (user.token !== '') other = staticCredentials({ token: user.token });
  else if (user.username !== '') other = staticCredentials({ username: user.username, password: user.password });
  else if (user.authProvider !== undefined) other = await providerOf(user, user.authProvider, from);
  else if (exec !== undefined && certificate === undefined) other = await execOf(exec, user, from);
  if (certificate === undefined) return other ?? staticCredentials({});
  return other === undefined ? certificate : besideCertificate(certificate, other);
}

async function certificateOf(user: UserEntry, from: CredentialsFrom): Promise<CredentialSource | undefined> {
  const { place, certificate, certificateData, key, keyData } = user;
  // A key alone is passed over, as kubectl does.
  if (certificate === '' && certificateData === '') return undefined;
  const at = (path: string, text: string): PemPlace => (path === '' ? { text } : { path: relativeTo(user.file, path) });
  const ofCertificate = at(certificate, certificateData);
  const ofKey = at(key, keyData);
  let pair: Awaited<ReturnType<typeof readKeyPair>>;
  try {
    pair = await readKeyPair(ofCertificate, ofKey);
  } catch (cause) {
    throw new ConfigError(`${place}: ${messageOf(cause)}`, { cause });
  }
  if (certificate === '' && key === '') return staticCredentials(pair);
  const { clock = systemClock, onWarning } = from.options;
  return certificateFiles(pair, ofCertificate, ofKey, { clock, place, onWarning });
}

async function tokenFileOf(user: UserEntry, clock: NonNullable<KubeconfigOptions['clock']>): Promise<CredentialSource> {
  const source = new TokenFile(relativeTo(user.file, user.tokenFile), { clock, ...(user.token === '' ? {} : { fallback: user.token }) });
  try {
    await source.get({ fresh: false });
  } catch (cause) {
    throw new ConfigError(`${user.place}: ${messageOf(cause)}`, { cause });
  }
  return source;
}

async function execOf(exec: ExecConfig, user: UserEntry, from: CredentialsFrom): Promise<CredentialSource> {
  const { execCredentials } = await import('../credentials/exec-credentials.ts');
  const { clock = systemClock, terminal = process.stdin.isTTY, pluginMs = 60_000 } = from.options;
  const { origin, env, execCluster: cluster } = from;
  return execCredentials({ origin, what: user.what, exec, cluster, env, clock, terminal, limitMs: pluginMs });
}

/** OIDC by ourselves: client-node 2.0.1 gives its OpenID library the issuer in a form that it refuses, and never gets a second token. */
async function providerOf(
  user: UserEntry,
  provider: NonNullable<UserEntry['authProvider']>,
  from: CredentialsFrom,
): Promise<CredentialSource> {
  const { origin, options, env } = from;
  const { what } = user;
  if (provider.name !== 'oidc') {
    const { providerCredentials } = await import('../credentials/provider-credentials.ts');
    return providerCredentials({ origin, provider: { name: provider.name, config: Object.fromEntries(provider.config) }, what });
  }
  const { oidcCredentials } = await import('../credentials/oidc-credentials.ts');
  const text = (name: string): string => provider.config.get(name) ?? '';
  return oidcCredentials({
    origin,
    what,
    idToken: text('id-token'),
    refreshToken: text('refresh-token'),
    issuer: text('idp-issuer-url'),
    clientId: text('client-id'),
    clientSecret: text('client-secret'),
    ca: await issuerAuthorities(user, text('idp-certificate-authority'), text('idp-certificate-authority-data')),
    clock: options.clock ?? systemClock,
    proxyUrl: await environmentProxy(text('idp-issuer-url'), env),
    ...(options.writeBack === false || options.text !== undefined ? {} : { file: { path: user.file, user: user.name } }),
    ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  });
}

async function issuerAuthorities(user: UserEntry, path: string, data: string): Promise<string | undefined> {
  if (path === '' && data === '') return undefined;
  try {
    // As client-go: the inline form wins.
    return await readAuthorities(
      data === '' ? { path: relativeTo(user.file, path) } : { text: Buffer.from(data, 'base64').toString('utf8') },
    );
  } catch (cause) {
    throw new ConfigError(`${user.place}: the issuer's authorities: ${messageOf(cause)}`, { cause });
  }
}
