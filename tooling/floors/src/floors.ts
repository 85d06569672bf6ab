import { importsOf, isTestFile, resolveRelative, type SourceFile, type Violation } from './imports.ts';

/** The floors of the house, ground first. An import may only go to a floor below, or to a neighbour that is named here. */
const FLOORS: readonly (readonly string[])[] = [
  ['clock', 'errors'],
  ['json-bytes', 'exact-json', 'shared-memory'],
  ['store', 'crd', 'concurrent-map'],
  ['client', 'apiserver'],
  ['informer'],
  ['runtime', 'redis-loader'],
  ['model-index'],
  ['controller', 'resolver'],
];

/** Packages that may import node: modules in any file; the others only in files that say so by name. */
const PORTABLE: ReadonlySet<string> = new Set([
  'clock',
  'errors',
  'json-bytes',
  'exact-json',
  'shared-memory',
  'store',
  'crd',
  'concurrent-map',
]);

function floorOf(name: string): number {
  return FLOORS.findIndex((floor) => floor.includes(name));
}

function placeOf(path: string): { name: string; dir: string; app: boolean } | undefined {
  const match = /^(packages|apps)\/([^/]+)\//.exec(path);
  return match ? { name: match[2] ?? '', dir: `${match[1]}/${match[2]}`, app: match[1] === 'apps' } : undefined;
}

/** The rule of the floors: what a file may import. Files outside packages/ and apps/ are free. */
export function checkFloors(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = [];
  for (const { path, text } of files) {
    const place = placeOf(path);
    if (!place) continue;
    const own = floorOf(place.name);
    const isTest = isTestFile(path);
    const report = (line: number, message: string): void => void violations.push({ path, line, message });
    if (own < 0) {
      report(1, `"${place.name}" stands on no floor; add it to FLOORS in tooling/floors/src/floors.ts`);
      continue;
    }
    for (const { specifier, line } of importsOf(text)) {
      if (specifier.startsWith('.')) {
        const target = resolveRelative(path, specifier);
        if (!target.startsWith(`${place.dir}/`))
          report(line, `reaches out of its package by the relative path ${specifier}; import the package by name`);
        if (!/\.(ts|json)$/.test(specifier)) report(line, `${specifier} has no .ts specifier; Node, Bun and Deno read the source as it is`);
      } else if (specifier.startsWith('@kubecast/')) {
        const other = specifier.split('/')[1] ?? '';
        const floor = floorOf(other);
        if (other === place.name) report(line, `imports its own package by name; use a relative path`);
        else if (floor < 0) report(line, `imports ${specifier}, which stands on no floor`);
        else if (floor >= own)
          report(line, `imports ${specifier}, which is not below it: "${place.name}" is on floor ${own}, "${other}" on ${floor}`);
        else if (place.name === 'apiserver' && other === 'client') report(line, 'apiserver never depends on client');
        else if (other === 'apiserver' && !isTest) report(line, 'nothing in production depends on apiserver');
      } else if (specifier.startsWith('node:') && PORTABLE.has(place.name) && !isTest && !/\/(testing\/|node-)/.test(path)) {
        report(line, `imports ${specifier} in a portable package; only adapters (node-*.ts) may`);
      } else if (
        /^(assert|buffer|child_process|crypto|events|fs|http|http2|https|net|os|path|stream|timers|tls|url|util|worker_threads|zlib)(\/|$)/.test(
          specifier,
        )
      ) {
        report(line, `imports ${specifier} without node:; Deno and JSR need the prefix`);
      }
    }
  }
  return violations;
}
