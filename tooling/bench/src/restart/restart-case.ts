import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';
import { nodeContestant, runContestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

/** A restart: ready from a file, beside one that begins from nothing, which is what all peers do (see `sync`). */
export const restartCase: BenchCase = {
  name: 'restart',
  measures: 'ready from a file: to the first read, and to having caught up with the server, beside a start from nothing',
  objects: 100_000,
  runs: 5,
  shortObjects: 2_000,
  async run({ objects, runs, progress }) {
    const server = await startBenchServer(objects, progress);
    const folder = mkdtempSync(join(tmpdir(), 'kubecast-bench-'));
    try {
      const env = { ...server.env, BENCH_FILE: join(folder, 'appmodels.kubecast') };
      progress('a first run makes the file');
      await runContestant(nodeContestant('first', 'restart/kubecast.ts', ['--save'], { env }));
      const outcome = await runRounds(
        [
          nodeContestant('kubecast from nothing', 'restart/kubecast.ts', [], { env: { ...env, BENCH_FILE: join(folder, 'none') } }),
          nodeContestant('kubecast from a file', 'restart/kubecast.ts', [], { env }),
          nodeContestant('kubecast from a file, indexed', 'restart/kubecast.ts', [], { env: { ...env, BENCH_INDEX: '1' } }),
        ],
        runs,
        progress,
      );
      return {
        shapes: [
          {
            bench: 'restart',
            title: `restart with ${objects} AppModels, ${server.name}`,
            metrics: ['caughtUpMs', 'firstReadMs', 'cpuSeconds', 'peakMB', 'steadyMB'],
            floor: 'kubecast from nothing',
          },
        ],
        outcomes: [outcome],
        notes: ['`firstReadMs` counts from the call that opens the file; the file is in the page cache.'],
      };
    } finally {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
