import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { ApiServerError } from '../errors.ts';

const running = new Set<ChildProcess>();
let hooked = false;

/** One program of the control plane, with its output in a file. It ends with this process, also when that one is killed with SIGKILL. */
export class ServerProcess {
  readonly #name: string;
  readonly #command: string;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(name: string, command: string, log: string) {
    this.#name = name;
    this.#command = command;
    this.#log = log;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(args: readonly string[]): void {
    if (!hooked) {
      hooked = true;
      process.on('exit', () => {
        for (const child of running) child.kill('SIGKILL');
      });
    }
    const log = createWriteStream(this.#log, { flags: 'a' });
    const child = spawn(this.#command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    running.add(child);
    const watcher = endWithUs(child);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const done = (): void => {
        running.delete(child);
        watcher?.kill('SIGKILL');
        log.end();
        resolve();
      };
      child.on('close', done);
      child.on('error', done);
    });
  }

  /** Sends the signal and waits for the end. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.running) this.#child?.kill(signal);
    await this.#ended;
  }

  /** The reason to report when the program did not become ready. */
  failure(what: string): ApiServerError {
    let tail = '';
    try {
      tail = lastWords(readFileSync(this.#log, 'utf8'));
    } catch {
      tail = '(it has written nothing)';
    }
    return new ApiServerError('ERR_APISERVER_ENVTEST', `${this.#name} ${what}; its last words in ${this.#log}:\n${tail}`);
  }
}

/**
 * Ends the program within about a second after this process ended, for whatever reason: a shell polls both. (A pipe that only this process holds
 * would tell sooner, but Bun closes such a pipe early.) The shell has a process group of its own, so that Ctrl-C in a terminal does not end it
 * first. Not available on Windows.
 */
function endWithUs(child: ChildProcess): ChildProcess | undefined {
  if (child.pid === undefined || process.platform === 'win32') return undefined;
  const look = 'while kill -0 "$1" && kill -0 "$2"; do sleep 1; done 2>/dev/null; kill -9 "$2"';
  const watcher = spawn('/bin/sh', ['-c', look, 'sh', String(process.pid), String(child.pid)], { stdio: 'ignore', detached: true });
  // Without a shell the program ends with the exit of this process alone.
  watcher.on('error', () => undefined);
  watcher.unref();
  return watcher;
}

/** The lines of a Go program's log that tell why it ended: those of level E or F, and lines with Error; otherwise the last lines. */
function lastWords(log: string): string {
  const lines = log.trim().split('\n');
  const grave = lines.filter((line) => /^[EF]\d{4} |^[Ee]rror:|^panic:|"level":"(?:error|fatal)"/.test(line)).slice(-4);
  return (grave.length > 0 ? grave : lines.slice(-5)).join('\n');
}
