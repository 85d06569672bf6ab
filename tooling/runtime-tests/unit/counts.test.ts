import { expect, test } from 'vitest';
import { parseCounts } from '../src/counts.ts';
import { parseGaps } from '../src/gaps.ts';

test('the closing lines of node:test, bun and deno are read', () => {
  expect(parseCounts('# tests 3\n# pass 2\n# fail 1\n# cancelled 0\n')).toEqual({ passed: 2, failed: 1 });
  expect(parseCounts(' 4 pass\n 0 fail\nRan 4 tests across 1 file.')).toEqual({ passed: 4, failed: 0 });
  expect(parseCounts('ok | 5 passed | 0 failed (12ms)')).toEqual({ passed: 5, failed: 0 });
});

test('a cancelled test counts as failed, and no closing line is no count', () => {
  expect(parseCounts('# pass 2\n# fail 0\n# cancelled 1\n')).toEqual({ passed: 2, failed: 1 });
  expect(parseCounts('Segmentation fault')).toBeUndefined();
});

test('a gap needs a reason', () => {
  const table = (row: string): string => `| suite | runtime | test | reason |\n| --- | --- | --- | --- |\n${row}\n`;
  expect(parseGaps(table('| store | deno | a reader is killed | why |'))).toEqual([
    { suite: 'store', runtime: 'deno', test: 'a reader is killed', reason: 'why' },
  ]);
  expect(() => parseGaps(table('| store | deno | a reader is killed | |'))).toThrow(/has no reason/);
});
