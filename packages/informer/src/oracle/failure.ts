import type { RunDetails } from 'fast-check';
import type { Schedule } from './schedule.ts';

/** What is told of a schedule that failed: what was wrong, the schedule as it was shrunk, and the command that runs it again. */
export function failureOf(result: RunDetails<[Schedule]>, schedules: number, full = false): string {
  return [
    `failed after ${result.numRuns} schedules: ${String(result.errorInstance)}`,
    JSON.stringify(result.counterexample?.[0]),
    `again: npm run test:oracle --workspace=@kubecast/informer -- --schedules ${schedules} --seed ${result.seed} --path ${result.counterexamplePath ?? ''}${full ? ' --full' : ''}`,
  ].join('\n');
}
