import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import type { Mutant } from './mutants.ts';

// npm run test:mutants -- [--only TEXT] [--schedules N]: plants each bug in a copy of the source and runs the oracle on it.
const { values } = parseArgs({
  options: { only: { type: 'string' }, schedules: { type: 'string', default: '2000' }, seed: { type: 'string', default: '7' } },
});
const source = join(import.meta.dirname, '..', '..');
const place = join(source, '..', `.mutants-${process.pid}`);
const wanted = mutants.filter((mutant) => values.only === undefined || mutant.name.includes(values.only));

async function plant(mutant: Mutant, folder: string): Promise<void> {
  await cp(source, folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  const file = join(mutant.of === undefined ? folder : await copyOf(mutant.of, folder), mutant.file);
  const text = await readFile(file, 'utf8');
  if (text.split(mutant.find).length !== 2)
    throw new Error(`the mutant "${mutant.name}" no longer fits ${mutant.file}: its text must stand there once`);
  await writeFile(
    file,
    text.replace(mutant.find, () => mutant.put),
  );
}

/** A copy of another package, which the copy of the informer beside it finds. Node reads no TypeScript in node_modules, but where these point to. */
async function copyOf(other: string, folder: string): Promise<string> {
  const copy = join(folder, '..', other);
  const from = join(source, '..', '..', other);
  await cp(join(from, 'src'), join(copy, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  await cp(join(from, 'package.json'), join(copy, 'package.json'));
  const scope = join(folder, '..', 'node_modules', '@kubecast');
  await mkdir(scope, { recursive: true });
  await symlink(copy, join(scope, other), 'junction');
  return join(copy, 'src');
}

/** Whether the oracle finds the bug; undefined: it ran into its time. */
function killed(folder: string, seed: string, full = false): Promise<{ readonly red: boolean; readonly line: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@kubecast/source',
        join(folder, 'oracle', 'main.ts'),
        '--schedules',
        values.schedules,
        '--seed',
        seed,
        '--quick',
        ...(full ? ['--full'] : []),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let out = '';
    // A bug that makes the informer spin without end is found as well.
    const timer = setTimeout(() => child.kill('SIGKILL'), 600_000);
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      // A source that cannot even be loaded ends with 1 as well, and was not judged.
      const judged = code === 0 || signal === 'SIGKILL' || /^(FAILED|failed after)/m.test(out);
      if (!judged) return reject(new Error(`the oracle did not run: it ended with ${String(code ?? signal)}`));
      resolve({ red: code !== 0, line: out.trim().split('\n').at(-1) ?? '' });
    });
  });
}

const begun = performance.now();
let alive = 0;
try {
  // A bug counts as found only against a source that is green with the same schedules.
  const clean = join(place, 'clean', 'src');
  await cp(source, clean, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  for (const seed of new Set([values.seed, ...wanted.map((mutant) => mutant.seed ?? values.seed)])) {
    const base = await killed(clean, seed);
    if (base.red) throw new Error(`the source itself is red: ${base.line}`);
  }
  for (const [index, mutant] of wanted.entries()) {
    const folder = join(place, String(index), 'src');
    await mkdir(folder, { recursive: true });
    await plant(mutant, folder);
    const { red, line } = await killed(folder, mutant.seed ?? values.seed, mutant.full);
    if (!red) alive += 1;
    console.log(`${red ? 'found ' : 'MISSED'} ${mutant.name} (${line})`);
  }
} finally {
  await rm(place, { recursive: true, force: true });
}
console.log(`${wanted.length - alive} of ${wanted.length} planted bugs found in ${Math.round((performance.now() - begun) / 1000)} s`);
process.exitCode = alive === 0 && wanted.length > 0 ? 0 : 1;
