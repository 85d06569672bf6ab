import { expect, test } from 'vitest';
import { checkRoomOrder, readRooms } from './room-order.ts';

const markdown = ['# x', '| package | rooms |', '| --- | --- |', '| `packages/a` | `top` > `low` |', '| `apps/b` | `one`, `two` |'].join(
  '\n',
);
const file = (path: string, text = ''): { path: string; text: string } => ({ path, text });
const whole = [
  file('packages/a/src/top/x.ts'),
  file('packages/a/src/low/deep/y.ts'),
  file('apps/b/src/one/x.ts'),
  file('apps/b/src/two/y.ts'),
];
const messages = (...files: { path: string; text: string }[]): string[] =>
  checkRoomOrder(markdown, [...whole, ...files]).map(({ path, line, message }) => `${path}:${line}: ${message}`);

test('rooms are read from the table, ordered or beside each other', () => {
  expect(readRooms(markdown)).toEqual([
    { place: 'packages/a', rooms: ['top', 'low'], ordered: true, line: 4 },
    { place: 'apps/b', rooms: ['one', 'two'], ordered: false, line: 5 },
  ]);
});

test('an import that goes down, stays in its room, or goes to src itself is fine', () => {
  expect(
    messages(file('packages/a/src/top/z.ts', "import { y } from '../low/deep/y.ts';\nimport { x } from './x.ts';\nimport '../errors.ts';")),
  ).toEqual([]);
  expect(messages(file('apps/b/src/two/z.ts', "import '../one/x.ts';"), file('apps/b/src/one/z.ts', "import '../two/y.ts';"))).toEqual([]);
});

test('an import that goes up is reported, from a folder within a room too; a test may look up', () => {
  const up = "\nimport type { X } from '../../top/x.ts';";
  expect(messages(file('packages/a/src/low/deep/z.ts', up))).toEqual([
    'packages/a/src/low/deep/z.ts:2: the room "low" imports ../../top/x.ts of the room "top", which stands above it',
  ]);
  expect(messages(file('packages/a/src/low/deep/z.test.ts', up))).toEqual([]);
});

test('rooms that are not named, rooms that are not there, and packages that are not there are reported', () => {
  expect(messages(file('packages/a/src/attic/x.ts'))).toEqual(['ARCHITECTURE.md:4: packages/a has a room "attic" that is not named']);
  expect(
    checkRoomOrder(markdown, [file('packages/a/src/top/x.ts'), file('packages/c/src/room/x.ts')]).map(({ message }) => message),
  ).toEqual(['packages/a has no room "low"', 'names no rooms of packages/c; there are room', 'there is no apps/b']);
});

test('a package without rooms needs no row', () => {
  expect(messages(file('packages/d/src/index.ts'))).toEqual([]);
});
