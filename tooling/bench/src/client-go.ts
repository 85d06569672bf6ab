import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Builds the peer in Go, once; undefined where there is no Go. */
export function buildClientGo(progress: (line: string) => void): Promise<string | undefined> {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubecast', 'bench');
  mkdirSync(folder, { recursive: true });
  const binary = join(folder, 'client-go-peer');
  progress('building the peer in Go');
  return new Promise((resolve, reject) => {
    const child = spawn('go', ['build', '-trimpath', '-o', binary, '.'], {
      cwd: new URL('../client-go', import.meta.url).pathname,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
    child.on('close', (status) => {
      if (status === 0) resolve(binary);
      else reject(new Error(`the peer in Go could not be built:\n${errors.slice(-2000)}`));
    });
  });
}
