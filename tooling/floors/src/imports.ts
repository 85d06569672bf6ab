export interface SourceFile {
  /** `packages/store/src/index.ts`, from the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A place that breaks a rule. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Every import, export-from and import() specifier of a source text, with its line. */
export function importsOf(text: string): { specifier: string; line: number }[] {
  const found: { specifier: string; line: number }[] = [];
  // Comments are blanked first (newlines kept), so that an example in a doc comment is no import.
  const code = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/^\s*\/\/.*$/gm, '');
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[\w*{][^'";]*?\sfrom\s*)?(['"])([^'"\n]+)\1|\bimport\(\s*(['"])([^'"\n]+)\3\s*\)/g;
  for (const match of code.matchAll(pattern)) {
    const specifier = match[2] ?? match[4];
    if (specifier === undefined) continue;
    found.push({ specifier, line: code.slice(0, (match.index ?? 0) + match[0].length).split('\n').length });
  }
  return found;
}

/** Where a relative specifier leads from the file at `path`. */
export function resolveRelative(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Whether the file is a test, of behaviour or of types. */
export function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('.test-d.ts');
}
