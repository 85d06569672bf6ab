// How a package that is imported by programs is built: one file for what an import brings, and one for each part that is loaded when it is first needed. A
// module costs half a millisecond to load, and these start in every pod. Declarations and sources stay one by one: tsc writes the former, `src` is published.
import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exports).flatMap((target) => target['@kubecast/source'] ?? []);

export default {
  input: Object.fromEntries(entries.map((source) => [source.slice('./src/'.length, -'.ts'.length), source])),
  platform: 'neutral',
  logLevel: 'warn',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  transform: { target: 'es2024' },
  output: { dir: 'dist', format: 'esm', sourcemap: true, chunkFileNames: '[name].js', cleanDir: true },
};
