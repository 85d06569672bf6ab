import { ConfigError } from '../errors.ts';
import { type ConfigPart, isRecord, relativeTo, textOf } from './kubeconfig-file.ts';

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
export function readExecConfig(user: ConfigPart, place: string): ExecConfig {
  const exec = user.value['exec'];
  const wrong = (why: string): ConfigError => new ConfigError(`${place}: exec ${why}`);
  if (!isRecord(exec)) throw wrong('is no object');
  const apiVersion = textOf(exec['apiVersion']);
  if (!execVersions.includes(apiVersion))
    throw wrong(`has the apiVersion ${JSON.stringify(apiVersion)}; supported are ${execVersions.join(' and ')}`);
  const command = textOf(exec['command']);
  if (command === '') throw wrong('has no command');
  const mode = textOf(exec['interactiveMode']);
  if (mode === '' && apiVersion.endsWith('/v1')) throw wrong('has no interactiveMode; v1 wants Never, IfAvailable or Always');
  if (mode !== '' && mode !== 'Never' && mode !== 'IfAvailable' && mode !== 'Always')
    throw wrong(`has the interactiveMode ${JSON.stringify(mode)}; there are Never, IfAvailable and Always`);
  const args = exec['args'] ?? [];
  if (!isTexts(args)) throw wrong('has args that are no list of texts');
  const env = new Map<string, string>();
  const entries = exec['env'] ?? [];
  if (!Array.isArray(entries)) throw wrong('has an env that is no list');
  for (const entry of entries as unknown[]) {
    if (!isRecord(entry) || typeof entry['name'] !== 'string' || entry['name'] === '' || typeof (entry['value'] ?? '') !== 'string')
      throw wrong('has an entry of env without a name, or whose value is no text');
    env.set(entry['name'], textOf(entry['value']));
  }
  return {
    apiVersion,
    // As kubectl: a name is looked for in PATH, a path starts from the kubeconfig's folder.
    command: /[/\\]/.test(command) ? relativeTo(user.file, command) : command,
    args,
    env,
    installHint: textOf(exec['installHint']).trim(),
    interactiveMode: mode === '' ? 'IfAvailable' : mode,
    provideClusterInfo: exec['provideClusterInfo'] === true,
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
