import { parseArgs } from 'node:util';
import type { RuntimeName } from './child.ts';

export interface Flags {
  readonly once: boolean;
  readonly json: boolean;
  readonly runtime: RuntimeName;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly redisUrl: string | undefined;
  readonly writeKubeconfig: string | undefined;
  readonly allowWrites: boolean;
  readonly namespace: string;
  readonly changes: number;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** The command line cannot be carried out; the message says what and what to do. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `npm start -- [options]

A cluster in miniature on loopback: an embedded API server, Redis, the controller, two resolvers and two backends of a sample app.

  --once                    run the scenario, then end everything; exit status 0 only if every step held
  --json                    with --once: one JSON object as the last line of stdout (progress goes to stderr)
  --runtime node|bun|deno   what the controller and the resolvers run on (default: node)
  --write-kubeconfig FILE   put the embedded API server's kubeconfig there, and leave it there
  --kubeconfig FILE         use this cluster instead of the embedded API server; asks for --redis-url
  --context NAME            the context of that kubeconfig
  --redis-url URL           use this Redis; asks for --kubeconfig
  --allow-writes            with --once and --kubeconfig: the scenario may write to that cluster and Redis
  --namespace NAME          the namespace that the scenario uses (default: meta-test)
  --changes N               changes of which the propagation is measured, at least 50 (default: 50)
  --verbose                 show every log line of every process
  --help                    this text
`;

export function parseFlags(argv: readonly string[]): Flags {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        runtime: { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        'redis-url': { type: 'string' },
        'write-kubeconfig': { type: 'string' },
        'allow-writes': { type: 'boolean' },
        namespace: { type: 'string' },
        changes: { type: 'string' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee npm start -- --help`, { cause: error });
  }
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const runtime = text('runtime') ?? 'node';
  if (runtime !== 'node' && runtime !== 'bun' && runtime !== 'deno') throw new UsageError(`--runtime ${runtime}: it is node, bun or deno`);
  const flags: Flags = {
    once: values['once'] === true,
    json: values['json'] === true,
    runtime,
    kubeconfig: text('kubeconfig'),
    context: text('context'),
    redisUrl: text('redis-url'),
    writeKubeconfig: text('write-kubeconfig'),
    allowWrites: values['allow-writes'] === true,
    namespace: text('namespace') ?? 'meta-test',
    changes: Number(text('changes') ?? 50),
    verbose: values['verbose'] === true,
    help: values['help'] === true,
  };
  if (!Number.isInteger(flags.changes) || flags.changes < 50)
    throw new UsageError(`--changes ${text('changes')}: it is a whole number from 50 up`);
  if (flags.json && !flags.once) throw new UsageError('--json prints the result of --once; give both');
  if ((flags.kubeconfig === undefined) !== (flags.redisUrl === undefined)) {
    throw new UsageError(
      '--kubeconfig and --redis-url go together: a real cluster comes with a real Redis, the embedded server with its own',
    );
  }
  if (flags.context !== undefined && flags.kubeconfig === undefined) throw new UsageError('--context needs --kubeconfig');
  if (flags.kubeconfig !== undefined && flags.writeKubeconfig !== undefined)
    throw new UsageError('--write-kubeconfig is for the embedded server; with --kubeconfig there is none');
  if (flags.kubeconfig !== undefined && flags.once && !flags.allowWrites) {
    throw new UsageError(
      `--once creates, changes and deletes AppModels in namespace ${flags.namespace} of that cluster, and values in that Redis; add --allow-writes if that is meant`,
    );
  }
  return flags;
}
