import { expect, test } from 'vitest';
import fc from 'fast-check';
import { scheduleArbitrary } from './arbitrary.ts';
import { Coverage } from './coverage.ts';
import { failureOf } from './failure.ts';
import { onceFailed } from './once-failed.ts';
import { runSchedule } from './run-schedule.ts';

const SCHEDULES = Number(process.env['KUBECAST_ORACLE_SCHEDULES'] ?? 2000);
// The same schedules each time, so that a change is judged by what it changed; `npm run test:oracle` looks for new ones.
const SEED = Number(process.env['KUBECAST_ORACLE_SEED'] ?? 20_261_123);

test('whatever the history, the faults and the handlers: every promise holds at quiescence, and every fault was met', async () => {
  const coverage = new Coverage();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    const result = await fc.check(
      fc.asyncProperty(scheduleArbitrary, async (schedule) => {
        expect(await runSchedule(schedule, coverage)).toEqual([]);
        expect(unhandled).toEqual([]);
      }),
      { numRuns: SCHEDULES, seed: SEED },
    );
    expect(result.failed ? failureOf(result, SCHEDULES) : '').toBe('');
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  expect(coverage.missing()).toEqual([]);
}, 600_000);

test.each(onceFailed)('a schedule that found a bug once holds: $found', async ({ schedule }) => {
  expect(await runSchedule(schedule, new Coverage())).toEqual([]);
});
