import { expect, test } from 'vitest';
import { checkRooms } from './rooms.ts';

const room = (count: number, ...more: string[]): { path: string; text: string }[] =>
  [...Array.from({ length: count }, (_, index) => `f${index}.ts`), ...more].map((name) => ({
    path: `packages/x/src/room/${name}`,
    text: '',
  }));

test('a dozen files beside index.ts and tests are fine', () => {
  expect(checkRooms(room(12, 'index.ts', 'a.test.ts', 'a.test-d.ts', 'inner/b.ts'))).toEqual([]);
});

test('a thirteenth file is reported with the folder', () => {
  expect(checkRooms(room(13))).toEqual([
    { path: 'packages/x/src/room', line: 1, message: expect.stringContaining('holds 13 source files') },
  ]);
});
