/**
 * Checks the packages as they would be published: what npm packs (publint, attw), what JSR takes (deno publish --dry-run),
 * that each packed tarball can be imported by plain Node, and that the apps start.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'node_modules/.bin');
const options = { cwd: root, maxBuffer: 64 << 20, env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, NO_COLOR: '1' } };

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

let passed = 0;
let failed = 0;

async function check(name: string, body: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name} (${Math.round(performance.now() - start)} ms)`);
  } catch (error) {
    failed += 1;
    const output = error as { stdout?: string; stderr?: string; message?: string };
    console.log(
      `FAIL ${name}\n${[output.stdout, output.stderr, output.stdout || output.stderr ? '' : output.message].filter(Boolean).join('\n').slice(-4000)}`,
    );
  }
}

/**
 * Throws when a packed source has no output or an empty one, or an output no source. Where sources are bundled, only those that are exported must have
 * a file of their own, the others a declaration.
 */
async function compareOutput(folder: string, manifest: Manifest): Promise<void> {
  const bundled = manifest.scripts?.['build']?.includes('rolldown') === true;
  const entries = JSON.stringify(manifest.exports);
  const sources = (await readdir(join(folder, 'src'), { recursive: true }))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3));
  const built = (await readdir(join(folder, 'dist'), { recursive: true }))
    .filter((name) => /\.(?:js|d\.ts)$/.test(name))
    .map((name) => name.replace(/\.(?:js|d\.ts)$/, ''));
  // What is loaded later is bundled into a file at the root that is named after the source that it begins with.
  const chunks = new Set(bundled ? sources.map((name) => basename(name)) : []);
  const stale = built.filter((name) => !sources.includes(name) && !chunks.has(name));
  if (stale.length > 0) throw new Error(`dist holds what no source gives: ${stale.join(', ')}; remove dist and run npm run build`);
  const missing: string[] = [];
  for (const name of sources) {
    for (const ending of ['.js', '.d.ts']) {
      if (ending === '.js' && bundled && !entries.includes(`./dist/${name}.js`)) continue;
      const text = await readFile(join(folder, 'dist', name + ending), 'utf8').catch(() => '');
      if (text.trim() === '') missing.push(name + ending);
    }
  }
  if (missing.length > 0) throw new Error(`dist lacks ${missing.join(', ')}; run npm run build`);
}

const names = await readdir(join(root, 'packages'));
const temp = await mkdtemp(join(tmpdir(), 'kubecast-packed-'));
try {
  const modules = join(temp, 'node_modules');
  await mkdir(join(modules, '@kubecast'), { recursive: true });
  const manifests: Manifest[] = [];
  for (const name of names) {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
    manifests.push(manifest);
    await check(`${manifest.name}: one version in package.json and deno.json`, async () => {
      const jsr = JSON.parse(await readFile(join(folder, 'deno.json'), 'utf8')) as { version: string; exports: Record<string, string> };
      if (jsr.version !== manifest.version)
        throw new Error(`deno.json says ${jsr.version}, package.json ${manifest.version}; run npm run version-packages`);
      const missing = Object.keys(manifest.exports).filter((key) => key !== './package.json' && !(key in jsr.exports));
      if (missing.length > 0) throw new Error(`deno.json lacks the exports ${missing.join(', ')}`);
    });
    let tarball = '';
    await check(`${manifest.name}: npm pack`, async () => {
      const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temp], { ...options, cwd: folder });
      const listed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
      tarball = join(temp, (Array.isArray(listed) ? listed[0] : Object.values(listed)[0])?.filename ?? '');
      await mkdir(join(modules, manifest.name), { recursive: true });
      await run('tar', ['-xzf', tarball, '-C', join(modules, manifest.name), '--strip-components=1'], options);
    });
    // A file that an interrupted or stale build left behind would be published with the rest.
    await check(`${manifest.name}: dist is of these sources`, () => compareOutput(join(modules, manifest.name), manifest));
    await check(`${manifest.name}: publint`, () => run('publint', ['--strict', tarball], options));
    // CommonJS and node10 resolution are not offered: the packages are ESM only.
    await check(`${manifest.name}: are the types wrong`, () => run('attw', [tarball, '--profile', 'esm-only'], options));
  }
  // The third-party dependencies come from this checkout's node_modules, by a link for each.
  await check('every export of every packed package is imported by plain node', async () => {
    const script = manifests
      .flatMap((manifest) =>
        Object.keys(manifest.exports)
          .filter((key) => !key.endsWith('.json'))
          .map((key) => `await import(${JSON.stringify(manifest.name + key.slice(1))});`),
      )
      .join('\n');
    for (const entry of await readdir(join(root, 'node_modules'))) {
      if (entry === '@kubecast' || entry.startsWith('.')) continue;
      await run('ln', ['-s', join(root, 'node_modules', entry), join(modules, entry)], options);
    }
    await writeFile(join(temp, 'all.mjs'), script);
    await run('node', [join(temp, 'all.mjs')], { ...options, cwd: temp });
  });
  // As in the container image, which is built by the same command.
  for (const app of await readdir(join(root, 'apps')))
    await check(`${app}: starts as it is built`, () => run('node', [join(root, 'apps', app, 'dist/main.js'), '--help'], options));
  await check('deno publish --dry-run', () => run('deno', ['publish', '--dry-run', '--allow-dirty', '--no-check'], options));
} finally {
  await rm(temp, { recursive: true, force: true });
}
console.log(`packed: ${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
