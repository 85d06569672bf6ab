import type { Clock } from '@kubecast/clock';
import { ConfigError } from '../errors.ts';
import { unknownOption } from '../unknown-option.ts';

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

const names: readonly (keyof KubeconfigOptions)[] = [
  'path',
  'text',
  'context',
  'namespace',
  'env',
  'clock',
  'pluginMs',
  'terminal',
  'writeBack',
  'credentialsWithoutTls',
  'onWarning',
];

/** Throws ConfigError for options of a wrong type or name, such as a path in place of the object. */
export function checkKubeconfigOptions(options: unknown): void {
  if (typeof options === 'string')
    throw new ConfigError(
      'connectionFromKubeconfig takes an object; use connectionFromKubeconfig({ path }) or connectionFromKubeconfig({ text })',
    );
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ConfigError('connectionFromKubeconfig takes an object, or nothing');
  const unknown = unknownOption(options, names);
  if (unknown !== undefined) throw new ConfigError(`connectionFromKubeconfig: ${unknown}`);
  const values = options as Readonly<Record<string, unknown>>;
  for (const name of ['path', 'text', 'context', 'namespace'])
    if (values[name] !== undefined && typeof values[name] !== 'string')
      throw new ConfigError(`connectionFromKubeconfig: ${name} is no text`);
  for (const name of ['terminal', 'writeBack', 'credentialsWithoutTls'])
    if (values[name] !== undefined && typeof values[name] !== 'boolean')
      throw new ConfigError(`connectionFromKubeconfig: ${name} is neither true nor false`);
  const { pluginMs, onWarning } = values;
  if (pluginMs !== undefined && !(typeof pluginMs === 'number' && pluginMs >= 0))
    throw new ConfigError('connectionFromKubeconfig: pluginMs is no number of milliseconds');
  if (onWarning !== undefined && typeof onWarning !== 'function')
    throw new ConfigError('connectionFromKubeconfig: onWarning is no function');
  checkEnvironment(values['env'], 'connectionFromKubeconfig');
  if (values['path'] === '')
    throw new ConfigError('connectionFromKubeconfig: path is empty; leave it out to use KUBECONFIG or ~/.kube/config');
  if (values['path'] !== undefined && values['text'] !== undefined)
    throw new ConfigError('connectionFromKubeconfig: path and text exclude each other');
}

/** Throws ConfigError for an environment that is none: of another type, or with values that are no texts. */
export function checkEnvironment(env: unknown, what: string): void {
  if (env === undefined) return;
  if (typeof env !== 'object' || env === null) throw new ConfigError(`${what}: env is no object`);
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && typeof value !== 'string')
      throw new ConfigError(`${what}: the variable ${JSON.stringify(name)} of env is no text`);
}
