import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A program that listens on a port; it ends with `stop`. */
export class ServerUnderLoad {
  readonly #child: ChildProcess;
  readonly port: number;
  #errors = '';

  constructor(command: string, args: readonly string[], port: number, env: Readonly<Record<string, string>> = {}) {
    this.port = port;
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: string): void => void (this.#errors = (this.#errors + text).slice(-2000));
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until the port is open, and for what `ready` asks besides. */
  async listening(ready: () => Promise<boolean> = () => Promise.resolve(true)): Promise<this> {
    for (const end = performance.now() + 20_000; performance.now() < end; await sleep(50)) {
      if (this.#child.exitCode !== null) break;
      if ((await isOpen(this.port)) && (await ready())) return this;
    }
    await this.stop();
    throw new Error(`the server on port ${this.port} did not come up:\n${this.#errors}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
