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
  readFlags,
  readSelectorFlag,
  redisFlags,
  scopeFlags,
  type ConnectionFlags,
  type Flag,
  type GivenFlags,
  type LogLevel,
} from '@kubecast/runtime';

export interface RunFlags extends ConnectionFlags {
  readonly command: 'run';
  readonly selector: string;
  readonly healthHost?: string;
  readonly healthPort: number;
  readonly leaderElect: boolean;
  readonly leaseNamespace?: string;
  /** 0: no limit. */
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

export interface RollbackFlags extends ConnectionFlags {
  readonly command: 'rollback';
  readonly name: string;
  /** Model to version; undefined: each model to the version before. */
  readonly models?: ReadonlyMap<string, string>;
  readonly appVersion?: string;
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

export type ControllerFlags = RunFlags | PublishFlags | RollbackFlags | UninstallFlags | HelpFlags;

const run: readonly Flag[] = [
  ...kubernetesFlags,
  ...scopeFlags,
  ...redisFlags,
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
    help: 'end with status 1 if the CRD is not served or the first list is not complete by then; 0 for no limit; default 0',
  },
  { name: 'resync', value: 'SECONDS', help: 'seconds between two looks at everything; 0 for none; default 300' },
  { name: 'concurrency', value: 'N', help: 'AppModels that are reconciled at the same time; default 4' },
  ...processFlags,
  helpFlag,
];

/** Of the commands that write values and apply AppModels. */
const applyFlags: readonly Flag[] = [
  { name: 'field-manager', value: 'NAME', help: 'who owns the applied fields; default appmodels-manager' },
  { name: 'force', help: 'take over fields that others own; default; --no-force to be refused instead' },
  { name: 'replicas', value: 'N', help: 'replicas of Redis that must confirm each value before it is announced; default 0' },
  { name: 'dry-run', help: 'check everything, write nothing' },
];

const publish: readonly Flag[] = [
  ...kubernetesFlags,
  { name: 'namespace', value: 'NAME', help: 'publish into this namespace, whatever the files say' },
  ...redisFlags,
  {
    name: 'metadata',
    value: 'PATH',
    help: 'a JSON or YAML file that maps models to their metadata, or a folder with one file MODEL.json a model; may be given more than once',
    many: true,
  },
  { name: 'name', value: 'NAME', help: 'metadata.name, where it is not the lower-cased app' },
  { name: 'adopt', help: 'replace values that no publisher wrote' },
  ...applyFlags,
  helpFlag,
];

const rollback: readonly Flag[] = [
  ...kubernetesFlags,
  { name: 'namespace', value: 'NAME', help: 'namespace of the AppModel; default: that of the context or of the pod' },
  ...redisFlags,
  { name: 'app-version', value: 'TEXT', help: 'what spec.version becomes; default: it stays' },
  ...applyFlags,
  helpFlag,
];

const uninstall: readonly Flag[] = [
  ...kubernetesFlags,
  { name: 'namespace', value: 'NAME', help: "namespace to release; default: that of the context or of the pod; '' for all" },
  { name: 'all-namespaces', help: "all namespaces, as --namespace ''" },
  ...redisFlags,
  helpFlag,
];

const head = `kubecast-controller: installs the CRD of AppModels, and checks and removes their values in Redis.

Usage: kubecast-controller [run] [flags]
       kubecast-controller publish FILE... [flags]      write metadata to Redis, then apply the AppModels in the files (- for stdin)
       kubecast-controller rollback NAME [MODEL=VERSION...] [flags]  announce versions again that are kept in Redis
       kubecast-controller uninstall [flags]            remove the controller's finalizer from every AppModel; erases nothing

kubecast-controller COMMAND --help lists the flags of a command.
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
    'rollback',
    {
      flags: rollback,
      title:
        'rollback NAME [MODEL=VERSION...]: announces versions again that are kept in Redis, without their files; without MODEL=VERSION each model goes back to the version before.',
    },
  ],
  [
    'uninstall',
    {
      flags: uninstall,
      title:
        "uninstall: removes the controller's finalizer from every AppModel, so that they can be deleted without a controller. Values stay.",
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
  const given = readFlags(known.flags, named ? argv.slice(1) : argv, environment, {
    positionals: command === 'publish' || command === 'rollback' ? 1_000 : 0,
  });
  if (given.on('help')) return { command: 'help', text: `${known.title}\n\n${describeFlags(known.flags)}\n${tail}` };
  switch (command) {
    case 'publish':
      return publishFlags(given);
    case 'rollback':
      return rollbackFlags(given);
    case 'uninstall':
      return { command: 'uninstall', ...readConnectionFlags(given, { allNamespaces: true }) };
    default:
      return runFlags(given);
  }
}

function runFlags(given: GivenFlags): RunFlags {
  return {
    command: 'run',
    ...readConnectionFlags(given, { allNamespaces: true }),
    selector: readSelectorFlag(given),
    ...givenText('healthHost', given.text('health-host')),
    ...givenText('leaseNamespace', given.text('lease-namespace')),
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

function publishFlags(given: GivenFlags): PublishFlags {
  if (given.positionals.length === 0) throw new FlagError('publish needs at least one FILE with an AppModel; - reads standard input');
  const connected = readConnectionFlags(given, { allNamespaces: false });
  if (connected.namespace === '') throw new FlagError('--namespace is empty: an AppModel is published into one namespace');
  return {
    command: 'publish',
    ...connected,
    files: given.positionals,
    metadata: given.all('metadata'),
    ...givenText('name', given.text('name')),
    adopt: given.on('adopt'),
    ...readApplyFlags(given),
  };
}

function rollbackFlags(given: GivenFlags): RollbackFlags {
  const [name, ...pairs] = given.positionals;
  if (name === undefined) throw new FlagError('rollback needs the NAME of an AppModel');
  const connected = readConnectionFlags(given, { allNamespaces: false });
  if (connected.namespace === '') throw new FlagError('--namespace is empty: an AppModel stands in one namespace');
  const models = new Map<string, string>();
  for (const pair of pairs) {
    // A version may hold an equals sign; the name of a model that does is given to the library.
    const at = pair.indexOf('=');
    if (at <= 0 || at === pair.length - 1) throw new FlagError(`${JSON.stringify(pair)} is not MODEL=VERSION`);
    const model = pair.slice(0, at);
    if (models.has(model)) throw new FlagError(`the model ${JSON.stringify(model)} is named twice`);
    models.set(model, pair.slice(at + 1));
  }
  return {
    command: 'rollback',
    ...connected,
    name,
    ...(models.size === 0 ? {} : { models }),
    ...givenText('appVersion', given.text('app-version')),
    ...readApplyFlags(given),
  };
}

function readApplyFlags(given: GivenFlags): Pick<PublishFlags, 'force' | 'dryRun' | 'fieldManager' | 'replicas'> {
  return {
    force: given.on('force', true),
    dryRun: given.on('dry-run'),
    fieldManager: given.text('field-manager') ?? 'appmodels-manager',
    replicas: given.number('replicas', 0, { max: 100, whole: true }),
  };
}
