import { growable } from '@kubecast/shared-memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchAtomicSteps } from '../testing/atomic-steps.ts';
import { FreeBlocks } from './free-blocks.ts';
import { CONTROL_WORDS, UNIT_BYTES, UNIT_WORDS } from './layout.ts';
import { PairCells } from './pair-cells.ts';

/** Two threads' hands on the same blocks. */
function pair(maxBytes = 1 << 16): readonly [FreeBlocks, FreeBlocks] {
  const control = new SharedArrayBuffer(CONTROL_WORDS * 4);
  const data = growable(1 << 12, maxBytes);
  return [new FreeBlocks(new PairCells(control), data), new FreeBlocks(new PairCells(control), data)];
}

const unitsOf = (blocks: FreeBlocks, unit: number): number => {
  blocks.reach((unit + 1) * UNIT_WORDS);
  return blocks.words[unit * UNIT_WORDS] as number;
};

test('blocks that are in use never overlap, hold what was asked for, and lie within the bound', () => {
  const step = fc.record({ units: fc.integer({ min: 1, max: 400 }), give: fc.nat(), by: fc.integer({ min: 0, max: 1 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const hands = pair();
      const used = new Map<number, number>();
      for (const { units, give, by } of steps) {
        const blocks = hands[by] as FreeBlocks;
        const unit = blocks.take(units);
        if (unit !== 0) {
          const length = unitsOf(blocks, unit);
          expect(length).toBeGreaterThanOrEqual(units);
          expect((unit + length) * UNIT_BYTES).toBeLessThanOrEqual(1 << 16);
          for (const [other, taken] of used) expect(unit + length <= other || other + taken <= unit).toBe(true);
          used.set(unit, length);
        }
        const given = [...used.keys()][give % 7];
        if (given !== undefined && (unit === 0 || give % 2 === 0)) {
          used.delete(given);
          blocks.give(given);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('a block is in one hand only, whatever is taken and given between any two steps of taking one', () => {
  for (let at = 1; ; at += 1) {
    const [blocks, others] = pair();
    const made = [others.take(4), others.take(4), others.take(4)];
    for (const unit of made) others.give(unit);
    const held = new Set<number>();
    let isReached = false;
    const unit = watchAtomicSteps(
      () => blocks.take(4),
      (step) => {
        if (step !== at) return;
        isReached = true;
        // The first is taken and comes back, the second stays out.
        const first = others.take(4);
        held.add(others.take(4));
        others.give(first);
      },
    );
    expect(held.has(unit)).toBe(false);
    held.add(unit);
    for (let i = 0; i < 3; i += 1) {
      const next = others.take(4);
      expect(held.has(next)).toBe(false);
      held.add(next);
    }
    if (!isReached) break;
  }
});

test('where the end is reached a larger block is cut, and its rest is taken by others', () => {
  const [blocks] = pair();
  const large = blocks.take(1_000);
  while (blocks.take(1_000) !== 0);
  while (blocks.take(8) !== 0);
  blocks.give(large);
  const taken: number[] = [];
  for (let unit = blocks.take(8); unit !== 0; unit = blocks.take(8)) taken.push(unit);
  expect(new Set(taken).size).toBe(taken.length);
  expect(taken.length).toBeGreaterThan(100);
});
