import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../model-index/cluster.ts';

const apps = join(import.meta.dirname, '../../../../apps');

/** The controller, or the resolver, as users run it: a process of its own. */
export class ControllerProcess {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<number | null>;
  #out = '';
  #errors = '';

  constructor(args: readonly string[], app: 'controller' | 'resolver' = 'controller') {
    const child = spawn(process.execPath, ['--conditions=@kubecast/source', join(apps, app, 'src/main.ts'), ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    let rest = '';
    child.stdin.on('error', () => {}); // It may have ended already.
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) if (part.startsWith('{')) this.lines.push(JSON.parse(part) as Record<string, unknown>);
    });
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  get out(): string {
    return this.#out;
  }

  get errors(): string {
    return this.#errors;
  }

  /** The first log line with this message. */
  line(message: string): Promise<Record<string, unknown>> {
    return this.#line(message, (line) => line['msg'] === message);
  }

  /** The first log line whose message matches. */
  lineLike(pattern: RegExp): Promise<Record<string, unknown>> {
    return this.#line(String(pattern), (line) => pattern.test(String(line['msg'])));
  }

  async #line(what: string, matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    await until(`the log says ${what}`, () => this.lines.some(matches) || this.child.exitCode !== null).catch((error: unknown) => {
      throw new Error(`the log says ${this.#out}${this.#errors}`, { cause: error });
    });
    const found = this.lines.find(matches);
    if (found === undefined) throw new Error(`the controller ended: ${this.#out}${this.#errors}`);
    return found;
  }

  /** The address of its health port. */
  async url(): Promise<string> {
    return String((await this.line('listening'))['url']);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}
