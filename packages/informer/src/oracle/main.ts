import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { fullStoreArbitrary, scheduleArbitrary } from './arbitrary.ts';
import { Coverage } from './coverage.ts';
import { failureOf } from './failure.ts';
import { onceFailed } from './once-failed.ts';
import { runSchedule } from './run-schedule.ts';

// npm run test:oracle -- --schedules N --seed S [--path P] [--quick: do not shrink] [--full: over stores that fill up alone]
const { values } = parseArgs({
  // fast-check prints negative seeds too, which parseArgs takes for an option of its own unless joined by "=".
  args: process.argv.length < 3 ? [] : process.argv.slice(2).join('\0').replace('--seed\0', '--seed=').split('\0'),
  options: {
    schedules: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
});
const schedules = Number(values.schedules);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(values.seed);
const coverage = new Coverage();
let unhandled = 0;
process.on('unhandledRejection', (reason) => {
  unhandled += 1;
  console.error('an unhandled rejection:', reason);
});

const begun = performance.now();
// What found a bug once comes first, unless one schedule is asked for.
for (const { found, schedule } of values.path === undefined ? onceFailed : []) {
  const wrong = await runSchedule(schedule, new Coverage());
  if (wrong.length === 0) continue;
  console.log(`FAILED: the schedule that found once that ${found}: ${wrong.join('\n')}`);
  process.exit(1);
}
let ran = 0;
const result = await fc.check(
  fc.asyncProperty(values.full ? fullStoreArbitrary : scheduleArbitrary, async (schedule) => {
    ran += 1;
    if (ran % 5000 === 0) console.error(`${ran} schedules, ${Math.round((performance.now() - begun) / 1000)} s`);
    const wrong = await runSchedule(schedule, coverage);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }),
  { numRuns: schedules, seed, endOnFailure: values.quick, ...(values.path === undefined ? {} : { path: values.path }) },
);
const seconds = Math.round((performance.now() - begun) / 1000);
if (result.failed) {
  console.log(failureOf(result, schedules, values.full));
} else {
  console.log(coverage.table());
}
const missing = values.path === undefined && !values.quick && !values.full && !result.failed && schedules >= 2000 ? coverage.missing() : [];
for (const cell of missing) console.log(`no schedule met ${cell}`);
const good = !result.failed && missing.length === 0 && unhandled === 0;
console.log(`${good ? 'ok' : 'FAILED'}: ${result.numRuns} schedules, seed ${seed}, ${seconds} s, ${unhandled} unhandled rejections`);
process.exitCode = good ? 0 : 1;
