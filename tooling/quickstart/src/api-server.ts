import { join } from 'node:path';
import { Child, type LogLine } from './child.ts';

/** The embedded API server as a process of its own, with its objects in a folder, so that it can be stopped and started again. */
export class ApiServer {
  readonly kubeconfig: string;
  readonly #args: readonly string[];
  readonly #onLog: (line: LogLine) => void;
  readonly #onExit: (name: string, how: string) => void;
  #child: Child | undefined;
  #port = 0;

  constructor(folder: string, onLog: (line: LogLine) => void, onExit: (name: string, how: string) => void) {
    this.kubeconfig = join(folder, 'kubeconfig.yaml');
    this.#args = ['--data', join(folder, 'apiserver'), '--write-kubeconfig', this.kubeconfig, '--exit-with-stdin'];
    this.#onLog = onLog;
    this.#onExit = onExit;
  }

  /** Starts it, on the port that it had if it ran before; resolves with its address. */
  async start(): Promise<string> {
    const child = new Child({
      name: 'api server',
      runtime: 'node',
      file: 'packages/apiserver/src/bin.ts',
      args: ['--port', String(this.#port), ...this.#args],
      onLog: this.#onLog,
      onExit: this.#onExit,
    });
    this.#child = child;
    const ready = child.waitForLog((line) => line.msg.includes('https://'), 20_000, 'its ready line');
    child.start();
    const url = /https:\/\/\S+/.exec((await ready).msg)?.[0] ?? '';
    this.#port = Number(new URL(url).port);
    return url;
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }
}
