import { describeFlags, environmentNameOf, FlagError, readFlags, type Flag, type GivenFlags } from '@kubecast/runtime';
import { parseLabelSelector } from '@kubecast/store';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What all commands take. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Undefined: that of the kubeconfig or of the pod. `''`: all. */
  readonly namespace?: string;
  readonly redisUrl: string;
  readonly keyTemplate: string;
}

export interface RunFlags extends ConnectionFlags {
  readonly command: 'run';
  readonly selector: string;
  readonly healthHost?: string;
  readonly healthPort: number;
  readonly leaderElect: boolean;
  readonly leaseNamespace?: string;
  /** 0: wait for ever. */
  readonly syncTimeoutMs: number;
  readonly resyncMs: number;
  readonly redisRetention: 'keep' | 'delete';
  readonly concurrency: number;
  readonly logLevel: LogLevel;
  readonly exitWithStdin: boolean;
}

export interface PublishFlags extends ConnectionFlags {
  readonly command: 'publish';
  readonly files: readonly string[];
  readonly metadata: readonly string[];
  readonly name?: string;
  readonly adopt: boolean;
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly replicas: number;
}

export interface UninstallFlags extends ConnectionFlags {
  readonly command: 'uninstall';
}

export interface HelpFlags {
  readonly command: 'help';
  readonly text: string;
}

export type ControllerFlags = RunFlags | PublishFlags | UninstallFlags | HelpFlags;

const connection: readonly Flag[] = [
  { name: 'kubeconfig', value: 'FILE', help: 'kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod' },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig; default: its current one' },
];
const redis: readonly Flag[] = [
  { name: 'redis-url', value: 'URL', help: 'redis://[user:password@]host:port[/db] or rediss://...; default redis://127.0.0.1:6379' },
  {
    name: 'key-template',
    value: 'TEXT',
    help: 'key of a value in Redis; {namespace}, {app} and {model} are filled in; default {app}_{model}',
  },
];
const help: Flag = { name: 'help', help: 'print this and end' };

const run: readonly Flag[] = [
  ...connection,
  { name: 'namespace', value: 'NAME', help: "namespace to watch; default: that of the context or of the pod; '' for all" },
  { name: 'all-namespaces', help: "watch all namespaces, as --namespace ''" },
  { name: 'selector', value: 'LABELS', help: 'label selector of AppModels, in addition to iidp=iidp' },
  ...redis,
  {
    name: 'redis-retention',
    value: 'MODE',
    help: 'what happens to the values of an AppModel that is deleted: keep (default), or delete what the publisher wrote and nobody else claims',
  },
  { name: 'health-host', value: 'ADDRESS', help: 'address of /livez, /readyz and /metrics; default 0.0.0.0 in a pod, 127.0.0.1 elsewhere' },
  { name: 'health-port', value: 'N', help: 'their port; 0 for a free one; default 8081' },
  { name: 'leader-elect', help: 'let one of several controllers work, by a Lease; default; --no-leader-elect for a single one' },
  { name: 'lease-namespace', value: 'NAME', help: 'namespace of that Lease; default: that of the pod or of the context' },
  {
    name: 'sync-timeout',
    value: 'SECONDS',
    help: 'end with status 1 if CRD and first picture are not there by then; 0 to wait for ever; default 0',
  },
  { name: 'resync', value: 'SECONDS', help: 'seconds between two looks at everything; 0 for none; default 300' },
  { name: 'concurrency', value: 'N', help: 'AppModels that are reconciled at the same time; default 4' },
  { name: 'log-level', value: 'LEVEL', help: `${logLevels.join(', ')}; default info` },
  { name: 'exit-with-stdin', help: 'end when standard input is closed, so that no process outlives its parent' },
  help,
];

const publish: readonly Flag[] = [
  ...connection,
  { name: 'namespace', value: 'NAME', help: 'publish into this namespace, whatever the files say' },
  ...redis,
  {
    name: 'metadata',
    value: 'PATH',
    help: 'a JSON or YAML file that maps models to their metadata, or a folder with one file MODEL.json a model; may be given more than once',
    many: true,
  },
  { name: 'name', value: 'NAME', help: 'metadata.name, where it is not the lower-cased app' },
  { name: 'adopt', help: 'replace values that no publisher wrote' },
  { name: 'field-manager', value: 'NAME', help: 'who owns the applied fields; default appmodels-manager' },
  { name: 'force', help: 'take over fields that others own; default; --no-force to be refused instead' },
  { name: 'replicas', value: 'N', help: 'replicas of Redis that must confirm each value before it is announced; default 0' },
  { name: 'dry-run', help: 'check everything, write nothing' },
  help,
];

const uninstall: readonly Flag[] = [
  ...connection,
  { name: 'namespace', value: 'NAME', help: "namespace to release; default: that of the context or of the pod; '' for all" },
  { name: 'all-namespaces', help: "all namespaces, as --namespace ''" },
  ...redis,
  help,
];

const head = `kubecast-controller: owns the CRD of AppModels and the life of their values in Redis.

Usage: kubecast-controller [run] [flags]
       kubecast-controller publish FILE... [flags]      write metadata to Redis, then apply the AppModels in the files (- for stdin)
       kubecast-controller uninstall [flags]            take the controller's finalizer off every AppModel; erases nothing

kubecast-controller COMMAND --help tells the flags of a command.
`;
const tail = `
Each flag may be set by the environment: --redis-url is ${environmentNameOf('redis-url')}. A flag wins over the environment.
`;

const commands = new Map<string, { readonly flags: readonly Flag[]; readonly title: string }>([
  [
    'run',
    { flags: run, title: 'run: installs the CRD, checks that Redis holds what is announced, reports claims, and keeps or removes values.' },
  ],
  ['publish', { flags: publish, title: 'publish FILE...: writes metadata to Redis, then applies the AppModels in the files.' }],
  [
    'uninstall',
    {
      flags: uninstall,
      title:
        "uninstall: takes the controller's finalizer off every AppModel, so that they can be deleted without a controller. Values stay.",
    },
  ],
]);

/** Reads the command line and the environment. @throws FlagError */
export function readControllerFlags(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): ControllerFlags {
  const [first = ''] = argv;
  const named = first !== '' && !first.startsWith('-');
  const command = named ? first : 'run';
  if (first === '--help' || first === '-h' || command === 'help') {
    return { command: 'help', text: `${head}\nFlags of run:\n\n${describeFlags(run)}\n${tail}` };
  }
  const known = commands.get(command);
  if (known === undefined)
    throw new FlagError(`there is no command ${JSON.stringify(command)}; there are ${[...commands.keys()].join(', ')}`);
  const given = readFlags(known.flags, named ? argv.slice(1) : argv, environment, { positionals: command === 'publish' ? 1_000 : 0 });
  if (given.on('help')) return { command: 'help', text: `${known.title}\n\n${describeFlags(known.flags)}\n${tail}` };
  switch (command) {
    case 'publish':
      return publishFlags(given);
    case 'uninstall':
      return { command: 'uninstall', ...connectionFlags(given) };
    default:
      return runFlags(given);
  }
}

function connectionFlags(given: GivenFlags, all = true): ConnectionFlags {
  const redisUrl = given.text('redis-url') ?? 'redis://127.0.0.1:6379';
  // The URL itself may hold a password and is not shown.
  if (!/^rediss?:\/\//u.test(redisUrl)) throw new FlagError('--redis-url must begin with redis:// or rediss://');
  const named = given.text('namespace');
  const everywhere = all && given.on('all-namespaces');
  if (everywhere && named !== undefined && named !== '')
    throw new FlagError(`--all-namespaces and --namespace ${named} exclude each other`);
  const namespace = everywhere ? '' : named;
  const kubeconfig = given.text('kubeconfig');
  const context = given.text('context');
  return {
    redisUrl,
    keyTemplate: given.text('key-template') ?? '{app}_{model}',
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function runFlags(given: GivenFlags): RunFlags {
  const healthHost = given.text('health-host');
  const leaseNamespace = given.text('lease-namespace');
  return {
    command: 'run',
    ...connectionFlags(given),
    selector: selectorOf(given.text('selector') ?? ''),
    ...(healthHost === undefined ? {} : { healthHost }),
    ...(leaseNamespace === undefined ? {} : { leaseNamespace }),
    healthPort: given.number('health-port', 8081, { max: 65_535, whole: true }),
    leaderElect: given.on('leader-elect', true),
    syncTimeoutMs: given.number('sync-timeout', 0, { max: 86_400 }) * 1000,
    resyncMs: given.number('resync', 300, { max: 86_400 * 365 }) * 1000,
    redisRetention: given.oneOf('redis-retention', ['keep', 'delete'], 'keep'),
    concurrency: given.number('concurrency', 4, { min: 1, max: 64, whole: true }),
    logLevel: given.oneOf('log-level', logLevels, 'info'),
    exitWithStdin: given.on('exit-with-stdin'),
  };
}

function selectorOf(text: string): string {
  try {
    parseLabelSelector(text);
    return text;
  } catch (error) {
    throw new FlagError(`--selector ${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function publishFlags(given: GivenFlags): PublishFlags {
  if (given.positionals.length === 0) throw new FlagError('publish needs at least one FILE with an AppModel; - reads standard input');
  const name = given.text('name');
  const connected = connectionFlags(given, false);
  if (connected.namespace === '') throw new FlagError('--namespace is empty: an AppModel is published into one namespace');
  return {
    command: 'publish',
    ...connected,
    files: given.positionals,
    metadata: given.all('metadata'),
    ...(name === undefined ? {} : { name }),
    adopt: given.on('adopt'),
    force: given.on('force', true),
    dryRun: given.on('dry-run'),
    fieldManager: given.text('field-manager') ?? 'appmodels-manager',
    replicas: given.number('replicas', 0, { max: 100, whole: true }),
  };
}
