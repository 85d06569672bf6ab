import { expect, test } from 'vitest';
import { makeReport, percentile } from './report.ts';

test('the percentile is a sample by nearest rank', () => {
  const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(samples, 0.5)).toBe(50);
  expect(percentile(samples, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('a report is ok only if there were steps, every one held, and the propagation was measured often enough', () => {
  const held = { name: 'a', ok: true, ms: 1 };
  const fifty = Array.from({ length: 50 }, () => 3);
  expect(makeReport([held], fifty, 2, 6, 50).ok).toBe(true);
  expect(makeReport([], fifty, 2, 6, 50).ok).toBe(false);
  expect(makeReport([held, { name: 'b', ok: false, ms: 1, error: 'x' }], fifty, 2, 6, 50).ok).toBe(false);
  expect(makeReport([held], fifty.slice(1), 2, 6, 50).ok).toBe(false);
});
