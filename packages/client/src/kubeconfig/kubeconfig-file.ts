import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { readGoYaml, YamlError } from './go-yaml.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';

/** The files to read: `path`, else KUBECONFIG's list, else ~/.kube/config. */
export function kubeconfigFiles(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly files: readonly string[]; readonly from: string; readonly optional: boolean } {
  if (path !== undefined) return { files: [resolve(path)], from: path, optional: false };
  const listed = env['KUBECONFIG'] ?? '';
  // Files that KUBECONFIG lists and that do not exist are passed over, as kubectl does. A list of empty names is a list: it does not mean the home folder.
  if (listed !== '') {
    const files = listed.split(delimiter).filter((file) => file !== '');
    return { files: [...new Set(files)].map((file) => resolve(file)), from: 'KUBECONFIG', optional: true };
  }
  const home = env['HOME'] || env['USERPROFILE'] || '';
  if (home === '') throw new ConfigError('no kubeconfig: give a path, or set KUBECONFIG or HOME');
  const file = resolve(join(home, '.kube', 'config'));
  return { files: [file], from: file, optional: false };
}

/** Reads kubeconfigs and merges them as kubectl does: the first file that names a thing wins, whole. An empty file holds nothing and is no error. */
export async function readKubeconfigFiles(files: readonly string[], optional: boolean): Promise<Kubeconfig> {
  const found: Kubeconfig[] = [];
  for (const file of files) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code === 'ENOENT' && optional) continue;
      throw new ConfigError(`the kubeconfig ${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : messageOf(cause)}`, {
        cause,
      });
    }
    found.push(await parseKubeconfig(bytes, file));
  }
  if (found.length === 0)
    throw new ConfigError(files.length === 0 ? 'KUBECONFIG names no file' : `none of the kubeconfigs exists: ${files.join(', ')}`);
  return {
    currentContext: found.find((config) => config.currentContext !== '')?.currentContext ?? '',
    contexts: firstOf(found.map((config) => config.contexts)),
    clusters: firstOf(found.map((config) => config.clusters)),
    users: firstOf(found.map((config) => config.users)),
  };
}

/** One kubeconfig of its bytes; `source` names it to people. Throws ConfigError. */
export async function parseKubeconfig(bytes: Uint8Array, file: string, source: string = file): Promise<Kubeconfig> {
  const place = source === file ? `the kubeconfig ${file}` : source;
  let value: unknown;
  try {
    value = await readGoYaml(bytes);
  } catch (error) {
    // The parser's own message quotes the line it stopped at, which may hold a token: only its place is told. A RangeError: nested too deep.
    if (error instanceof YamlError) throw new ConfigError(`${place} is not YAML: ${error.message}`);
    if (error instanceof RangeError) throw new ConfigError(`${place} is not YAML: it is nested too deep`);
    throw error;
  }
  return readKubeconfig(value, file, source);
}

export function relativeTo(kubeconfig: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(kubeconfig), path);
}

function firstOf<T>(all: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  const merged = new Map<string, T>();
  for (const some of all) for (const [name, entry] of some) if (!merged.has(name)) merged.set(name, entry);
  return merged;
}

/** What led to an error, in words. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
