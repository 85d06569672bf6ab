import { expect, test } from 'vitest';
import fc from 'fast-check';
import { scheduleArbitrary } from './arbitrary.ts';
import { Coverage } from './coverage.ts';
import { runSchedule } from './run-schedule.ts';

const SCHEDULES = Number(process.env['KUBECAST_ORACLE_SCHEDULES'] ?? 2000);

test('whatever the history, the faults and the handlers: every promise holds at quiescence, and every fault was met', async () => {
  const coverage = new Coverage();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    await fc.assert(
      fc.asyncProperty(scheduleArbitrary, async (schedule) => {
        expect(await runSchedule(schedule, coverage)).toEqual([]);
        expect(unhandled).toEqual([]);
      }),
      { numRuns: SCHEDULES },
    );
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  expect(coverage.missing()).toEqual([]);
}, 600_000);
