import { parseArgs } from 'node:util';

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

/** Bad flags or environment. The message names the flag and what it takes. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  readonly code = 'ResolverBadFlag';
}

interface Flag {
  readonly name: string;
  readonly value?: string;
  readonly help: string;
  readonly many?: boolean;
}

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

const environmentName = (name: string): string => `KUBECAST_${name.toUpperCase().replaceAll('-', '_')}`;

export function helpText(): string {
  const lines = flags.map((flag) => {
    const head = `  --${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
    return `${head.padEnd(26)} ${flag.help}`;
  });
  return `kubecast-resolver: answers over HTTP which app serves a model, with its metadata and endpoints, and forwards calls to it.

Usage: kubecast-resolver [flags]

${lines.join('\n')}

Each flag may be set by the environment: --redis-url is ${environmentName('redis-url')}; several values of --dial are separated by commas
there. A flag wins over the environment.
`;
}

/** Reads flags and environment. Gives 'help' if that was asked for; throws FlagError. */
export function readFlags(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): ResolverFlags | 'help' {
  const given = parse(args);
  if (given.has('help')) return 'help';
  const text = (name: string): string | undefined => given.get(name)?.at(-1) ?? environment[environmentName(name)];
  const all = given.has('all-namespaces') || isTrue('all-namespaces', environment[environmentName('all-namespaces')]);
  const namespace = text('namespace');
  if (all && namespace !== undefined && namespace !== '')
    throw new FlagError(`--all-namespaces and --namespace ${namespace} exclude each other`);
  const chosenNamespace = all ? '' : namespace;
  const logLevel = text('log-level') ?? 'info';
  if (!(logLevels as readonly string[]).includes(logLevel))
    throw new FlagError(`--log-level is ${JSON.stringify(logLevel)}; it takes ${logLevels.join(', ')}`);
  const redisUrl = text('redis-url') ?? 'redis://127.0.0.1:6379';
  if (!/^rediss?:\/\//u.test(redisUrl)) throw new FlagError('--redis-url must begin with redis:// or rediss://');
  const dial = given.get('dial') ?? environment[environmentName('dial')]?.split(',').filter((part) => part !== '') ?? [];
  return {
    ...optional('kubeconfig', text('kubeconfig')),
    ...optional('context', text('context')),
    ...optional('namespace', chosenNamespace),
    ...optional('host', text('host')),
    ...optional('zone', text('zone')),
    selector: text('selector') ?? '',
    redisUrl,
    keyTemplate: text('key-template') ?? '{app}_{model}',
    port: number('port', text('port'), 8080, 65_535),
    resyncMs: number('resync', text('resync'), 300, 86_400 * 365) * 1000,
    syncTimeoutMs: number('sync-timeout', text('sync-timeout'), 0, 86_400) * 1000,
    callTimeoutMs: number('call-timeout', text('call-timeout'), 30, 86_400) * 1000,
    dial: new Map(dial.map(readDial)),
    logLevel: logLevel as LogLevel,
    exitWithStdin: given.has('exit-with-stdin') || isTrue('exit-with-stdin', environment[environmentName('exit-with-stdin')]),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}

function parse(args: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const options = Object.fromEntries(
    flags.map((flag) => [flag.name, { type: flag.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true }]),
  );
  let tokens;
  try {
    ({ tokens } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false, tokens: true }));
  } catch (error) {
    throw new FlagError(`${(error as Error).message.split('\n')[0]?.split('. To specify')[0] ?? ''}; --help lists the flags`, {
      cause: error,
    });
  }
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'option') found.set(token.name, [...(found.get(token.name) ?? []), token.value ?? '']);
  }
  return found;
}

function number(name: string, text: string | undefined, fallback: number, maximum: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  const whole = name === 'port';
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > maximum || (whole && !Number.isInteger(value))) {
    throw new FlagError(`--${name} is ${JSON.stringify(text)}; it takes a ${whole ? 'whole ' : ''}number from 0 to ${maximum}`);
  }
  return value;
}

function isTrue(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '' || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw new FlagError(`${environmentName(name)} is ${JSON.stringify(text)}; it takes true or false`);
}

function readDial(text: string): readonly [string, { host: string; port: number }] {
  const match = /^((?:\[[0-9a-fA-F:.]+\]|[^=:[\]]+):\d+)=(?:\[([0-9a-fA-F:.]+)\]|([^=:[\]]+)):(\d+)$/u.exec(text);
  const port = Number(match?.[4]);
  if (match === null || port < 1 || port > 65_535)
    throw new FlagError(`--dial is ${JSON.stringify(text)}; it takes FROM=TO, each host:port, as 192.0.2.1:80=127.0.0.1:3000`);
  return [match[1] as string, { host: (match[2] ?? match[3]) as string, port }];
}
