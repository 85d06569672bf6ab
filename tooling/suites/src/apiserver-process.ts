import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** The embedded API server as users run it: a process of its own, with a kubeconfig and a data folder in a temporary place. */
export class ApiServerProcess {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'kubecast-suite-'));
  readonly kubeconfig: string = join(this.folder, 'kubeconfig.yaml');
  #child: ChildProcess | undefined;
  #port = 0;

  /** Starts it and resolves with its ready line; a second start uses the same port and data. */
  async start(...more: readonly string[]): Promise<string> {
    const args = [
      '--conditions=@kubecast/source',
      join(root, 'packages/apiserver/src/bin.ts'),
      '--port',
      String(this.#port),
      '--data',
      join(this.folder, 'data'),
    ];
    const child = spawn(process.execPath, [...args, '--write-kubeconfig', this.kubeconfig, '--exit-with-stdin', ...more], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    const line = await new Promise<string>((resolve, reject) => {
      let out = '';
      let err = '';
      child.stdout.on('data', (data: Buffer) => {
        out += data.toString();
        const end = out.indexOf('\n');
        if (end >= 0) resolve(out.slice(0, end));
      });
      child.stderr.on('data', (data: Buffer) => (err += data.toString()));
      child.on('error', reject);
      child.on('close', (code, signal) => reject(new Error(`the API server ended (${signal ?? code}) before it was ready:\n${out}${err}`)));
    });
    this.#port = Number(new URL(/https:\/\/\S+/.exec(line)?.[0] ?? '').port);
    return line;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    child.kill(signal);
    return gone;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
