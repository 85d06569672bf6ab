import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const hasKubectl: boolean = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;

export interface Kubectl {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl with its discovery cache in the server's own folder, so that nothing from another test is seen. */
export function kubectl(
  server: { kubeconfig: string; folder: string },
  args: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<Kubectl> {
  return new Promise((resolve) => {
    const child = execFile(
      'kubectl',
      ['--kubeconfig', server.kubeconfig, '--cache-dir', join(server.folder, 'cache'), ...args],
      { env: { ...process.env, ...options.env, HOME: server.folder, KUBECONFIG: '' }, timeout: 60_000, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => resolve({ status: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}
