import { parseLabelSelector } from '@kubecast/store';
import type { Flag, GivenFlags } from './cli-flags.ts';
import { FlagError } from '../errors.ts';

/** What every program of kubecast takes to reach the API server and Redis. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Undefined: that of the kubeconfig or of the pod. `''`: all. */
  readonly namespace?: string;
  readonly redisUrl: string;
  /** A file that describes the connection to Redis, instead of the URL. */
  readonly redisConfig?: string;
  readonly keyTemplate: string;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where the API server is. */
export const kubernetesFlags: readonly Flag[] = [
  { name: 'kubeconfig', value: 'FILE', help: 'kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod' },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig; default: its current one' },
];

/** Which AppModels are watched. */
export const scopeFlags: readonly Flag[] = [
  { name: 'namespace', value: 'NAME', help: "namespace to watch; default: that of the context or of the pod; '' for all" },
  { name: 'all-namespaces', help: "watch all namespaces, as --namespace ''" },
  { name: 'selector', value: 'LABELS', help: 'label selector of AppModels, in addition to iidp=iidp' },
];

export const redisFlags: readonly Flag[] = [
  { name: 'redis-url', value: 'URL', help: 'redis://[user:password@]host:port[/db] or rediss://...; default redis://127.0.0.1:6379' },
  {
    name: 'redis-config',
    value: 'FILE',
    help: 'JSON file with the connection to Redis, instead of --redis-url: Sentinel, Cluster, TLS with client certificates, password files',
  },
  {
    name: 'key-template',
    value: 'TEXT',
    help: 'key of a value in Redis; {namespace}, {app} and {model} are filled in; default {app}_{model}',
  },
];

/** What a program that runs until it is stopped takes besides. */
export const processFlags: readonly Flag[] = [
  { name: 'log-level', value: 'LEVEL', help: `${logLevels.join(', ')}; default info` },
  { name: 'exit-with-stdin', help: 'end when standard input is closed, so that no process outlives its parent' },
];

export const helpFlag: Flag = { name: 'help', help: 'print this and end' };

/** @throws FlagError; it never shows the URL of Redis, which may hold a password. */
export function readConnectionFlags(given: GivenFlags, options: { readonly allNamespaces: boolean }): ConnectionFlags {
  const url = given.text('redis-url');
  const config = given.text('redis-config');
  if (url !== undefined && config !== undefined)
    throw new FlagError('--redis-url and --redis-config (or their environment) exclude each other: both say where Redis is');
  const redisUrl = url ?? 'redis://127.0.0.1:6379';
  if (!/^rediss?:\/\//u.test(redisUrl)) throw new FlagError('--redis-url must begin with redis:// or rediss://');
  const named = given.text('namespace');
  const everywhere = options.allNamespaces && given.on('all-namespaces');
  if (everywhere && named !== undefined && named !== '')
    throw new FlagError(`--all-namespaces and --namespace ${named} exclude each other`);
  return {
    redisUrl,
    keyTemplate: given.text('key-template') ?? '{app}_{model}',
    ...givenText('redisConfig', config),
    ...givenText('kubeconfig', given.text('kubeconfig')),
    ...givenText('context', given.text('context')),
    ...givenText('namespace', everywhere ? '' : named),
  };
}

/** Which kubeconfig the flags name, as `connectionFromDefaults` of the client takes it. */
export function kubeconfigOf(flags: ConnectionFlags): { readonly path?: string; readonly context?: string } {
  return { ...givenText('path', flags.kubeconfig), ...givenText('context', flags.context) };
}

/** The label selector as it was given, once it is known to be one. @throws FlagError */
export function readSelectorFlag(given: GivenFlags): string {
  const text = given.text('selector') ?? '';
  try {
    parseLabelSelector(text);
    return text;
  } catch (error) {
    throw new FlagError(`--selector ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** `{ [key]: value }`, or nothing where the value is undefined: optional properties are left out, not set to undefined. */
export function givenText<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
