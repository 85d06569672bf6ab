import { expect, test } from 'vitest';
import { findCircles } from './circles.ts';

const file = (path: string, ...imports: string[]): { path: string; text: string } => ({
  path: `packages/x/src/${path}`,
  text: imports.map((name) => `import { a } from '${name}';`).join('\n'),
});

test('files that import each other are reported once, with the way round', () => {
  expect(findCircles([file('a.ts', './b.ts'), file('b.ts', './a.ts')])).toEqual([
    {
      path: 'packages/x/src/a.ts',
      line: 1,
      message: expect.stringContaining('packages/x/src/a.ts -> packages/x/src/b.ts -> packages/x/src/a.ts'),
    },
  ]);
});

test('a circle over folders is found, and the shortest way round is told', () => {
  const found = findCircles([
    file('one/a.ts', '../two/b.ts', '../two/c.ts'),
    file('two/b.ts', './c.ts'),
    file('two/c.ts', '../three/d.ts'),
    file('three/d.ts', '../one/a.ts'),
  ]);
  expect(found).toHaveLength(1);
  expect(found[0]?.message).toContain(
    'packages/x/src/one/a.ts -> packages/x/src/two/c.ts -> packages/x/src/three/d.ts -> packages/x/src/one/a.ts',
  );
});

test('an import of types alone closes a circle too', () => {
  const text = "import type { B } from './b.ts';";
  expect(findCircles([{ path: 'packages/x/src/a.ts', text }, file('b.ts', './a.ts')])).toHaveLength(1);
});

test('a file that exports from itself is a circle of one', () => {
  expect(findCircles([{ path: 'packages/x/src/a.ts', text: "export { b } from './a.ts';" }])).toHaveLength(1);
});

test('two circles are two reports, and a file that only leads to a circle is none', () => {
  const found = findCircles([
    file('0.ts', './a.ts'),
    file('a.ts', './b.ts'),
    file('b.ts', './a.ts'),
    file('c.ts', './d.ts', './a.ts'),
    file('d.ts', './c.ts'),
  ]);
  expect(found.map(({ path }) => path)).toEqual(['packages/x/src/a.ts', 'packages/x/src/c.ts']);
});

test('a test that imports what it tests closes no circle, and a way that forks and joins is none', () => {
  expect(findCircles([file('a.ts'), file('a.test.ts', './a.ts')])).toEqual([]);
  expect(findCircles([file('a.ts', './b.ts', './c.ts'), file('b.ts', './d.ts'), file('c.ts', './d.ts'), file('d.ts')])).toEqual([]);
});
