import { importsOf, isTestFile, resolveRelative, type SourceFile, type Violation } from './imports.ts';

interface Edge {
  readonly to: string;
  readonly line: number;
}

/**
 * Circles of files within one package: a file that imports itself over others, type imports included, since whoever reads one of these files
 * has to read all of them. Tests are left out: nothing imports them. Each set of files that reach each other is reported once, at its first file by
 * the alphabet, with the shortest circle through that file.
 */
export function findCircles(files: readonly SourceFile[]): Violation[] {
  const graph = graphOf(files);
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const path of [...graph.keys()].sort()) {
    if (seen.has(path)) continue;
    const circle = shortestCircle(graph, path);
    if (circle === undefined) continue;
    const ahead = reachable(graph, path);
    for (const other of ahead) if (reachable(graph, other).has(path)) seen.add(other);
    const line = graph.get(path)?.find((edge) => edge.to === circle[1])?.line ?? 1;
    violations.push({
      path,
      line,
      message: `is in a circle of imports: ${circle.join(' -> ')}; move what both need into a file of its own`,
    });
  }
  return violations;
}

function graphOf(files: readonly SourceFile[]): ReadonlyMap<string, readonly Edge[]> {
  const sources = files.filter(({ path }) => !isTestFile(path));
  const known = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier, line }) => ({ to: resolveRelative(path, specifier), line }))
        .filter(({ to }) => known.has(to)),
    ]),
  );
}

function reachable(graph: ReadonlyMap<string, readonly Edge[]>, start: string): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [start];
  for (let path = queue.pop(); path !== undefined; path = queue.pop())
    for (const { to } of graph.get(path) ?? [])
      if (!found.has(to)) {
        found.add(to);
        queue.push(to);
      }
  return found;
}

/** The files from `start` back to `start`; undefined where no way leads back. */
function shortestCircle(graph: ReadonlyMap<string, readonly Edge[]>, start: string): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]];
  const visited = new Set<string>();
  for (const way of ways)
    for (const { to } of graph.get(way.at(-1) as string) ?? []) {
      if (to === start) return [...way, start];
      if (visited.has(to)) continue;
      visited.add(to);
      ways.push([...way, to]);
    }
  return undefined;
}
