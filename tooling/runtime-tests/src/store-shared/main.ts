/** `npm run proof -- store-shared [--seconds N] [--objects N] [--seed N] [--runtimes node,bun,deno]`: each runtime in its turn. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runShared } from './run-shared.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    objects: { type: 'string', default: '40000' },
    seed: { type: 'string', default: '20261123' },
    runtimes: { type: 'string', default: 'node,bun,deno' },
    here: { type: 'boolean', default: false },
  },
});
const condition = '--conditions=@kubecast/source';
const commands = new Map<string, readonly string[]>([
  ['node', [process.execPath, condition]],
  ['bun', [join(import.meta.dirname, '../../../../node_modules/.bin/bun'), condition, 'run']],
  ['deno', [join(import.meta.dirname, '../../../../node_modules/.bin/deno'), 'run', '-A', '--no-check', condition]],
]);

function runOn(runtime: string): Promise<Record<string, unknown>> {
  const [command, ...before] = commands.get(runtime) ?? [];
  if (command === undefined) throw new Error(`--runtimes knows ${[...commands.keys()].join(', ')}, not ${runtime}`);
  const { seconds, objects, seed } = values;
  const child = spawn(command, [...before, import.meta.filename, '--here', '--seconds', seconds, '--objects', objects, '--seed', seed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  return new Promise((resolve) => {
    child.on('close', (status) => {
      const line = out.trim().split('\n').at(-1) ?? '';
      resolve(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { ok: false, faults: [`ended with ${status}`] });
    });
  });
}

if (values.here) {
  const result = await runShared({
    seconds: Number(values.seconds),
    objects: Number(values.objects),
    seed: Number(values.seed),
    // The lease of the reader that is killed must be over before the end.
    leaseMs: Math.min(10_000, Math.floor((Number(values.seconds) * 1000) / 3)),
    progress: (line) => console.error(line),
  });
  console.log(JSON.stringify(result));
  process.exit(result.ok ? 0 : 1);
}
const results: Record<string, unknown> = {};
let ok = true;
for (const runtime of values.runtimes.split(',')) {
  console.error(`on ${runtime}`);
  const result = await runOn(runtime);
  results[runtime] = result;
  ok &&= result['ok'] === true;
}
console.log(JSON.stringify({ ok, ...results }));
process.exitCode = ok ? 0 : 1;
