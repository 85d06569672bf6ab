import type { Clock } from '@kubecast/clock';
import type { Connection } from '../connection/connection.ts';

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
  /** How long an exec plugin may run, milliseconds; ten times as long where it may ask a person. Default 60,000; 0: no limit. */
  readonly pluginMs?: number;
  /** Whether an exec plugin may ask a person. Default: whether standard input is a terminal. */
  readonly terminal?: boolean;
  /** Whether tokens that an OIDC issuer gave are written to the file that the user came from, as kubectl does. Default true. */
  readonly writeBack?: boolean;
  /** Told of what did not work and ends no request, such as tokens that could not be written back. Must not throw. */
  readonly onWarning?: (text: string) => void;
}

/**
 * The connection of a kubeconfig's context. Files are read now, once; a token file again and again as it rotates. Throws ConfigError,
 * which names the file, the context and the user, and never quotes what may be a secret.
 */
export async function connectionFromKubeconfig(options: KubeconfigOptions = {}): Promise<Connection> {
  const { readConnection } = await import('./read-connection.ts');
  return readConnection(options);
}
