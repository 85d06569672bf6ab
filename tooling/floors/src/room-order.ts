import { importsOf, isTestFile, resolveRelative, type SourceFile, type Violation } from './imports.ts';

/** The rooms of one package as ARCHITECTURE.md names them. */
export interface NamedRooms {
  /** `packages/client`. */
  readonly place: string;
  /** From the top down. */
  readonly rooms: readonly string[];
  /** Rooms that stand beside each other may import each other; ordered ones import downward only. */
  readonly ordered: boolean;
  /** The line of the table's row. */
  readonly line: number;
}

const PATH = 'ARCHITECTURE.md';

/** Reads the rows "| `packages/NAME` | `room` > `room` |" of a table; a comma between two rooms says that all of them stand beside each other. */
export function readRooms(markdown: string): NamedRooms[] {
  const found: NamedRooms[] = [];
  for (const [index, text] of markdown.split('\n').entries()) {
    const row = /^\| *`((?:packages|apps)\/[a-z-]+)` *\|([^|]*)\|\s*$/.exec(text);
    if (!row) continue;
    const [, place = '', cell = ''] = row;
    const rooms = [...cell.matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? '');
    found.push({ place, rooms, ordered: !cell.includes(','), line: index + 1 });
  }
  return found;
}

/** The folder directly under src that a file stands in; undefined for a file of src itself. */
function roomOf(path: string): { readonly place: string; readonly room: string | undefined } | undefined {
  const match = /^((?:packages|apps)\/[^/]+)\/src\/(?:([^/]+)\/)?[^/]+$|^((?:packages|apps)\/[^/]+)\/src\/([^/]+)\//.exec(path);
  if (!match) return undefined;
  return { place: match[1] ?? match[3] ?? '', room: match[2] ?? match[4] };
}

/** The rooms that ARCHITECTURE.md names are the folders there are, and where they are ordered an import only goes down. */
export function checkRoomOrder(markdown: string, files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = [];
  const named = new Map(readRooms(markdown).map((rooms) => [rooms.place, rooms]));
  const folders = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const from = roomOf(path);
    if (!from) continue;
    const there = folders.get(from.place) ?? new Set();
    folders.set(from.place, there);
    if (from.room === undefined) continue;
    there.add(from.room);
    const rooms = named.get(from.place);
    if (!rooms?.ordered || isTestFile(path)) continue;
    const own = rooms.rooms.indexOf(from.room);
    for (const { specifier, line } of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const to = roomOf(resolveRelative(path, specifier));
      if (to?.room === undefined || to.room === from.room) continue;
      const other = rooms.rooms.indexOf(to.room);
      if (own >= 0 && other >= 0 && other < own)
        violations.push({
          path,
          line,
          message: `the room "${from.room}" imports ${specifier} of the room "${to.room}", which stands above it`,
        });
    }
  }
  for (const [place, there] of folders) {
    const rooms = named.get(place);
    const line = rooms?.line ?? 1;
    if (!rooms) {
      if (there.size > 0)
        violations.push({ path: PATH, line, message: `names no rooms of ${place}; there are ${[...there].sort().join(', ')}` });
      continue;
    }
    for (const room of there)
      if (!rooms.rooms.includes(room)) violations.push({ path: PATH, line, message: `${place} has a room "${room}" that is not named` });
    for (const room of rooms.rooms) if (!there.has(room)) violations.push({ path: PATH, line, message: `${place} has no room "${room}"` });
  }
  for (const { place, line } of named.values())
    if (!folders.has(place)) violations.push({ path: PATH, line, message: `there is no ${place}` });
  return violations;
}
