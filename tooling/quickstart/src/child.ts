import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type RuntimeName = 'node' | 'bun' | 'deno';

const root = join(import.meta.dirname, '../../..');
const condition = '--conditions=@kubecast/source';

/** The command that runs a TypeScript file of this repository on a runtime. */
export function runtimeCommand(runtime: RuntimeName): { command: string; args: readonly string[] } {
  if (runtime === 'node') return { command: process.execPath, args: [condition] };
  const command = join(root, 'node_modules/.bin', runtime);
  if (!existsSync(command))
    throw new Error(`${runtime} is not installed here (${command} is missing); run npm ci, or choose --runtime node`);
  return runtime === 'bun' ? { command, args: [condition] } : { command, args: ['run', '-A', '--no-check', condition] };
}

export interface LogLine {
  readonly process: string;
  readonly level: number;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ChildOptions {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** From the root of the repository. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onLog?: (line: LogLine) => void;
  /** Called when the process ends without having been asked to. */
  readonly onExit?: (name: string, how: string) => void;
}

/**
 * One process of the quickstart. Its stdin is a pipe that this process holds: when this process ends in whatever way, SIGKILL too,
 * the pipe closes and the child ends itself (`--exit-with-stdin`).
 */
export class Child {
  readonly name: string;
  readonly #options: ChildOptions;
  readonly #waiters = new Set<{ test: (line: LogLine) => boolean; resolve: (line: LogLine) => void; reject: (error: Error) => void }>();
  readonly #lines: string[] = [];
  #process: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve('not started');
  #stopping = false;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** How it ended, once it has. */
  get ended(): Promise<string> {
    return this.#exited;
  }

  /** The last lines that the process wrote, for an error report. */
  get tail(): string {
    return this.#lines.join('\n');
  }

  start(): void {
    const { command, args } = runtimeCommand(this.#options.runtime);
    this.#stopping = false;
    const child = spawn(command, [...args, join(root, this.#options.file), ...this.#options.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    this.#process = child;
    child.stdin?.on('error', () => {}); // The child may be gone already: then there is nobody left to tell.
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#line(line);
      });
    }
    this.#exited = new Promise((resolve) => {
      child.on('error', (error) => this.#ended(`could not be started: ${error.message}`, resolve));
      child.on('close', (code, signal) => this.#ended(signal ? `ended by ${signal}` : `exited with status ${code}`, resolve));
    });
  }

  /** Resolves with the first log line from now on that passes the test; rejects when the process ends or the deadline passes. */
  waitForLog(test: (line: LogLine) => boolean, deadlineMs: number, what: string): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter = {
        test,
        resolve: (line: LogLine) => (done(), resolve(line)),
        reject: (error: Error) => (done(), reject(error)),
      };
      const timer = setTimeout(
        () => waiter.reject(new Error(`${this.name}: ${what} did not come within ${deadlineMs / 1000} s; its last lines:\n${this.tail}`)),
        deadlineMs,
      );
      this.#waiters.add(waiter);
    });
  }

  /** Asks it to end (SIGTERM), kills it after a grace time. Resolves when it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', graceMs = 8_000): Promise<string> {
    if (!this.running) return this.#exited;
    this.#stopping = true;
    this.#process?.kill(signal);
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), graceMs);
    const how = await this.#exited;
    clearTimeout(timer);
    return how;
  }

  #line(text: string): void {
    if (text.trim() === '') return;
    this.#lines.push(text);
    if (this.#lines.length > 40) this.#lines.shift();
    let line: LogLine = { process: this.name, level: 30, msg: text, fields: {} };
    if (text.startsWith('{')) {
      try {
        const fields = JSON.parse(text) as Record<string, unknown>;
        line = {
          process: this.name,
          level: Number(fields['level'] ?? 30),
          msg: typeof fields['msg'] === 'string' ? fields['msg'] : '',
          fields,
        };
      } catch {
        // Not a log line after all; shown as it is.
      }
    }
    this.#options.onLog?.(line);
    for (const waiter of [...this.#waiters]) if (waiter.test(line)) waiter.resolve(line);
  }

  #ended(how: string, resolve: (how: string) => void): void {
    for (const waiter of [...this.#waiters]) waiter.reject(new Error(`${this.name} ${how}; its last lines:\n${this.tail}`));
    if (!this.#stopping) this.#options.onExit?.(this.name, how);
    resolve(how);
  }
}
