import type { BenchCase, BenchResult } from '../bench-case.ts';
import { nodeContestant } from '../contestant.ts';
import { runRounds, type Outcome } from '../rounds.ts';

const METRICS = [
  'hotPerCpuSecond',
  'coldPerCpuSecond',
  'writePerCpuSecond',
  'writeP50Us',
  'writeP99Us',
  'writeMaxMs',
  'fillPerCpuSecond',
  'fillMaxMs',
  'byIndexPerCpuSecond',
  'byLabelPerCpuSecond',
  'snapshotP50Us',
  'bytesPerObject',
];

/** The object store beside a plain Map of parsed objects and two embedded databases; then its shared form with readers in threads. */
export const storeCase: BenchCase = {
  name: 'store',
  measures:
    'reads, writes, selects and bytes of the object store beside a plain Map, lmdb and classic-level, at N/100 and N; readers in threads',
  objects: 1_000_000,
  runs: 1,
  shortObjects: 20_000,
  async run({ objects, runs, short, progress }) {
    const shapes: BenchResult['shapes'][number][] = [];
    const outcomes: Outcome[] = [];
    for (const size of [Math.ceil(objects / 100), objects]) {
      const env = { BENCH_OBJECTS: String(size), BENCH_SECONDS: short ? '0.3' : '3' };
      const large = size > 200_000;
      const of = (who: string, file: string, arg: string): ReturnType<typeof nodeContestant> =>
        nodeContestant(who, file, [arg], { env, flags: ['--max-old-space-size=12000'] });
      outcomes.push(
        await runRounds(
          [
            of('plain Map', 'store/run-store.ts', 'map'),
            of('kubecast', 'store/run-store.ts', 'kubecast'),
            of('kubecast, shared', 'store/run-store.ts', 'kubecast-shared'),
            of('lmdb', 'store/run-store.ts', 'lmdb'),
            of('classic-level', 'store/run-store.ts', 'classic-level'),
          ],
          large ? 1 : runs,
          progress,
        ),
      );
      shapes.push({ bench: `store-${size}`, title: `${size} objects`, metrics: METRICS, floor: 'plain Map' });
      outcomes.push(
        await runRounds(
          [of('one reader', 'store/run-shared-store.ts', '1'), of('two readers', 'store/run-shared-store.ts', '2')],
          large ? 1 : runs,
          progress,
        ),
      );
      shapes.push({
        bench: `store-shared-${size}`,
        title: `${size} objects in shared memory, read in threads beside a writer of some thousand a second (all readers together, by the clock)`,
        metrics: ['hotPerSecond', 'coldPerSecond'],
      });
    }
    return {
      shapes,
      outcomes,
      notes: [
        'Rates are for each CPU second. `cold` parses; a plain Map has everything parsed, which its bytes show. A database’s bytes are those in this process only.',
        'On two cores a writer and two readers share them.',
      ],
    };
  },
};
