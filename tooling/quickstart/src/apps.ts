import { Child, type LogLine, type RuntimeName } from './child.ts';
import type { CommandResult, Resolver } from './world.ts';

export interface AppsOptions {
  readonly runtime: RuntimeName;
  readonly kubeconfig: string;
  readonly context: string | undefined;
  readonly redisUrl: string;
  readonly namespace: string;
  /** More flags of the resolvers. */
  readonly resolverArgs: readonly string[];
  readonly onLog: (line: LogLine) => void;
  readonly onExit: (name: string, how: string) => void;
}

const LISTENING_MS = 30_000;

/** The controller and the resolvers, each a process of its own. */
export class Apps {
  readonly #options: AppsOptions;
  readonly #resolvers: Child[] = [];
  #controller: Child | undefined;

  constructor(options: AppsOptions) {
    this.#options = options;
  }

  #connection(): string[] {
    const { kubeconfig, context, redisUrl, namespace } = this.#options;
    return [
      '--kubeconfig',
      kubeconfig,
      ...(context === undefined ? [] : ['--context', context]),
      '--redis-url',
      redisUrl,
      '--namespace',
      namespace,
    ];
  }

  /** Starts the controller and resolves when its health port is open. */
  async startController(args: readonly string[] = []): Promise<string> {
    const { runtime, onLog, onExit } = this.#options;
    await this.#controller?.stop();
    const child = new Child({
      name: 'controller',
      runtime,
      file: 'apps/controller/src/main.ts',
      onLog,
      onExit,
      args: ['run', ...this.#connection(), '--health-port', '0', '--no-leader-elect', '--exit-with-stdin', ...args],
    });
    this.#controller = child;
    return this.#listening(child);
  }

  async startResolver(name: string): Promise<Resolver> {
    const { runtime, onLog, onExit, resolverArgs } = this.#options;
    const child = new Child({
      name,
      runtime,
      file: 'apps/resolver/src/main.ts',
      onLog,
      onExit,
      args: [...this.#connection(), '--port', '0', '--exit-with-stdin', ...resolverArgs],
    });
    this.#resolvers.push(child);
    return { name, url: await this.#listening(child) };
  }

  async #listening(child: Child): Promise<string> {
    const listening = child.waitForLog((line) => line.msg === 'listening', LISTENING_MS, 'its port');
    child.start();
    return String((await listening).fields['url']);
  }

  /** Runs a subcommand of the controller to its end. */
  async command(args: readonly string[]): Promise<CommandResult> {
    const [name = '', ...rest] = args;
    const { kubeconfig, context, redisUrl, runtime } = this.#options;
    const lines: string[] = [];
    const child = new Child({
      name: `controller ${name}`,
      runtime,
      file: 'apps/controller/src/main.ts',
      args: [name, ...rest, '--kubeconfig', kubeconfig, ...(context === undefined ? [] : ['--context', context]), '--redis-url', redisUrl],
      onLog: (line) => void lines.push(line.fields['msg'] === undefined ? line.msg : JSON.stringify(line.fields)),
    });
    child.start();
    const how = await child.ended;
    return { status: Number(/status (\d+)/.exec(how)?.[1] ?? -1), stdout: lines.join('\n'), stderr: '' };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#resolvers, ...(this.#controller ? [this.#controller] : [])].map((child) => child.stop()));
  }
}
