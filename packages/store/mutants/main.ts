import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import type { Mutant } from './mutants.ts';

// npm run test:mutants -- [--only TEXT of the name or the file, again and again] [--near]: plants each bug in a copy of the source and runs the tests on it; each
// must turn them red. With --near, which is quick, the tests in the folder of the bug alone.
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, near: { type: 'boolean', default: false } } });
// Not through npx, which would run in the package's own folder, on the source without the bug.
const packages = join(import.meta.dirname, '..', '..');
const vitest = fileURLToPath(new URL('./vitest.mjs', import.meta.resolve('vitest/package.json')));
// Within the package, so that its dependencies are found.
const placeIn = (name: string): string => join(packages, name, `.mutants-${process.pid}`);

async function plant(mutant: Mutant | undefined, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(folder, '..', 'source'), join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'vitest.config.ts'), "export { default } from '../../../../tooling/vitest.shared.ts';\n");
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

/** Whether the tests are red, and the first that is. */
function run(folder: string, limitMs: number, near: readonly string[] = []): Promise<{ readonly red: boolean; readonly by: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vitest, 'run', '--bail', '1', '--root', folder, ...near], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let out = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ red: code !== 0, by: /FAIL +(.*)/.exec(out)?.[1] ?? '' });
    });
  });
}

const begun = performance.now();
const wanted = mutants.filter(
  ({ name, file }) => values.only === undefined || values.only.some((text) => name.includes(text) || file.includes(text)),
);
const names = [...new Set(wanted.map((mutant) => mutant.package ?? 'store'))];
const folderOf = ({ near, file }: Mutant): string => `src/${near ?? (file.includes('/') ? dirname(file) : file.replace('.ts', ''))}`;
let missed = 0;
// A bug may make a loop endless, which is found; a slow machine is no bug.
let limitMs = 120_000;
try {
  for (const name of names) {
    const place = placeIn(name);
    // Taken once: somebody may go on working on the source meanwhile.
    await cp(join(packages, name, 'src'), join(place, 'source'), { recursive: true });
    // A suite that is red without any bug would find them all.
    const clean = join(place, 'clean');
    await plant(undefined, clean);
    const own = wanted.filter((mutant) => (mutant.package ?? 'store') === name);
    const begunClean = performance.now();
    const { red, by } = await run(clean, 1_800_000, values.near ? [...new Set(own.map(folderOf))] : []);
    limitMs = Math.max(limitMs, 3 * (performance.now() - begunClean));
    if (red) throw new Error(`the tests of ${name} are red without a planted bug: ${by}`);
  }
  for (const [index, mutant] of wanted.entries()) {
    const folder = join(placeIn(mutant.package ?? 'store'), String(index));
    await plant(mutant, folder);
    // The tests that stand beside the bug first: most are found by them, in a fraction of the time.
    const near = await run(folder, limitMs, [folderOf(mutant), '--passWithNoTests']);
    const result = near.red || values.near ? near : await run(folder, limitMs);
    if (!result.red) missed += 1;
    console.log(`${result.red ? 'found ' : 'MISSED'} ${mutant.name} (${result.by})`);
    await rm(folder, { recursive: true, force: true });
  }
} finally {
  for (const name of names) await rm(placeIn(name), { recursive: true, force: true });
}
console.log(`${wanted.length - missed} of ${wanted.length} planted bugs found in ${Math.round((performance.now() - begun) / 1000)} s`);
process.exitCode = missed === 0 && wanted.length > 0 ? 0 : 1;
