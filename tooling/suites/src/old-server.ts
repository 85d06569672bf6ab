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

/** What differs on 1.24, by the end of the test's name: why, and what the test says to it. */
const expected: Readonly<Record<string, { readonly why: string; readonly says: string }>> = {
  'another kind, no manager, managedFields in the body: each has its refusal [S3]': {
    why: 'the refusals have other texts',
    says: 'expected [ 400, …(1) ] to deeply equal [ 400, …(1) ]',
  },
  'an apply that only adds ownership is written, and its entry has no time [S7]': {
    why: 'the entry has a time',
    says: 'to be undefined',
  },
  'unknown fields are dropped with a warning, and refused when strict [F1, F2]': {
    why: 'field validation is behind a gate: no warning, no refusal',
    says: "expected [ 201, '' ] to deeply equal [ 201",
  },
  'the OpenAPI index names the document with its hash, which may then be kept for ever [D9, D10]': {
    why: 'the document lacks two parameters of a patch, fieldValidation and force',
    says: "expected [ 'dryRun', 'fieldManager' ] to deeply equal [ 'dryRun', 'fieldManager', …(2) ]",
  },
  'after a change of the CRD the next list is told to come back in a second: the storage is made anew [V3]': {
    why: 'the list waits for the new storage instead',
    says: 'expected [ undefined, undefined, undefined ] to deeply equal [ 429',
  },
  'discovery in one answer may be kept by others, and asked for again by its tag [D3]': {
    why: 'discovery in one answer came with 1.26: the old form is served, after which the client asks group by group',
    says: "expected [ 'application/json', …(2) ] to deeply equal [ …(3) ]",
  },
  'the version is told in these parts [D7]': {
    why: 'the versions that are emulated came later',
    says: "to deeply equal [ 'major', 'minor', …(11) ]",
  },
  'a document that is asked for by its hash may be kept for ever; a wrong hash leads to the right one [D10]': {
    why: 'documents are told as text/plain',
    says: "expected [ 'text/plain; charset=utf-8', …(3) ] to deeply equal [ 'application/json', …(3) ]",
  },
  'an EndpointSlice names each bad port and address [B5]': {
    why: 'the same fields are named in another order, and one more',
    says: "expected [ 'endpoints[0].addresses[0]', …(4) ] to deeply equal [ 'ports[1].name', …(3) ]",
  },
  'an apply that does not fit is the same validation error whether we or the server found it': {
    why: '422 Invalid instead of 400 BadRequest',
    says: "expected [ 422, 'Invalid' ] to deeply equal [ 400, 'BadRequest' ]",
  },
  'the source of an informer: a streamed list ends with its bookmark, then changes follow': {
    why: 'a streamed list is refused with 422, after which an informer lists page by page: its own suite shows that',
    says: "including 'done' but got 'GET /apis/iidp.com/v1/namespaces/suit",
  },
};

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
for (const { name: path, message: trouble, assertionResults } of report.testResults) {
  if (assertionResults.length === 0) unexpected.push(`${path}: ${String(trouble).slice(0, 200)}`);
  for (const test of assertionResults) {
    counts[test.status] = (counts[test.status] ?? 0) + 1;
    const name = Object.keys(expected).find((end) => test.fullName.endsWith(end)) ?? '';
    const known = expected[name];
    const message = test.failureMessages.join(' ');
    if (test.status === 'failed' && known !== undefined && message.includes(known.says)) differs.push(`${name}: ${known.why}`);
    else if (test.status === 'failed') unexpected.push(`${test.fullName}: ${message.slice(0, 400)}`);
    else if (test.status === 'passed' && known !== undefined) unexpected.push(`${test.fullName} passes, and was expected to differ`);
  }
}
for (const line of unexpected) process.stderr.write(`${line}\n`);
const ok = unexpected.length === 0 && (counts['passed'] ?? 0) > 30;
process.stdout.write(`${JSON.stringify({ ok, kubernetes: '1.24.17', tests: counts, differs, unexpected: unexpected.length })}\n`);
process.exitCode = ok ? 0 : 1;
