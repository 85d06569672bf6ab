import type { Clock } from '@kubecast/clock';
import { connectionFrom } from '../connection/connection-from.ts';
import type { Connection } from '../connection/connection.ts';
import { ConfigError } from '../errors.ts';
import { TokenFile } from '../credentials/token-file.ts';

export interface InClusterOptions {
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly folder?: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

/** The connection of a pod, by its service account: address and proxy from the environment, CA and namespace read now, the token again and again. */
export async function connectionInCluster(options: InClusterOptions = {}): Promise<Connection> {
  const env = options.env ?? process.env;
  const folder = options.folder ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT_HTTPS'] ?? env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '') throw new ConfigError('not in a pod: KUBERNETES_SERVICE_HOST is not set. Outside of one, give a kubeconfig');
  const [{ readFile }, { environmentProxy }] = await Promise.all([import('node:fs/promises'), import('./environment-proxy.ts')]);
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(`${folder}/${file}`, 'utf8');
    } catch (cause) {
      throw new ConfigError(`in a pod, but ${folder}/${file} cannot be read: is automountServiceAccountToken off?`, { cause });
    }
  };
  const credentials = new TokenFile(`${folder}/token`, options.clock === undefined ? {} : { clock: options.clock });
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const proxyUrl = await environmentProxy(server, env);
  return connectionFrom({
    server,
    ...(proxyUrl === '' ? {} : { proxyUrl }),
    origin: `the pod's service account (${folder})`,
    ca: await read('ca.crt'),
    namespace: (await read('namespace')).trim() || 'default',
    credentials,
  });
}

/** Whether this process looks like one in a pod. */
export function isInCluster(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}
