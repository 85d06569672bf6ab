import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtContestants } from './built.ts';

/** A program that takes part: it prints JSON lines, and lives on until its standard input ends. */
export interface Contestant {
  readonly who: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export type Figures = Readonly<Record<string, number>>;

export interface RunOptions {
  readonly timeoutMs?: number;
  /** Called for each line that asks something of the runner, `{"ready":true}` say. */
  readonly onLine?: (line: Record<string, unknown>) => void;
}

/** Megabytes of a line of /proc/PID/status; NaN where there is no such file. */
function statusMB(pid: number, name: string): number {
  try {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Number(match[1]) / 1024 : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

/**
 * Runs one contestant in a process of its own. The line with its figures ends the measured part: the peak of its memory is read then, the
 * steady state when it says that it has collected its garbage (`{"settled":true}`). Both come from the kernel, for Go and Node alike.
 */
export function runContestant(contestant: Contestant, options: RunOptions = {}): Promise<Figures> {
  const { timeoutMs = 600_000, onLine = () => undefined } = options;
  const { who, command, args, env = {} } = contestant;
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  return new Promise((resolve, reject) => {
    let figures: Record<string, number> | undefined;
    let rest = '';
    const failed = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${who} ${why}${errors === '' ? '' : `\n${errors}`}`));
    };
    const timer = setTimeout(() => failed(`was not done within ${timeoutMs / 1000} s`), timeoutMs);
    const take = (line: Record<string, unknown>): void => {
      if (line['settled'] === true) {
        if (!figures) return failed('settled before it told its figures');
        const steadyMB = statusMB(child.pid as number, 'VmRSS');
        clearTimeout(timer);
        child.stdin.end();
        resolve({ ...figures, ...(Number.isNaN(steadyMB) ? {} : { steadyMB }) });
        return;
      }
      if (line['ready'] === true) return onLine(line);
      figures = Object.fromEntries(Object.entries(line).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
      const peakMB = statusMB(child.pid as number, 'VmHWM');
      if (!Number.isNaN(peakMB)) figures['peakMB'] ??= peakMB;
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('{')) continue;
        try {
          take(JSON.parse(line) as Record<string, unknown>);
        } catch (error) {
          failed(`printed ${line.slice(0, 200)}: ${String(error)}`);
        }
      }
    });
    child.on('error', (error) => failed(`could not be started: ${error.message}`));
    child.on('close', (status, signal) => failed(`ended with ${signal ?? status} before it was done`));
  });
}

/** A contestant of this folder, run by this Node from plain JavaScript. */
export function nodeContestant(
  who: string,
  file: string,
  args: readonly string[] = [],
  how: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Contestant {
  const { flags = [], env } = how;
  return {
    who,
    command: process.execPath,
    args: ['--expose-gc', ...flags, join(builtContestants(), file.replace(/\.ts$/u, '.js')), ...args],
    ...(env === undefined ? {} : { env }),
  };
}
