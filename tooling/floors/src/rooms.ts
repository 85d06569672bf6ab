import { isTestFile, type SourceFile, type Violation } from './imports.ts';

/** The most source files in one folder. */
const ROOM = 12;

/** Folders with more than a dozen source files; `index.ts` and tests are not counted. */
export function checkRooms(files: readonly SourceFile[]): Violation[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const slash = path.lastIndexOf('/');
    if (isTestFile(path) || path.slice(slash + 1) === 'index.ts') continue;
    const folder = path.slice(0, slash);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > ROOM)
    .map(([path, count]) => ({
      path,
      line: 1,
      message: `holds ${count} source files; a folder holds at most ${ROOM} besides index.ts and tests: divide it by concepts`,
    }));
}
