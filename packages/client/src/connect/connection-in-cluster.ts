import { type Clock, systemClock } from '@kubecast/clock';
import { connectionFrom } from '../connection/connection-from.ts';
import type { Connection } from '../connection/connection.ts';
import { ConfigError } from '../errors.ts';
import { unknownOption } from '../unknown-option.ts';
import { checkEnvironment } from './kubeconfig-options.ts';
import { TokenFile } from '../credentials/token-file.ts';

export interface InClusterOptions {
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly folder?: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Told of what did not work and ends no request: a folder without a certificate authority. Must not throw. */
  readonly onWarning?: (text: string) => void;
}

/**
 * The connection of a pod by its service account, as client-go makes it: address and proxy from the environment, the namespace of POD_NAMESPACE or of
 * the folder, else `default`; token and certificate authority are read again as they are replaced. Without a certificate authority the runtime's own are
 * trusted.
 */
export async function connectionInCluster(options: InClusterOptions = {}): Promise<Connection> {
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null)
    throw new ConfigError('connectionInCluster takes an object, or nothing');
  const unknown = unknownOption(options, ['folder', 'env', 'clock', 'onWarning']);
  if (unknown !== undefined) throw new ConfigError(`connectionInCluster: ${unknown}`);
  checkEnvironment(options.env, 'connectionInCluster');
  if (options.folder !== undefined && typeof options.folder !== 'string') throw new ConfigError('connectionInCluster: folder is no text');
  const env = options.env ?? process.env;
  const folder = options.folder ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] || env['KUBERNETES_SERVICE_PORT_HTTPS'] || '443';
  if (host === '') throw new ConfigError('not in a pod: KUBERNETES_SERVICE_HOST is not set. Outside of one, give a kubeconfig');
  const [{ readFile }, { environmentProxy }, { authorityFile, readAuthorities }] = await Promise.all([
    import('node:fs/promises'),
    import('./environment-proxy.ts'),
    import('../credentials/certificate-files.ts'),
  ]);
  const origin = `the pod's service account (${folder})`;
  const { clock = systemClock, onWarning } = options;
  const credentials = new TokenFile(`${folder}/token`, { clock });
  try {
    await credentials.get({ fresh: false });
  } catch (cause) {
    throw new ConfigError(`in a pod, but ${folder}/token cannot be used: is automountServiceAccountToken off?`, { cause });
  }
  const path = `${folder}/ca.crt`;
  const ca = await readAuthorities({ path }).catch((error: unknown) => {
    onWarning?.(`${origin}: ${error instanceof Error ? error.message : String(error)}; the authorities of the runtime are trusted instead`);
    return undefined;
  });
  const namespace = env['POD_NAMESPACE'] || (await readFile(`${folder}/namespace`, 'utf8').catch(() => '')).trim() || 'default';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const proxyUrl = await environmentProxy(server, env);
  return connectionFrom({
    server,
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    origin,
    ...(ca === undefined ? {} : { ca, trust: authorityFile(ca, path, { clock, place: origin, onWarning }) }),
    namespace,
    credentials,
  });
}

/** Whether this process looks like one in a pod. */
export function isInCluster(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}
