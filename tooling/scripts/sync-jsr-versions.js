// After `changeset version`: JSR reads its version from deno.json, npm from package.json; one must follow the other.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = join(import.meta.dirname, '../../packages');
for (const name of readdirSync(packages)) {
  const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
  const file = join(packages, name, 'deno.json');
  const jsr = JSON.parse(readFileSync(file, 'utf8'));
  if (jsr.version === version) continue;
  writeFileSync(file, `${JSON.stringify({ ...jsr, version }, null, 2)}\n`);
  console.log(`${name}: deno.json ${jsr.version} -> ${version}`);
}
