/**
 * How long a change takes from the answer of its apply until the last of two resolvers serves it over HTTP, on the quickstart's cluster:
 * embedded API server, Redis, controller and resolvers as processes of their own, all on this machine.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../quickstart/src/main.ts');
const child = spawn(
  process.execPath,
  ['--conditions=@kubecast/source', main, '--once', '--json', '--changes', '200', ...process.argv.slice(2)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
let out = '';
child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
const report = JSON.parse(out.trim().split('\n').at(-1) || '{}') as {
  ok?: boolean;
  propagationMs?: { p50: number; p99: number; n: number } | null;
};
console.log(
  JSON.stringify({
    bench: 'propagation',
    who: 'kubecast',
    ok: report.ok === true,
    p50Ms: report.propagationMs?.p50 ?? null,
    p99Ms: report.propagationMs?.p99 ?? null,
    changes: report.propagationMs?.n ?? 0,
  }),
);
process.exitCode = status;
