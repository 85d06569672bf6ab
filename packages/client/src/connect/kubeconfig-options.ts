import type { Clock } from '@kubecast/clock';
import { ConfigError } from '../errors.ts';

export interface KubeconfigOptions {
  /** Default: the files in KUBECONFIG, else ~/.kube/config. */
  readonly path?: string;
  /**
   * The text of a kubeconfig, YAML or JSON, instead of a file: of a Secret, or `exportConfig()` of a KubeConfig of @kubernetes/client-node. Relative
   * paths in it start from the working directory; new tokens of an OIDC issuer are kept in memory.
   */
  readonly text?: string;
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
  /** Sends the user's credentials to a server without TLS (`http://`) too, where anybody on the way can read them. Default false, as kubectl. */
  readonly credentialsWithoutTls?: boolean;
  /** Told of what did not work and ends no request, such as tokens that could not be written back. Must not throw. */
  readonly onWarning?: (text: string) => void;
}

/** Throws ConfigError for options of a wrong type, such as a path in place of the object. */
export function checkKubeconfigOptions(options: unknown): void {
  if (typeof options === 'string')
    throw new ConfigError(
      'connectionFromKubeconfig takes an object; use connectionFromKubeconfig({ path }) or connectionFromKubeconfig({ text })',
    );
  if (typeof options !== 'object' || options === null) throw new ConfigError('connectionFromKubeconfig takes an object, or nothing');
  const values = options as Readonly<Record<string, unknown>>;
  for (const name of ['path', 'text', 'context', 'namespace'])
    if (values[name] !== undefined && typeof values[name] !== 'string')
      throw new ConfigError(`connectionFromKubeconfig: ${name} is no text`);
  if (values['path'] === '')
    throw new ConfigError('connectionFromKubeconfig: path is empty; leave it out to use KUBECONFIG or ~/.kube/config');
  if (values['path'] !== undefined && values['text'] !== undefined)
    throw new ConfigError('connectionFromKubeconfig: path and text exclude each other');
}
