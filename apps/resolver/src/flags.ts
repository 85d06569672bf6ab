import { describeFlags, environmentNameOf, FlagError, readFlags as readGiven, type Flag } from '@kubecast/runtime';

export interface ResolverFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Undefined: that of the kubeconfig or of the pod. `''`: all. */
  readonly namespace?: string;
  readonly selector: string;
  readonly redisUrl: string;
  readonly keyTemplate: string;
  readonly host?: string;
  readonly port: number;
  readonly resyncMs: number;
  /** 0: wait for ever. */
  readonly syncTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly zone?: string;
  readonly dial: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  readonly logLevel: LogLevel;
  readonly exitWithStdin: boolean;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const flags: readonly Flag[] = [
  { name: 'kubeconfig', value: 'FILE', help: 'kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod' },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig; default: its current one' },
  { name: 'namespace', value: 'NAME', help: "namespace to watch; default: that of the context or of the pod; '' for all" },
  { name: 'all-namespaces', help: "watch all namespaces, as --namespace ''" },
  { name: 'selector', value: 'LABELS', help: 'label selector of AppModels, in addition to iidp=iidp' },
  { name: 'redis-url', value: 'URL', help: 'redis://[user:password@]host:port[/db] or rediss://...; default redis://127.0.0.1:6379' },
  {
    name: 'key-template',
    value: 'TEXT',
    help: 'key of a value in Redis; {namespace}, {app} and {model} are filled in; default {app}_{model}',
  },
  { name: 'host', value: 'ADDRESS', help: 'address to listen on; default 0.0.0.0 in a pod, 127.0.0.1 elsewhere' },
  { name: 'port', value: 'N', help: 'port to listen on; 0 for a free one; default 8080' },
  { name: 'resync', value: 'SECONDS', help: 'seconds between two resyncs; 0 for none; default 300' },
  {
    name: 'sync-timeout',
    value: 'SECONDS',
    help: 'end with status 1 if the first picture is not complete by then; 0 to wait for ever; default 0',
  },
  { name: 'call-timeout', value: 'SECONDS', help: 'seconds that a backend may take to begin its answer; 0 for no limit; default 30' },
  { name: 'zone', value: 'NAME', help: 'zone of this pod; endpoints meant for it are preferred' },
  {
    name: 'dial',
    value: 'FROM=TO',
    help: 'connect to TO (host:port) for the endpoint FROM (address:port); for development; may be given more than once',
    many: true,
  },
  { name: 'log-level', value: 'LEVEL', help: `${logLevels.join(', ')}; default info` },
  { name: 'exit-with-stdin', help: 'end when standard input is closed, so that no process outlives its parent' },
  { name: 'help', help: 'print this and end' },
];

export function helpText(): string {
  return `kubecast-resolver: answers over HTTP which app serves a model, with its metadata and endpoints, and forwards calls to it.

Usage: kubecast-resolver [flags]

${describeFlags(flags)}

Each flag may be set by the environment: --redis-url is ${environmentNameOf('redis-url')}; several values of --dial are separated by commas
there. A flag wins over the environment.
`;
}

/** Reads flags and environment. Gives 'help' if that was asked for; throws FlagError. */
export function readFlags(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): ResolverFlags | 'help' {
  const given = readGiven(flags, args, environment);
  if (given.on('help')) return 'help';
  const all = given.on('all-namespaces');
  const namespace = given.text('namespace');
  if (all && namespace !== undefined && namespace !== '')
    throw new FlagError(`--all-namespaces and --namespace ${namespace} exclude each other`);
  const redisUrl = given.text('redis-url') ?? 'redis://127.0.0.1:6379';
  if (!/^rediss?:\/\//u.test(redisUrl)) throw new FlagError('--redis-url must begin with redis:// or rediss://');
  const seconds = (name: string, fallback: number): number => given.number(name, fallback, { max: 31_536_000 }) * 1000;
  return {
    ...optional('kubeconfig', given.text('kubeconfig')),
    ...optional('context', given.text('context')),
    ...optional('namespace', all ? '' : namespace),
    ...optional('host', given.text('host')),
    ...optional('zone', given.text('zone')),
    selector: given.text('selector') ?? '',
    redisUrl,
    keyTemplate: given.text('key-template') ?? '{app}_{model}',
    port: given.number('port', 8080, { max: 65_535, whole: true }),
    resyncMs: seconds('resync', 300),
    syncTimeoutMs: seconds('sync-timeout', 0),
    callTimeoutMs: seconds('call-timeout', 30),
    dial: new Map(given.all('dial').map(readDial)),
    logLevel: given.oneOf('log-level', logLevels, 'info'),
    exitWithStdin: given.on('exit-with-stdin'),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}

function readDial(text: string): readonly [string, { host: string; port: number }] {
  const match = /^((?:\[[0-9a-fA-F:.]+\]|[^=:[\]]+):\d+)=(?:\[([0-9a-fA-F:.]+)\]|([^=:[\]]+)):(\d+)$/u.exec(text);
  const port = Number(match?.[4]);
  if (match === null || port < 1 || port > 65_535)
    throw new FlagError(`--dial is ${JSON.stringify(text)}; it takes FROM=TO, each host:port, as 192.0.2.1:80=127.0.0.1:3000`);
  return [match[1] as string, { host: (match[2] ?? match[3]) as string, port }];
}
