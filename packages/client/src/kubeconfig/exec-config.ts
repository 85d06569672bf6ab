import { ConfigError } from '../errors.ts';
import type { ExecEntry, UserEntry } from './kubeconfig.ts';
import { relativeTo } from './kubeconfig-file.ts';

/** The `exec` of a kubeconfig's user, checked (client.authentication.k8s.io v1 and v1beta1, KEP-541). */
export interface ExecConfig {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Besides those of this process. */
  readonly env: ReadonlyMap<string, string>;
  /** What tells a person how to get the command; `''` where there is nothing. */
  readonly installHint: string;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  readonly provideClusterInfo: boolean;
}

export const execVersions: readonly string[] = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Throws ConfigError for what is no plugin that could be run. Values of `args` and `env` may be secrets, and are never quoted. */
export function checkExec(exec: ExecEntry, user: UserEntry): ExecConfig {
  const wrong = (why: string): ConfigError => new ConfigError(`${user.place}: exec ${why}`);
  const { apiVersion, command, interactiveMode: mode } = exec;
  if (!execVersions.includes(apiVersion))
    throw wrong(`has the apiVersion ${JSON.stringify(apiVersion)}; supported are ${execVersions.join(' and ')}`);
  if (command === '') throw wrong('has no command');
  if (mode === '' && apiVersion.endsWith('/v1')) throw wrong('has no interactiveMode; v1 wants Never, IfAvailable or Always');
  if (mode !== '' && mode !== 'Never' && mode !== 'IfAvailable' && mode !== 'Always')
    throw wrong(`has the interactiveMode ${JSON.stringify(mode)}; there are Never, IfAvailable and Always`);
  const env = new Map<string, string>();
  for (const { name, value } of exec.env) {
    if (name === '') throw wrong('has an entry of env without a name');
    env.set(name, value);
  }
  return {
    apiVersion,
    // As kubectl: a name is looked for in PATH, a path starts from the kubeconfig's folder.
    command: /[/\\]/.test(command) ? relativeTo(user.file, command) : command,
    args: exec.args,
    env,
    installHint: exec.installHint.trim(),
    interactiveMode: mode === '' ? 'IfAvailable' : mode,
    provideClusterInfo: exec.provideClusterInfo,
  };
}
