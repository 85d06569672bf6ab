import type { Connection } from '../connection/connection.ts';
import type { KubeconfigOptions } from './kubeconfig-options.ts';

/**
 * The connection of a kubeconfig's context, as kubectl makes it. The kubeconfig is read now, once; the token, the client certificate and the certificate
 * authority that it keeps in files are read again as they are replaced. Throws ConfigError, which names the file, the entry and the field, and never
 * quotes what may be a secret.
 */
export async function connectionFromKubeconfig(options: KubeconfigOptions = {}): Promise<Connection> {
  const { readConnection } = await import('./read-connection.ts');
  return readConnection(options);
}
