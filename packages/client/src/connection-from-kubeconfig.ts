import type { Clock } from '@kubecast/store';
import type { Connection } from './connection.ts';

export interface KubeconfigOptions {
  /** Default: the files in KUBECONFIG, else ~/.kube/config. */
  readonly path?: string;
  /** Default: current-context. */
  readonly context?: string;
  /** Instead of the context's namespace. */
  readonly namespace?: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

/**
 * The connection of a kubeconfig's context. Files are read now, once; a token file again and again as it rotates. Throws ConfigError,
 * which names the file, the context and the user, and never quotes what may be a secret.
 */
export async function connectionFromKubeconfig(options: KubeconfigOptions = {}): Promise<Connection> {
  const { readConnection } = await import('./read-connection.ts');
  return readConnection(options);
}
