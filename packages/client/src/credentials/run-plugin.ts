import type { ChildProcess } from 'node:child_process';
import type { Clock } from '@kubecast/clock';

export interface PluginRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** Whether it gets this process's terminal, to ask a person. What it then says on standard error goes there. */
  readonly interactive: boolean;
  /** 0: none. */
  readonly limitMs: number;
}

/** How a run came to its end. */
export type PluginEnd =
  | { readonly how: 'ended'; readonly status: string; readonly stdout: string; readonly stderr: string }
  | { readonly how: 'too-long'; readonly stdout: string; readonly stderr: string }
  | { readonly how: 'too-large' }
  | { readonly how: 'not-started'; readonly code: string };

/** What a credential, with a chain of certificates in it, may hold. */
const stdoutBytes = 1024 * 1024;
/** What is kept of standard error, from its end. */
const stderrBytes = 16 * 1024;

/** Runs a command to its end, or to the limit. Never rejects: the error of a process that does not start names its arguments. */
export async function runPlugin(run: PluginRun, clock: Clock): Promise<PluginEnd> {
  const { spawn } = await import('node:child_process');
  const timer = new AbortController();
  const env = Object.create(null) as Record<string, string>;
  for (const [name, value] of run.env) env[name] = value;
  return new Promise<PluginEnd>((resolve) => {
    let child: ChildProcess;
    const out: Buffer[] = [];
    let size = 0;
    let err: Buffer = Buffer.alloc(0);
    const texts = (): { stdout: string; stderr: string } => ({ stdout: Buffer.concat(out).toString('utf8'), stderr: err.toString('utf8') });
    const end = (how: PluginEnd): void => {
      timer.abort();
      resolve(how);
    };
    // A grandchild may hold the pipes open for ever: they are closed here, and the end is not waited for.
    const giveUp = (how: PluginEnd): void => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      end(how);
    };
    try {
      child = spawn(run.command, [...run.args], {
        env,
        stdio: run.interactive ? ['inherit', 'pipe', 'inherit'] : ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      });
    } catch (error) {
      end({ how: 'not-started', code: codeOf(error) });
      return;
    }
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > stdoutBytes) giveUp({ how: 'too-large' });
      else out.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      err = Buffer.concat([err, chunk]).subarray(-stderrBytes);
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('error', () => {});
    child.once('error', (error) => {
      end({ how: 'not-started', code: codeOf(error) });
    });
    child.once('close', (code, signal) => {
      end({ how: 'ended', status: signal === null ? String(code) : signal, ...texts() });
    });
    if (run.limitMs > 0)
      clock.sleep(run.limitMs, timer.signal).then(
        () => {
          giveUp({ how: 'too-long', ...texts() });
        },
        () => {},
      );
  });
}

function codeOf(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  // Deno throws a NotFound where the others give ENOENT.
  if (name === 'NotFound') return 'ENOENT';
  return typeof code === 'string' ? code : 'no reason was given';
}
