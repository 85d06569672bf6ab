import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants, type Mutant } from './mutants.ts';

// npm run test:mutants -- [--only TEXT of the name or the file]: plants each bug in a copy of the source of its own and runs the tests that stand beside it on
// all copies at once; each must turn some of them red, and the copy without a bug none.
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const source = join(import.meta.dirname, '../src');
// Within the package, so that its dependencies are found.
const place = join(import.meta.dirname, '..', `.mutants-${process.pid}`);
const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
/** Tests that prove sizes rather than steps, and take seconds each. */
const SLOW = '^(?!of a million entries|a hundred thousand wait|one load serves 100,000|snapshots, writes and walks in any order)';

interface FileReport {
  readonly name: string;
  readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
}

/** A copy of the source with its bug, and of the tests only those that are to find it. */
async function plant(folder: string, mutant: Mutant | undefined): Promise<void> {
  const rooms = mutant?.tests ?? (mutant ? [dirname(mutant.file)] : ['']);
  const kept = (path: string): boolean => !path.endsWith('.test.ts') || rooms.some((room) => relative(source, path).startsWith(room));
  await cp(source, join(folder, 'src'), { recursive: true, filter: kept });
  if (!mutant) return;
  const file = join(folder, 'src', mutant.file);
  const text = await readFile(file, 'utf8');
  if (text.split(mutant.find).length !== 2)
    throw new Error(`the mutant "${mutant.name}" no longer fits ${mutant.file}: its text must stand there once`);
  await writeFile(
    file,
    text.replace(mutant.find, () => mutant.put),
  );
}

async function runAll(): Promise<readonly FileReport[]> {
  const report = join(place, 'report.json');
  const config = join(place, 'vitest.config.ts');
  await writeFile(
    config,
    `import shared from '../../../tooling/vitest.shared.ts';
export default { ...shared, test: { ...shared.test, include: ['*/src/**/*.test.ts'], testTimeout: 10_000 } };
`,
  );
  const args = [vitest, 'run', '--root', place, '--config', config, '--reporter', 'json', '--outputFile', report, '-t', SLOW];
  const child = spawn(process.execPath, args, {
    cwd: place,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, KUBECAST_HISTORIES: '300' },
  });
  // A bug that makes a loop endless holds up all others: it is none that this command can judge.
  const timer = setTimeout(() => child.kill('SIGKILL'), 300_000);
  const signal = await new Promise<string | null>((resolve) => child.on('close', (_code, by) => resolve(by)));
  clearTimeout(timer);
  if (signal !== null) throw new Error('the tests did not end within five minutes: a mutant makes a loop endless');
  return (JSON.parse(await readFile(report, 'utf8')) as { readonly testResults: readonly FileReport[] }).testResults;
}

const begun = performance.now();
const wanted = mutants.filter(({ name, file }) => name.includes(values.only) || file.includes(values.only));
let missed = 0;
try {
  await mkdir(place);
  await plant(join(place, 'clean'), undefined);
  for (const [index, mutant] of wanted.entries()) await plant(join(place, String(index)), mutant);
  const reports = await runAll();
  const of = (folder: string): readonly FileReport[] => reports.filter(({ name }) => relative(place, name).startsWith(`${folder}/`));
  const redIn = (folder: string): readonly string[] =>
    of(folder).flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title));
  const [red] = redIn('clean');
  if (red !== undefined || of('clean').length === 0) throw new Error(`the tests are red without a planted bug: ${red ?? 'none ran'}`);
  for (const [index, { name }] of wanted.entries()) {
    const own = of(String(index));
    // A source that cannot be loaded has no tests, and was not judged.
    if (own.length === 0 || own.some(({ assertionResults }) => assertionResults.length === 0))
      throw new Error(`the tests of the mutant "${name}" did not run`);
    const [by] = redIn(String(index));
    if (by === undefined) missed += 1;
    console.log(`${by === undefined ? 'MISSED' : 'found '} ${name}${by === undefined ? '' : ` (${by})`}`);
  }
} finally {
  await rm(place, { recursive: true, force: true });
}
console.log(`${wanted.length - missed} of ${wanted.length} planted bugs found in ${Math.round((performance.now() - begun) / 1000)} s`);
process.exitCode = missed === 0 && wanted.length > 0 ? 0 : 1;
