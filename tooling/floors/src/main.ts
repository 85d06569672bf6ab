import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { findCircles } from './circles.ts';
import { checkFloors } from './floors.ts';
import type { SourceFile } from './imports.ts';
import { checkRoomOrder } from './room-order.ts';
import { checkRooms } from './rooms.ts';

const root = join(import.meta.dirname, '../../..');

function* sources(folder: string): Generator<SourceFile> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const full = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(full);
    else if (entry.name.endsWith('.ts')) yield { path: relative(root, full).split(sep).join('/'), text: readFileSync(full, 'utf8') };
  }
}

const files = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).flatMap((name) => [...sources(join(root, folder, name, 'src'))]),
);
const violations = [
  ...checkFloors(files),
  ...findCircles(files),
  ...checkRooms(files),
  ...checkRoomOrder(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'), files),
];
for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
if (violations.length > 0) {
  console.error(`floors: ${violations.length} violations (the rules: ARCHITECTURE.md)`);
  process.exitCode = 1;
} else {
  console.log(`floors: ${files.length} files, every import goes down, no circle of files, no folder with more than a dozen`);
}
