import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { ConfigError } from '../errors.ts';

/** A part of a kubeconfig with the folder that its relative paths start from. */
export interface ConfigPart {
  readonly value: Readonly<Record<string, unknown>>;
  readonly file: string;
}

/** Kubeconfigs merged as kubectl does: the first file that names a thing wins. */
export interface MergedConfig {
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, ConfigPart>;
  readonly clusters: ReadonlyMap<string, ConfigPart>;
  readonly users: ReadonlyMap<string, ConfigPart>;
}

/** The files to read: `path`, else KUBECONFIG's list, else ~/.kube/config. */
export function kubeconfigFiles(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly files: readonly string[]; readonly from: string; readonly optional: boolean } {
  if (path !== undefined) return { files: [path], from: path, optional: false };
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  // Files that KUBECONFIG lists and that do not exist are passed over, as kubectl does.
  if (listed.length > 0) return { files: listed, from: 'KUBECONFIG', optional: true };
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  if (home === '') throw new ConfigError('no kubeconfig: give a path, or set KUBECONFIG or HOME');
  return { files: [join(home, '.kube', 'config')], from: join(home, '.kube', 'config'), optional: false };
}

export async function readKubeconfigs(files: readonly string[], optional: boolean): Promise<MergedConfig> {
  const merged = {
    files: [] as string[],
    currentContext: '',
    contexts: new Map<string, ConfigPart>(),
    clusters: new Map<string, ConfigPart>(),
    users: new Map<string, ConfigPart>(),
  };
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code === 'ENOENT' && optional) continue;
      throw new ConfigError(`the kubeconfig ${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : messageOf(cause)}`, {
        cause,
      });
    }
    merged.files.push(file);
    const config = await parseKubeconfig(text, file);
    if (merged.currentContext === '') merged.currentContext = textOf(config['current-context']);
    collect(config, 'contexts', 'context', file, merged.contexts);
    collect(config, 'clusters', 'cluster', file, merged.clusters);
    collect(config, 'users', 'user', file, merged.users);
  }
  if (merged.files.length === 0) throw new ConfigError(`none of the kubeconfigs exists: ${files.join(', ')}`);
  return merged;
}

async function parseKubeconfig(text: string, file: string): Promise<Record<string, unknown>> {
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    parsed = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    // The parser's message quotes the line it stopped at, which may hold a token: only its place is told.
    const at = (cause as { linePos?: readonly { line: number; col: number }[] }).linePos?.[0];
    throw new ConfigError(`the kubeconfig ${file} is not YAML${at === undefined ? '' : ` (line ${at.line}, column ${at.col})`}`);
  }
  if (!isRecord(parsed)) throw new ConfigError(`the kubeconfig ${file} holds no configuration`);
  return parsed;
}

function collect(config: Record<string, unknown>, list: string, member: string, file: string, into: Map<string, ConfigPart>): void {
  const entries = config[list];
  if (entries === undefined || entries === null) return;
  if (!Array.isArray(entries)) throw new ConfigError(`the kubeconfig ${file}: ${list} is no list`);
  for (const entry of entries as unknown[]) {
    if (!isRecord(entry) || typeof entry['name'] !== 'string')
      throw new ConfigError(`the kubeconfig ${file}: an entry of ${list} has no name`);
    if (!into.has(entry['name'])) into.set(entry['name'], { value: isRecord(entry[member]) ? entry[member] : {}, file });
  }
}

/** Inline data (base64) or, where there is none, the file's content; relative to the kubeconfig's folder. */
export async function dataOrFile(part: ConfigPart, name: string, what: string): Promise<string | undefined> {
  const inline = textOf(part.value[`${name}-data`]);
  if (inline !== '') {
    if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(inline))
      throw new ConfigError(`the kubeconfig ${part.file}: ${name}-data of ${what} is not base64`);
    return Buffer.from(inline, 'base64').toString('utf8');
  }
  const path = textOf(part.value[name]);
  if (path === '') return undefined;
  const file = relativeTo(part.file, path);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`the kubeconfig ${part.file}: ${name} of ${what} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

export function relativeTo(kubeconfig: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(kubeconfig), path);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
