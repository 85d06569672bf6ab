/** The quickstart's scenario, which measures it. */
import { spawn } from 'node:child_process';

const main = new URL('../../../../quickstart/src/main.ts', import.meta.url).pathname;
const child = spawn(process.execPath, ['--conditions=@kubecast/source', main, '--once', '--json', '--changes', process.argv[2] ?? '200'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let out = '';
child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
const report = JSON.parse(out.trim().split('\n').at(-1) || '{}') as {
  ok?: boolean;
  propagationMs?: { p50: number; p99: number; n: number } | null;
};
if (status !== 0 || report.ok !== true || !report.propagationMs) throw new Error('the scenario did not pass');
const { p50, p99, n } = report.propagationMs;
console.log(JSON.stringify({ p50Ms: p50, p99Ms: p99, changes: n }));
console.log('{"settled":true}');
