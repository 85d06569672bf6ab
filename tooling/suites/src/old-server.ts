/**
 * `npm run proof -- old-server`: builds kube-apiserver 1.24.17, the oldest that its modules still build, and runs the suites of the client,
 * the informer and the observed behaviours on it. What such a server does otherwise is written down here, test by test: a test of that list
 * that passes fails the proof as one that is not on it and does not.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const suites = join(root, 'tooling/suites');
const release = '1.24';

/** What differs on 1.24, by the end of the test's name, and why. */
const expected: Readonly<Record<string, string>> = {};

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, out }));
  });
}

const built = await run(process.execPath, [join(root, 'tooling/envtest/src/main.ts'), '--kubernetes', release], root, {});
if (built.code !== 0) process.exit(1);
const assets = built.out.trim().split('\n').at(-1) ?? '';
const folder = mkdtempSync(join(tmpdir(), 'kubecast-old-server-'));
const file = join(folder, 'report.json');
const tests = ['src/client/real.test.ts', 'src/informer/real.test.ts', 'src/apiserver/real.test.ts'];
await run(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...tests, '--no-file-parallelism', '--reporter=json', `--outputFile=${file}`],
  suites,
  { KUBEBUILDER_ASSETS: assets, KUBECAST_SERVER: 'real', KUBECAST_KUBERNETES: release },
);
const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
rmSync(folder, { recursive: true, force: true });

const counts: Record<string, number> = {};
const unexpected: string[] = [];
const differs: string[] = [];
for (const { name, message, assertionResults } of report.testResults) {
  if (assertionResults.length === 0) unexpected.push(`${name}: ${String(message).slice(0, 200)}`);
  for (const test of assertionResults) {
    counts[test.status] = (counts[test.status] ?? 0) + 1;
    const known = Object.keys(expected).find((end) => test.fullName.endsWith(end));
    if (test.status === 'failed' && known === undefined)
      unexpected.push(`${test.fullName}: ${test.failureMessages.join(' ').slice(0, 400)}`);
    if (test.status === 'failed' && known !== undefined) differs.push(`${known}: ${expected[known] ?? ''}`);
    if (test.status === 'passed' && known !== undefined) unexpected.push(`${test.fullName} passes, and was expected to differ`);
  }
}
for (const line of unexpected) process.stderr.write(`${line}\n`);
const ok = unexpected.length === 0 && (counts['passed'] ?? 0) > 30;
process.stdout.write(`${JSON.stringify({ ok, kubernetes: '1.24.17', tests: counts, differs, unexpected: unexpected.length })}\n`);
process.exitCode = ok ? 0 : 1;
