import { expect, test } from 'vitest';
import { checkBounds } from './bounds.ts';
import { plotOf } from './report.ts';
import { add, outcomeOf, summarize } from './rounds.ts';
import { resultLines, short, tableOf } from './table.ts';

const shape = { bench: 'sync', title: 'Sync', metrics: ['seconds', 'peakMB'], floor: 'floor' };
const all = new Map<string, Map<string, number[]>>();
for (const seconds of [4, 2, 3]) add(all, 'floor', { seconds, peakMB: 100 });
for (const seconds of [6, 6.5]) add(all, 'kubecast', { seconds });
const outcome = outcomeOf(all);

test('the median is the middle, or the mean of the two in the middle', () => {
  expect(summarize([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  expect(summarize([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test('figures are cut to three digits, and large ones to whole numbers', () => {
  expect([short(0.123_456), short(12.345), short(123_456.7), short(0)]).toEqual([0.123, 12.3, 123_457, 0]);
});

test('the table shows medians with the least and the most, a dash where nothing was measured, and the ratio to the floor', () => {
  expect(tableOf(shape, outcome)).toBe(
    [
      '### Sync',
      '',
      '|          | seconds      | peakMB | seconds / floor |',
      '| -------- | ------------ | ------ | --------------- |',
      '| floor    | 3 (2–4)      | 100    | 1               |',
      '| kubecast | 6.25 (6–6.5) | –      | 2.08            |',
      '',
    ].join('\n'),
  );
});

test('a line of JSON for each contestant and metric, with the ratio where the floor has the metric', () => {
  expect(resultLines(shape, outcome)).toEqual([
    { bench: 'sync', who: 'floor', metric: 'seconds', median: 3, min: 2, max: 4, floorRatio: 1 },
    { bench: 'sync', who: 'floor', metric: 'peakMB', median: 100, min: 100, max: 100, floorRatio: 1 },
    { bench: 'sync', who: 'kubecast', metric: 'seconds', median: 6.25, min: 6, max: 6.5, floorRatio: 2.08 },
  ]);
});

test('a ratio beyond its bound, and one that was not measured, are told with the reason of the bound', () => {
  const line = { bench: 'sync', who: 'kubecast', metric: 'seconds', median: 1, min: 1, max: 1 };
  expect(checkBounds('sync', [{ ...line, floorRatio: 2 }]).join()).not.toContain('seconds of kubecast is');
  expect(checkBounds('sync', [{ ...line, floorRatio: 100 }]).join()).toContain('seconds of kubecast is 100 of the floor; at most');
  expect(checkBounds('sync', [{ ...line, floorRatio: Number.NaN }]).join()).toContain('seconds of kubecast is NaN');
  expect(checkBounds('sync', []).join()).toContain('seconds of kubecast was not measured');
});

test('a plot has a bar for each contestant, and names are text and no markup', () => {
  const plot = { file: 'f', title: 'a < b', bench: /x/u, metric: 'm', unit: 's' };
  const svg = plotOf(plot, [{ bench: 'x', who: '<who>', metric: 'm', median: 2, min: 1, max: 3 }], 'dark');
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('&lt;who&gt;');
  expect(svg.match(/<rect/gu)).toHaveLength(2);
});
