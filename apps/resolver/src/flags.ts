import {
  describeFlags,
  environmentNameOf,
  FlagError,
  givenText,
  helpFlag,
  kubernetesFlags,
  logLevels,
  processFlags,
  readConnectionFlags,
  readFlags as readGiven,
  readSelectorFlag,
  redisFlags,
  scopeFlags,
  type ConnectionFlags,
  type Flag,
  type LogLevel,
} from '@kubecast/runtime';
import { defaultLimits, type CallLimits } from './balancing/call-limits.ts';
import { isProxyRange } from './forwarding/trusted-proxies.ts';

export interface ResolverFlags extends ConnectionFlags {
  readonly selector: string;
  readonly host?: string;
  readonly port: number;
  readonly resyncMs: number;
  /** 0: wait for ever. */
  readonly syncTimeoutMs: number;
  readonly callTimeoutMs: number;
  /** Undefined: by where it runs. */
  readonly drainGraceMs?: number;
  readonly limits: CallLimits;
  readonly trustedProxies: readonly string[];
  /** A file. */
  readonly backendCa?: string;
  readonly zone?: string;
  /** Bytes of metadata in memory; undefined: a quarter of what the process may use; Infinity: no bound. */
  readonly payloadBudget?: number;
  readonly maxValueBytes: number;
  readonly dial: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  readonly logLevel: LogLevel;
  readonly exitWithStdin: boolean;
}

const flags: readonly Flag[] = [
  ...kubernetesFlags,
  ...scopeFlags,
  ...redisFlags,
  { name: 'host', value: 'ADDRESS', help: 'address to listen on; default 0.0.0.0 in a pod, 127.0.0.1 elsewhere' },
  { name: 'port', value: 'N', help: 'port to listen on; 0 for a free one; default 8080' },
  { name: 'resync', value: 'SECONDS', help: 'seconds between two resyncs; 0 for none; default 300' },
  {
    name: 'sync-timeout',
    value: 'SECONDS',
    help: 'end with status 1 if the first picture is not complete by then; 0 to wait for ever; default 0',
  },
  { name: 'call-timeout', value: 'SECONDS', help: 'seconds that a backend may take to begin its answer; 0 for no limit; default 30' },
  { name: 'max-calls', value: 'N', help: `calls in flight at once; default ${defaultLimits.process}` },
  { name: 'max-app-calls', value: 'N', help: `calls in flight to one app; default ${defaultLimits.app}` },
  { name: 'max-endpoint-calls', value: 'N', help: `calls in flight to one endpoint; default ${defaultLimits.endpoint}` },
  { name: 'max-streams', value: 'N', help: `answers that last, which count as no calls; default ${defaultLimits.streams}` },
  {
    name: 'drain-grace',
    value: 'SECONDS',
    help: 'seconds between unready and closed at a stop; default 5 in a pod, 0 elsewhere',
  },
  {
    name: 'trusted-proxy',
    value: 'ADDRESS[/BITS]',
    help: 'a proxy in front whose X-Forwarded-*, Forwarded and X-Real-IP are passed on; may be given more than once; default none',
    many: true,
  },
  {
    name: 'backend-ca',
    value: 'FILE',
    help: 'authorities (PEM) of endpoints whose appProtocol is https; default those of the runtime',
  },
  { name: 'zone', value: 'NAME', help: 'zone of this pod; endpoints meant for it are preferred' },
  {
    name: 'payload-budget',
    value: 'SIZE',
    help: "memory for metadata, as 64Mi or 1Gi; what is asked for least leaves it and is read again when it is asked for; 0 for no bound; default a quarter of the container's limit, of the machine's memory where there is none",
  },
  { name: 'max-value', value: 'SIZE', help: 'a larger value in Redis is not loaded; default 16Mi' },
  {
    name: 'dial',
    value: 'FROM=TO',
    help: 'connect to TO (host:port) for the endpoint FROM (address:port), which may then be loopback or a name; for development; may be given more than once',
    many: true,
  },
  ...processFlags,
  helpFlag,
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
  const seconds = (name: string, fallback: number): number => given.number(name, fallback, { max: 31_536_000 }) * 1000;
  return {
    ...readConnectionFlags(given, { allNamespaces: true }),
    ...givenText('host', given.text('host')),
    ...givenText('zone', given.text('zone')),
    ...givenText('backendCa', given.text('backend-ca')),
    selector: readSelectorFlag(given),
    port: given.number('port', 8080, { max: 65_535, whole: true }),
    resyncMs: seconds('resync', 300),
    syncTimeoutMs: seconds('sync-timeout', 0),
    callTimeoutMs: seconds('call-timeout', 30),
    ...readBudget(given.text('payload-budget')),
    maxValueBytes: readSize('max-value', given.text('max-value') ?? '16Mi', 1),
    limits: {
      process: given.number('max-calls', defaultLimits.process, limit),
      app: given.number('max-app-calls', defaultLimits.app, limit),
      endpoint: given.number('max-endpoint-calls', defaultLimits.endpoint, limit),
      streams: given.number('max-streams', defaultLimits.streams, limit),
    },
    ...(given.text('drain-grace') === undefined ? {} : { drainGraceMs: seconds('drain-grace', 0) }),
    trustedProxies: given.all('trusted-proxy').map(readProxy),
    dial: new Map(given.all('dial').map(readDial)),
    logLevel: given.oneOf('log-level', logLevels, 'info'),
    exitWithStdin: given.on('exit-with-stdin'),
  };
}

const limit = { min: 1, max: 1_000_000, whole: true } as const;

function readProxy(text: string): string {
  if (!isProxyRange(text))
    throw new FlagError(`--trusted-proxy is ${JSON.stringify(text)}; it takes an address or ADDRESS/BITS, as 10.0.0.0/8 or fd00::/8`);
  return text;
}

function readDial(text: string): readonly [string, { host: string; port: number }] {
  const match = /^((?:\[[0-9a-fA-F:.]+\]|[^=:[\]]+):\d+)=(?:\[([0-9a-fA-F:.]+)\]|([^=:[\]]+)):(\d+)$/u.exec(text);
  const port = Number(match?.[4]);
  if (match === null || port < 1 || port > 65_535)
    throw new FlagError(`--dial is ${JSON.stringify(text)}; it takes FROM=TO, each host:port, as 192.0.2.1:80=127.0.0.1:3000`);
  return [match[1] as string, { host: (match[2] ?? match[3]) as string, port }];
}

function readBudget(text: string | undefined): { readonly payloadBudget?: number } {
  if (text === undefined) return {};
  const bytes = readSize('payload-budget', text, 0);
  return { payloadBudget: bytes === 0 ? Infinity : bytes };
}

const units = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const;

function readSize(name: string, text: string, least: number): number {
  const match = /^(\d{1,15})(|Ki|Mi|Gi)$/u.exec(text);
  const bytes = match === null ? Number.NaN : Number(match[1]) * units[match[2] as keyof typeof units];
  if (!Number.isSafeInteger(bytes) || bytes < least)
    throw new FlagError(
      `--${name} is ${JSON.stringify(text)}; it takes bytes, with Ki, Mi or Gi for more, as 64Mi${least > 0 ? ', at least 1' : ''}`,
    );
  return bytes;
}
