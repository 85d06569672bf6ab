import type { ResultLine } from './table.ts';

/** What a short run must not be worse than. Generous: a shared machine and small sizes are not to turn it red, a mistake in kind is. */
interface Bound {
  readonly bench: string;
  readonly who: string;
  readonly metric: string;
  /** The most that the ratio to the floor may be, or, with `atLeast`, the least. */
  readonly ratio?: number;
  readonly atLeast?: number;
  readonly most?: number;
  readonly why: string;
}

export const bounds: readonly Bound[] = [
  { bench: 'sync', who: 'kubecast', metric: 'seconds', ratio: 4, why: 'at small sizes the start of the informer counts most' },
];

export function checkBounds(bench: string, lines: readonly ResultLine[]): readonly string[] {
  const failures: string[] = [];
  for (const bound of bounds) {
    if (bound.bench !== bench) continue;
    const line = lines.find(({ who, metric }) => who === bound.who && metric === bound.metric);
    const told = `${bench}: ${bound.metric} of ${bound.who}`;
    if (!line) failures.push(`${told} was not measured`);
    else if (bound.ratio !== undefined && !((line.floorRatio ?? Number.NaN) <= bound.ratio))
      failures.push(`${told} is ${line.floorRatio} of the floor; at most ${bound.ratio} (${bound.why})`);
    else if (bound.atLeast !== undefined && !((line.floorRatio ?? Number.NaN) >= bound.atLeast))
      failures.push(`${told} is ${line.floorRatio} of the floor; at least ${bound.atLeast} (${bound.why})`);
    else if (bound.most !== undefined && !(line.median <= bound.most))
      failures.push(`${told} is ${line.median}; at most ${bound.most} (${bound.why})`);
  }
  return failures;
}
