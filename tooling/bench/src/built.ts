import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const source = import.meta.dirname;
const built = join(source, '../dist/contestants');
const packages = join(source, '../../../packages');
let done = false;

/**
 * The contestants as plain JavaScript, and the packages as they are published: what strips types at run time would be measured with them.
 * Gives the folder; its files lie as in the source.
 * @throws if the packages are not built
 */
export function builtContestants(): string {
  if (done) return built;
  const missing = ['store', 'crd', 'client', 'informer', 'redis-loader', 'concurrent-map'].filter(
    (name) => !existsSync(join(packages, name, 'dist/index.js')),
  );
  if (missing.length > 0) throw new Error(`the packages ${missing.join(', ')} are not built: npm run build first`);
  rmSync(built, { recursive: true, force: true });
  for (const file of globSync('**/*.{ts,mjs}', { cwd: source })) {
    const text = readFileSync(join(source, file), 'utf8');
    const target = join(built, file.replace(/\.ts$/u, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      file.endsWith('.ts') ? stripTypeScriptTypes(text).replaceAll(/(from '\.[^']*|import\('\.[^']*)\.ts'/gu, "$1.js'") : text,
    );
  }
  done = true;
  return built;
}
